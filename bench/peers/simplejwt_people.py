"""Makes the schema and people, and prints their tokens, a JSON object for each person.

The arguments are how many people, and how many refresh tokens each has.
"""

import json
import sys

import django
from django.core.management import call_command


def main(people: int, refreshes: int) -> None:
    django.setup()
    # Only now can models be imported.
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from rest_framework_simplejwt.tokens import RefreshToken  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    manager = get_user_model().objects
    for number in range(people):
        user = manager.create(username=f"p{number}", email=f"p{number}@example.com", first_name=f"P{number}")
        pairs = [RefreshToken.for_user(user) for _ in range(refreshes)]
        print(json.dumps({"access": str(pairs[0].access_token), "refreshes": [str(pair) for pair in pairs]}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""Makes the schema, an application and people who have let it in, and prints their tokens, a JSON object for
each person.

The arguments are how many people, and how many refresh tokens each has of each kind: without an ID token, and with one.
"""

import json
import os
import secrets
import sys
from datetime import timedelta
from typing import Any

import django
from django.core.management import call_command


def main(people: int, refreshes: int) -> None:
    django.setup()
    # Only now can models be imported.
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415
    from oauth2_provider.models import AccessToken, Application, RefreshToken  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    # Not hashed by PBKDF2, which by itself would take most of a second for each request of the client.
    application = Application.objects.create(
        client_id="bench",
        client_secret=os.environ["PEER_CLIENT_SECRET"],
        hash_client_secret=False,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris="https://app.example.com/callback",
        algorithm=Application.RS256_ALGORITHM,
    )
    expires = timezone.now() + timedelta(days=1)

    def give(user: Any, scope: str, count: int) -> list[Any]:  # noqa: ANN401 -- Django's have no types here
        held = {"user": user, "application": application}
        made = [
            AccessToken(token=secrets.token_urlsafe(22), scope=scope, expires=expires, **held) for _ in range(count)
        ]
        AccessToken.objects.bulk_create(made)
        given = [RefreshToken(token=secrets.token_urlsafe(22), access_token=each, **held) for each in made]
        RefreshToken.objects.bulk_create(given)
        return given

    for number in range(people):
        user = get_user_model().objects.create(
            username=f"p{number}", email=f"p{number}@example.com", first_name=f"P{number}"
        )
        plain, with_id = give(user, "profile read", refreshes), give(user, "openid profile read", refreshes + 1)
        print(
            json.dumps(
                {
                    "access": with_id.pop().access_token.token,
                    "refreshes": [each.token for each in plain],
                    "refreshes_with_id": [each.token for each in with_id],
                }
            )
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""Runs the Django project on a free port of the loopback, which it prints, until its standard input ends.

The argument is the id of the one user it knows.
"""

import os
import sys
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application


class Handler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    Thread(target=end_with_parent, daemon=True).start()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.interop.peer.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user(id=sys.argv[1], username="known-to-django")
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Handler) as server:
        print(server.server_port, flush=True)  # noqa: T201 -- tells the parent
        server.serve_forever()


if __name__ == "__main__":
    main()

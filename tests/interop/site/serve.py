"""Runs a Django project that signs people in by mozilla-django-oidc, on a free port of the loopback.

Prints `{"origin": its own}`, reads `{"issuer", "clientId", "secret"}`, prints `{"ready": true}`, and serves until its
standard input ends.
"""

import json
import os
import sys
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application


class Handler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def not_yet(_: object, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return []


def end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    with make_server("127.0.0.1", 0, not_yet, handler_class=Handler) as server:
        print(json.dumps({"origin": f"http://127.0.0.1:{server.server_port}"}), flush=True)  # noqa: T201 -- tells the parent
        os.environ["SITE"] = sys.stdin.readline()
        Thread(target=end_with_parent, daemon=True).start()
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.interop.site.settings"
        django.setup()
        call_command("migrate", verbosity=0)
        server.set_app(get_wsgi_application())
        print(json.dumps({"ready": True}), flush=True)  # noqa: T201 -- as above
        server.serve_forever()


if __name__ == "__main__":
    main()

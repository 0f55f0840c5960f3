"""Other ways to do the same, from PyPI: Django REST framework with SimpleJWT, and fastapi-users."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

from loading import Case, Request, answer
from stage import HERE, Stage, free_port, uvicorn

from ivgraph_auth.core.secrets import random_token

SIMPLEJWT_ME, SIMPLEJWT_REFRESH, SIMPLEJWT_ROTATING = (
    "SimpleJWT: me",
    "SimpleJWT: refresh without rotation",
    "SimpleJWT: refresh with rotation",
)
FASTAPI_USERS_ME = "fastapi-users: me"
PEERS = HERE / "peers"
_REQUIREMENTS = PEERS / "requirements.txt"
_ATTEMPTS = 3
_PEOPLE = 50
_ROTATIONS_PER_SECOND = 600


def default_directory() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "ivgraph-auth" / f"bench-peers-{sys.version_info.major}.{sys.version_info.minor}"


def install(directory: Path, requirements: Path = _REQUIREMENTS) -> Path:
    """The Python of a virtual environment with the peers in it; installed only when the requirements have changed."""
    python = directory / "bin" / "python"
    installed = directory / "installed.txt"
    wanted = requirements.read_text()
    if python.exists() and installed.exists() and installed.read_text() == wanted:
        return python
    print(f"installing the peers in {directory} ...", flush=True)
    venv.create(directory, with_pip=True)
    command = [
        *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("-r", str(requirements)),
    ]
    if not any(subprocess.run(command, check=False).returncode == 0 for _ in range(_ATTEMPTS)):
        raise SystemExit("The peers cannot be installed; --no-peers leaves them out.")
    installed.write_text(wanted)
    return python


def start(on: Stage, python: Path, threads: int, rounds: int, seconds: int) -> list[Case]:
    return [*_simplejwt(on, python, threads, rounds, seconds), _fastapi_users(on, python, rounds)]


def _simplejwt(on: Stage, python: Path, threads: int, rounds: int, seconds: int) -> list[Case]:
    environment = {
        **on.database("simplejwt"),
        "DJANGO_SETTINGS_MODULE": "simplejwt",
        "PEER_SECRET_KEY": random_token(),
    }
    rotations = _ROTATIONS_PER_SECOND * rounds * seconds // _PEOPLE + 1
    made = make_people(python, environment, "simplejwt_people.py", _PEOPLE, rotations + 1)
    plain, rotating = (gunicorn(on, python, threads, {**environment, "PEER_ROTATES": each}) for each in "01")
    me = [Request("GET", "/me/", each["access"]) for each in made]
    refresh = [_refresh(each["refreshes"][0]) for each in made]
    once = [_refresh(each["refreshes"][number]) for number in range(1, rotations + 1) for each in made]
    return [
        Case.repeated(SIMPLEJWT_ME, plain, answer(200, "id", "email", "name"), me, rounds),
        Case.repeated(SIMPLEJWT_REFRESH, plain, answer(200, "access"), refresh, rounds),
        Case.asked_once(SIMPLEJWT_ROTATING, rotating, answer(200, "access", "refresh"), once, rounds),
    ]


def gunicorn(on: Stage, python: Path, threads: int, environment: dict[str, str]) -> int:
    port = free_port()
    command = [
        *(str(python), "-m", "gunicorn", "django.core.wsgi:get_wsgi_application()", "--chdir", str(PEERS)),
        *("--worker-class", "gthread", "--workers", "1", "--threads", str(threads), "--keep-alive", "30"),
        *("--bind", f"127.0.0.1:{port}", "--access-logfile", "-", "--log-level", "warning"),
    ]
    return on.start(command, port, "/me/", environment).port


def _fastapi_users(on: Stage, python: Path, rounds: int) -> Case:
    environment = {**on.database("fastapi_users"), "PEER_SECRET_KEY": random_token()}
    made = make_people(python, environment, "fastapi_users_app.py", _PEOPLE)
    port = free_port()
    command = uvicorn(python, "fastapi_users_app:app", PEERS, port, "--log-level", "info")
    server = on.start(command, port, "/users/me", environment)
    requests = [Request("GET", "/users/me", each["access"]) for each in made]
    return Case.repeated(FASTAPI_USERS_ME, server.port, answer(200, "id", "email"), requests, rounds)


def make_people(python: Path, environment: dict[str, str], script: str, *counts: int) -> list[dict[str, str]]:
    done = subprocess.run(
        [python, PEERS / script, *map(str, counts)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        check=True,
    )
    return [json.loads(row) for row in done.stdout.splitlines()]


def _refresh(token: str) -> Request:
    return Request("POST", "/refresh/", "", json.dumps({"refresh": token}))

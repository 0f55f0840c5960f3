"""Other providers: django-oauth-toolkit from PyPI, and oidc-provider from npm."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import rivals
from app_fixtures import APP_ME, INTROSPECTION, REFRESH, REFRESH_WITH_ID, USERINFO, basic, form, refreshing
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from loading import Case, Request, answer
from stage import Stage, free_port

from ivgraph_auth.core.secrets import random_token

TOOLKIT, OIDC_PROVIDER = "django-oauth-toolkit", "oidc-provider"
_PACKAGES = rivals.PEERS / "package.json"
_PEOPLE = 50
_REFRESHES_PER_SECOND = 400


class Peers(NamedTuple):
    python: Path
    node: Path


def named(peer: str, case: str) -> str:
    return f"{peer}: {case}"


def install(directory: Path) -> Peers:
    """Beside the other peers; installed only when what is wanted has changed."""
    python, modules = rivals.install(directory), directory / "node"
    installed = modules / "package.json"
    if not installed.exists() or installed.read_text() != _PACKAGES.read_text():
        print(f"installing oidc-provider in {modules} ...", flush=True)
        shutil.rmtree(modules, ignore_errors=True)
        modules.mkdir(parents=True)
        shutil.copy(_PACKAGES, installed)
        done = subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", modules], check=False
        )
        if done.returncode:
            installed.unlink()
            raise SystemExit("oidc-provider cannot be installed; --no-peers leaves the peers out.")
    return Peers(python, modules)


def start(on: Stage, peers: Peers, threads: int, rounds: int, seconds: int) -> list[Case]:
    return [*_toolkit(on, peers.python, threads, rounds, seconds), *_oidc_provider(on, peers.node, rounds)]


def _toolkit(on: Stage, python: Path, threads: int, rounds: int, seconds: int) -> list[Case]:
    environment = {
        **on.database("oauth_toolkit"),
        "DJANGO_SETTINGS_MODULE": "oauth_toolkit",
        "PEER_SECRET_KEY": random_token(),
        "PEER_RSA_KEY": _rsa_key(),
        "PEER_CLIENT_SECRET": random_token(),
    }
    refreshes = _REFRESHES_PER_SECOND * rounds * seconds // _PEOPLE + 1
    made = rivals.make_people(python, environment, "oauth_toolkit_people.py", _PEOPLE, refreshes)
    port = rivals.gunicorn(on, python, threads, environment)
    credentials = basic("bench", environment["PEER_CLIENT_SECRET"])
    access = [each["access"] for each in made]
    cases = _told(TOOLKIT, port, rounds, access, credentials, ("/o/introspect/", "/o/userinfo/"))
    me = [Request("GET", "/me/", token) for token in access]
    cases.append(Case.repeated(named(TOOLKIT, APP_ME), port, answer(200, "id", "email", "name"), me, rounds))
    for name, member, more in ((REFRESH, "refreshes", ()), (REFRESH_WITH_ID, "refreshes_with_id", ("id_token",))):
        tokens = [each[member][number] for number in range(refreshes) for each in made]
        requests = [refreshing("/o/token/", credentials, token) for token in tokens]
        right = answer(200, "access_token", "refresh_token", *more)
        cases.append(Case.asked_once(named(TOOLKIT, name), port, right, requests, rounds))
    return cases


def _oidc_provider(on: Stage, modules: Path, rounds: int) -> list[Case]:
    """A process for each kind of refresh: its store keeps the thousand entries that were used last. Its refresh tokens
    stay what they are for a client that proves itself, so each may be asked again.
    """
    secret = random_token()
    credentials = basic("bench", secret)
    port, made = _start_oidc_provider(on, modules, secret)
    access = [each["access"] for each in made]
    cases = _told(OIDC_PROVIDER, port, rounds, access, credentials, ("/token/introspection", "/me"))
    for name, member, more in ((REFRESH, "refresh", ()), (REFRESH_WITH_ID, "refresh_with_id", ("id_token",))):
        port, made = _start_oidc_provider(on, modules, secret)
        requests = [refreshing("/token", credentials, each[member]) for each in made]
        right = answer(200, "access_token", "refresh_token", *more)
        cases.append(Case.repeated(named(OIDC_PROVIDER, name), port, right, requests, rounds))
    return cases


def _start_oidc_provider(on: Stage, modules: Path, secret: str) -> tuple[int, list[dict[str, Any]]]:
    """Where it listens, and the tokens of its people."""
    port = free_port()
    tokens = on.directory / f"{port}.json"
    # Modules are looked for beside the file.
    script = modules / "oidc_provider.mjs"
    shutil.copy(rivals.PEERS / script.name, script)
    environment = {
        "PEER_PORT": str(port),
        "PEER_TOKENS": str(tokens),
        "PEER_PEOPLE": str(_PEOPLE),
        "PEER_CLIENT_SECRET": secret,
        "PEER_RSA_KEY": _rsa_key(),
        "NODE_ENV": "production",
    }
    node = modules / "node_modules" / ".bin" / "node"
    on.start([str(node), str(script)], port, "/.well-known/openid-configuration", environment)
    made: list[dict[str, Any]] = json.loads(tokens.read_text())
    return port, made


def _told(
    peer: str, port: int, rounds: int, access: Iterable[str], credentials: str, paths: tuple[str, str]
) -> list[Case]:
    introspect, userinfo = paths
    introspected = [form(introspect, credentials, token=token) for token in access]
    asked = [Request("GET", userinfo, token) for token in access]
    return [
        Case.repeated(named(peer, INTROSPECTION), port, answer(200, "active", "scope", "exp"), introspected, rounds),
        Case.repeated(named(peer, USERINFO), port, answer(200, "sub", "name"), asked, rounds),
    ]


def _rsa_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*pem).decode()

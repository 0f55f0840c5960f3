"""A program in a terminal: shows a code, waits until its person has allowed it in a browser, and searches their graph.

Start:     ISSUER=http://127.0.0.1:8000 CLIENT_ID=ivc_… python3 terminal.py roadmap
Sign out:  the same with --sign-out
Registered as native. TOKENS names the file in which it keeps its tokens, for its owner alone.
"""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

Json = dict[str, Any]
ISSUER, CLIENT_ID = os.environ["ISSUER"].rstrip("/"), os.environ["CLIENT_ID"]
TOKENS = Path(os.environ.get("TOKENS", Path.home() / ".config" / "ivgraph-terminal.json"))
SCOPE = "openid offline_access graph:search"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def ask(url: str, *, access: str = "", **form: str) -> Json:
    """What is answered, a refusal too. Raises OSError when nobody answers."""
    headers = {"Authorization": f"Bearer {access}"} if access else {}
    try:
        with urlopen(Request(url, urlencode(form).encode() if form else None, headers), timeout=30) as answer:
            return json.loads(answer.read() or b"{}")
    except HTTPError as refusal:
        return {"refused": refusal.code, **json.load(refusal)}


@contextmanager
def kept_tokens() -> Iterator[Json]:
    """Whoever starts at the same time waits here, so that only one refreshes."""
    TOKENS.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(TOKENS, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        tokens = json.loads(file.read() or "{}")
        yield tokens
        file.seek(0)
        file.truncate()
        json.dump(tokens, file)


def keep(tokens: Json, told: Json) -> None:
    tokens |= {**told, "until": time.time() + told["expires_in"] - 60}


def connect(server: Json) -> Json:
    """RFC 8628: the person decides in a browser, on this device or another."""
    begun = ask(server["device_authorization_endpoint"], client_id=CLIENT_ID, scope=SCOPE)
    if "error" in begun:
        raise SystemExit(f"Not connected: {begun['error_description']}")
    print(f"Open {begun['verification_uri']} and type {begun['user_code']}, or open", flush=True)
    print(begun["verification_uri_complete"], flush=True)
    pause = begun["interval"]
    while True:
        time.sleep(pause)
        try:
            form = {"grant_type": DEVICE, "client_id": CLIENT_ID, "device_code": begun["device_code"]}
            told = ask(server["token_endpoint"], **form)
        except OSError:  # nobody answers: ask less often
            pause += 5
            continue
        if "error" not in told:
            return told
        if told["error"] == "slow_down":
            pause += 5
        elif told["error"] != "authorization_pending":  # access_denied, expired_token
            raise SystemExit(f"Not connected: {told['error_description']}")


def access_token(server: Json) -> str:
    with kept_tokens() as tokens:
        if tokens and time.time() >= tokens["until"]:
            form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": tokens["refresh_token"]}
            told = ask(server["token_endpoint"], **form)
            if told.get("error") in ("invalid_grant", "invalid_client"):  # withdrawn, or not used for 90 days
                tokens.clear()
            elif "error" in told:
                raise SystemExit(f"Try again later: {told['error_description']}")
            else:
                keep(tokens, told)
        if not tokens:
            keep(tokens, connect(server))
        return str(tokens["access_token"])


def sign_out(server: Json) -> None:
    with kept_tokens() as tokens:
        if tokens:
            ask(server["revocation_endpoint"], client_id=CLIENT_ID, token=tokens["refresh_token"])
        tokens.clear()
    print("Signed out.")


def search(server: Json, words: str) -> None:
    url = f"{ISSUER}/api/v1/graph/search?{urlencode({'q': words})}"
    found = ask(url, access=access_token(server))
    if found.get("refused") == 401:  # it has ended before its time
        with kept_tokens() as tokens:
            tokens.update({"until": 0} if tokens else {})
        found = ask(url, access=access_token(server))
    if "refused" in found:
        raise SystemExit(found["detail"])
    print("\n".join(each["title"] for each in found["results"]) or "Nothing found.")


if __name__ == "__main__":
    try:
        known = ask(f"{ISSUER}/.well-known/openid-configuration")
        if sys.argv[1:] == ["--sign-out"]:
            sign_out(known)
        else:
            search(known, " ".join(sys.argv[1:]) or "roadmap")
    except OSError as trouble:
        raise SystemExit(f"{ISSUER} does not answer: {trouble}") from None

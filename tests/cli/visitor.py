"""Somebody with a browser, in front of services that run as processes of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

START = "/api/integrations/auth/notion/"
Json = Any


@dataclass
class Visitor:
    """Signed in as one of the sandbox's people."""

    url: str
    access: str = ""
    refresh: str = ""
    seen: list[str] = field(default_factory=list)
    """Every secret that came by."""

    def get(self, path: str, credential: str = "") -> httpx.Response:
        return httpx.get(self.url + path, headers=bearer(credential or self.access), timeout=30)

    @property
    def me(self) -> Json:
        answer = self.get("/api/auth/me/")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def mint(self, scopes: Sequence[str] = ("graph:read",)) -> str:
        ids = [workspace["id"] for workspace in self.me["workspaces"]]
        body = {"name": "agent", "scopes": scopes, "workspace_ids": ids}
        answer = httpx.post(f"{self.url}/api/tokens/", json=body, headers=bearer(self.access), timeout=30)
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        self.seen.append(token)
        return token


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def arrive(url: str, person: str = "ada") -> tuple[httpx.Response, list[str]]:
    """From the start to the callback's answer, and the secrets that came by."""
    with httpx.Client(timeout=30) as browser:
        started = browser.get(url + START)
        assert started.status_code == 302, started.text
        allowed = browser.post(started.headers["location"], data={"person": person})
        assert allowed.status_code == 302, allowed.text
        back = allowed.headers["location"]
        arrived = browser.get(back)
        query = parse_qs(urlsplit(back).query)
        return arrived, [*query["code"], *query["state"], *browser.cookies.values()]


def fragment_of(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).fragment).items()}


def sign_in(url: str, person: str = "ada") -> Visitor:
    arrived, seen = arrive(url, person)
    fragment = fragment_of(arrived)
    assert "access" in fragment, fragment
    access, refresh = fragment["access"], fragment["refresh"]
    return Visitor(url, access, refresh, [*seen, access, refresh])


def valid(url: str, token: str) -> bool:
    answer = httpx.get(f"{url}/api/auth/validate/", headers=bearer(token), timeout=30)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def refreshes(url: str, refresh: str) -> bool:
    answer = httpx.post(f"{url}/api/auth/refresh/", json={"refresh": refresh}, timeout=30)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200

"""What the sandbox's tests share."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

CLIENT_ID = "5a0d1c1e-sandbox"
CLIENT_SECRET = "secret_of-the:sandbox"
BASIC = httpx.BasicAuth(CLIENT_ID, CLIENT_SECRET)
CALLBACK = "http://127.0.0.1:8000/callback"
ASK = {
    "client_id": CLIENT_ID,
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "owner": "user",
    "state": "st-1",
}
VERSION = {"Notion-Version": "2026-03-11"}
Json = dict[str, Any]


def outcome(answer: httpx.Response) -> dict[str, str]:
    """The query of the redirect; every member stands there once."""
    assert answer.status_code == 302, answer.text
    members = parse_qs(urlsplit(answer.headers["location"]).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in members.values())
    return {name: values[0] for name, values in members.items()}


class Script:
    """Somebody at the consent page and the client behind it, in one hand."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def decide(self, **form: Any) -> httpx.Response:
        return await self.client.post("/v1/oauth/authorize", data={**ASK, **form})

    async def code(self, **form: Any) -> str:
        return outcome(await self.decide(**form))["code"]

    async def token(self, **body: Any) -> httpx.Response:
        return await self.client.post("/v1/oauth/token", json=body, auth=BASIC)

    async def exchange(self, code: str, redirect_uri: str = CALLBACK) -> httpx.Response:
        return await self.token(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)

    async def refresh(self, refresh_token: str) -> httpx.Response:
        return await self.token(grant_type="refresh_token", refresh_token=refresh_token)

    async def pair(self, **form: Any) -> Json:
        answer = await self.exchange(await self.code(**form))
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def me(self, access_token: str) -> httpx.Response:
        return await self.client.get("/v1/users/me", headers={"Authorization": f"Bearer {access_token}", **VERSION})

    async def introspect(self, token: str) -> Json:
        answer = await self.client.post("/v1/oauth/introspect", json={"token": token}, auth=BASIC)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def revoke(self, token: str) -> httpx.Response:
        return await self.client.post("/v1/oauth/revoke", json={"token": token}, auth=BASIC)


def bare(answer: httpx.Response) -> Json:
    """The body without its request id, which has to stand last and be the one of the header."""
    body: Json = answer.json()
    assert list(body)[-1] == "request_id"
    assert body.pop("request_id") == answer.headers["x-notion-request-id"]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return body


def rest_error(status: int, code: str, message: str) -> Json:
    return {"object": "error", "status": status, "code": code, "message": message}

"""A Notion that answers what a test tells it, for answers that the sandbox never gives."""

import base64
import json
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.signin.kit import ME, TOKEN
from tests.support.service import CLIENT_ID, Json

WORKSPACE_ID = "0c1d2e3f-1111-4222-8333-444455556666"
PERSON_ID = "5e5e5e5e-1111-4222-8333-444455556666"


def person(**changes: Json) -> Json:
    whole: Json = {"object": "user", "id": PERSON_ID, "type": "person", "name": "Sam", "avatar_url": None, "person": {}}
    return whole | changes


def token_answer(user: Json = None, **changes: Json) -> Json:
    whole: Json = {
        "access_token": "ntn_scripted0000",
        "token_type": "bearer",
        "refresh_token": "nrt_scripted0000",
        "bot_id": "b07b07b0-1111-4222-8333-444455556666",
        "workspace_name": "Scripted",
        "workspace_icon": None,
        "workspace_id": WORKSPACE_ID,
        "owner": {"type": "user", "user": person() if user is None else user},
        "duplicated_template_id": None,
        "request_id": "7e57-request",
    }
    return whole | changes


def bot(user: Json, *, kind: str = "user") -> Json:
    owner = {"type": kind, "user": user} if kind == "user" else {"type": kind, "workspace": True}
    return {"object": "user", "id": "b07b07b0-1111-4222-8333-444455556666", "type": "bot", "bot": {"owner": owner}}


@dataclass
class ScriptedNotion:
    """Takes any code from a client that authenticates as it should."""

    client_secret: str
    token: Json = field(default_factory=token_answer)
    me: Json = None
    calls: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(Request(scope, receive)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self.calls.append(f"{request.method} {request.url.path}")
        if self.calls[-1] == f"POST {TOKEN}":
            basic = base64.b64encode(f"{CLIENT_ID}:{self.client_secret}".encode()).decode()
            assert request.headers["authorization"] == f"Basic {basic}"
            assert set(await request.json()) == {"grant_type", "code", "redirect_uri"}
            return _json(self.token)
        if self.calls[-1] == f"GET {ME}":
            assert request.headers["authorization"] == f"Bearer {self.token['access_token']}"
            return _json(self.me)
        return JSONResponse({"code": "invalid_request_url"}, 400)


def _json(value: Json) -> Response:
    """Unlike Starlette's own, also lone surrogates, as the escapes that JSON has for them."""
    return Response(json.dumps(value), media_type="application/json")

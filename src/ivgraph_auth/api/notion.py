"""A drop-in base URL for Notion's own clients: what they send is passed on, what Notion answers comes back."""

import re
from typing import Any

from fastapi import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ivgraph_auth.api.connections import TENANT
from ivgraph_auth.api.envelope import budget_headers
from ivgraph_auth.api.line import IDEMPOTENCY_KEY, Line, seconds_asked
from ivgraph_auth.api.notion_errors import PREFIX, is_drop_in
from ivgraph_auth.api.resolvers import resolve
from ivgraph_auth.api.wiring import Services
from ivgraph_auth.core.errors import InvalidRequest
from ivgraph_auth.gateway.models import HttpCall, Reply

HTTP_SECONDS = 55
_NO_CONTENT = 204
_TEMPLATE = "/notion/v1/{path}"
_TENANT = re.compile(TENANT)
_WORD = re.compile(r"[\x21-\x7e]{0,64}")
_CONTENT_TYPE = re.compile(r"[\x20-\x7e]{0,200}")


class DropIn(BaseRoute):
    """Everything below `/notion`, by the path as it came: what is decoded could be read in two ways."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or not is_drop_in(Request(scope)):
            return Match.NONE, {}
        return Match.FULL, {"template": _TEMPLATE}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await _forward(Request(scope, receive))
        await response(scope, receive, send)


async def _forward(request: Request) -> Response:
    line = Line(request)
    services: Services = request.app.state.services
    principal = await resolve(request)
    call = HttpCall(
        method=request.method,
        path=(request.scope["raw_path"] or b"").removeprefix(PREFIX).decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        body=await request.body(),
        content_type=_header(request, "content-type", _CONTENT_TYPE),
        version=_header(request, "notion-version", _WORD),
        tenant=_header(request, "x-ivgraph-tenant", _TENANT),
        workspace=_header(request, "x-ivgraph-workspace", _WORD),
        idempotency_key=_header(request, "idempotency-key", IDEMPOTENCY_KEY),
        deadline=seconds_asked(request, otherwise=HTTP_SECONDS, most=HTTP_SECONDS),
    )
    work = services.gateway.forward(principal, call, line.caller, line.progress)
    return _passed_on(request, await (work if call.idempotency_key else line.while_there(work)))


def _header(request: Request, name: str, form: re.Pattern[str]) -> str | None:
    given = request.headers.getlist(name)
    if len(given) > 1 or not all(form.fullmatch(value) for value in given):
        raise InvalidRequest(f"The header {name.title()} is not well formed.")
    return given[0] if given else None


def _passed_on(request: Request, reply: Reply) -> Response:
    headers = budget_headers(request)
    if reply.notion_request_id:
        headers["X-Notion-Request-Id"] = reply.notion_request_id
    if reply.retry_after is not None:
        headers["Retry-After"] = str(reply.retry_after)
    return Response(reply.body, reply.status, headers, media_type="application/json; charset=utf-8")


def describe_drop_in(document: dict[str, Any]) -> None:
    """Adds it to OpenAPI: one path for all that Notion has, and its errors as Notion tells them."""
    document["paths"][_TEMPLATE] = {
        method: {
            "tags": ["Notion"],
            "summary": "As Notion's own API",
            "description": _ABOUT,
            "operationId": f"notion_{method}",
            "security": [{"any": []}],
            "parameters": _PARAMETERS,
            **({"requestBody": _BODY} if method in ("post", "patch") else {}),
            "responses": {str(status): _answer(status, text) for status, text in _MEANINGS.items()},
        }
        for method in ("get", "post", "patch", "delete")
    }


_ABOUT = (
    "What Notion's reference says of the path, with a service token in place of Notion's. Scopes: `notion:read`, and "
    "`notion:write` for what changes something. Paths that are not on the list are refused with `invalid_request_url`."
)
_PARAMETERS = [
    {
        "name": "path",
        "in": "path",
        "required": True,
        "description": "such as `pages/{id}`",
        "schema": {"type": "string", "pattern": "^[a-z_]+(/[0-9A-Za-z_-]+)*$", "examples": ["users/me"]},
    },
    {"name": "Notion-Version", "in": "header", "schema": {"type": "string", "examples": ["2026-03-11"]}},
    {
        "name": "X-Ivgraph-Tenant",
        "in": "header",
        "description": "Whose connection acts, where a workspace has several.",
        "schema": {"type": "string", "pattern": TENANT},
    },
    {
        "name": "X-Ivgraph-Workspace",
        "in": "header",
        "description": "Which workspace is meant, where the credential covers several.",
        "schema": {"type": "string", "format": "uuid"},
    },
    {
        "name": "X-Ivgraph-Timeout",
        "in": "header",
        "description": f"Seconds to wait for everything, {HTTP_SECONDS} unless told.",
        "schema": {"type": "integer", "minimum": 1, "maximum": HTTP_SECONDS},
    },
]
_BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}
_MEANINGS = {
    200: "Notion's object. Empty when Notion accepted a write and said nothing more.",
    201: "Notion's object, made.",
    202: "Notion's object: accepted, and done later (`async_task`).",
    204: "Accepted, and nothing to be said.",
    400: "`validation_error`, `invalid_request_url`, and what else Notion refuses.",
    401: "`unauthorized`: no good credential, or a connection to be made anew; the message says where.",
    403: "`restricted_resource`: scope, workspace or capability is missing.",
    404: "`object_not_found`, from Notion.",
    409: "`conflict_error`; also ours for a write whose outcome cannot be told: look before you send it again.",
    413: "Larger than Notion takes, in its own words.",
    429: "`rate_limited`: wait as long as `Retry-After` says.",
    500: "`internal_server_error`.",
    503: "`service_unavailable`.",
    504: "`gateway_timeout`.",
}


def _answer(status: int, text: str) -> dict[str, Any]:
    if status == _NO_CONTENT:
        return {"description": text}
    return {"description": text, "content": {"application/json": {"schema": {"type": "object"}}}}

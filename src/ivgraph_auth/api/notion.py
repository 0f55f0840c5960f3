"""A drop-in base URL for Notion's own clients: what they send is passed on, what Notion answers comes back."""

import re
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ivgraph_auth.api.dependencies import (
    IDEMPOTENCY_KEY,
    TENANT,
    deadline_of,
    describe_header,
    describe_idempotency_key,
    describe_timeout,
)
from ivgraph_auth.api.resolvers import resolve
from ivgraph_auth.core.errors import InvalidRequest
from ivgraph_auth.core.urls import NOTION_ID
from ivgraph_auth.gateway.models import HttpCall, Progress, Reply
from ivgraph_auth.gateway.policy import operation_of
from ivgraph_auth.notion.endpoints import ENDPOINTS, Endpoint
from ivgraph_auth.notion.tools import TOOLS
from ivgraph_auth.web.client_disconnect import cancel_on_disconnect
from ivgraph_auth.web.context import RequestContext, context_of
from ivgraph_auth.web.policy import NOTION, Area

HTTP_SECONDS = 55
_PREFIX = "/notion"
AREA = Area(_PREFIX, NOTION, template="/notion/v1/{path}")
_TENANT = re.compile(TENANT)
_WORD = re.compile(r"[\x21-\x7e]{0,64}")
_CONTENT_TYPE = re.compile(r"[\x20-\x7e]{0,200}")


class DropIn(BaseRoute):
    """Everything below `/notion`, by the path as it came: what is decoded could be read in two ways."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if context_of(scope).policy is NOTION else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await _forward(Request(scope, receive), context_of(scope))
        await response(scope, receive, send)


async def _forward(request: Request, context: RequestContext) -> Response:
    progress = context.progress = Progress()
    principal = await resolve(context)
    call = HttpCall(
        method=request.method,
        path=context.raw_path.decode("latin-1").removeprefix(_PREFIX),
        query=context.query.decode("latin-1"),
        body=await request.body(),
        content_type=_read_header(request, "content-type", _CONTENT_TYPE),
        version=_read_header(request, "notion-version", _WORD),
        tenant=_read_header(request, "x-ivgraph-tenant", _TENANT),
        workspace=_read_header(request, "x-ivgraph-workspace", _WORD),
        idempotency_key=_read_header(request, "idempotency-key", IDEMPOTENCY_KEY),
        deadline=deadline_of(context, otherwise=HTTP_SECONDS, most=HTTP_SECONDS),
    )
    work = context.services.gateway.forward(principal, call, context.client, progress)
    reply = await (work if call.idempotency_key else cancel_on_disconnect(context, progress, work))
    return _render(context, reply)


def _read_header(request: Request, name: str, form: re.Pattern[str]) -> str | None:
    given = request.headers.getlist(name)
    if len(given) > 1 or not all(form.fullmatch(value) for value in given):
        raise InvalidRequest(f"The header {name.title()} is not well formed.")
    return given[0] if given else None


def _render(context: RequestContext, reply: Reply) -> Response:
    headers = context.budget_headers
    if reply.notion_request_id:
        headers["X-Notion-Request-Id"] = reply.notion_request_id
    if reply.retry_after is not None:
        headers["Retry-After"] = str(reply.retry_after)
    return Response(reply.body, reply.status, headers, media_type="application/json; charset=utf-8")


def describe_drop_in(document: dict[str, Any]) -> None:
    """Adds it to OpenAPI: each path of the allow-list, and errors as Notion tells them."""
    document["components"]["schemas"]["NotionError"] = _ERROR
    for item in ENDPOINTS.values():
        document["paths"].setdefault(f"{_PREFIX}{item.path}", {})[item.method.lower()] = _describe_operation(item)


def _describe_operation(item: Endpoint) -> dict[str, Any]:
    name = item.name.removeprefix("notion.")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return {
        "tags": ["Notion"],
        "summary": words.capitalize(),
        "description": f"Needs `{operation_of(item).scope.value}`. {_ABOUT}",
        "operationId": f"notion_{words.replace(' ', '_')}",
        "security": [{f"any {operation_of(item).scope.value}": []}],
        "parameters": [
            *map(_describe_path_parameter, re.findall(r"\{(\w+)\}", item.path)),
            *_describe_query(item),
            *_HEADERS,
            *([_IDEMPOTENCY_KEY] if item.writes else []),
        ],
        **({"requestBody": _BODY} if item.method in ("POST", "PATCH") else {}),
        "responses": {str(status): _describe_answer(status, text) for status, text in _MEANINGS.items()},
    }


def _describe_path_parameter(name: str) -> dict[str, Any]:
    schema = {"minLength": 1, "maxLength": 200} if name == "property_id" else {"pattern": f"^{NOTION_ID}$"}
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", **schema}}


def _describe_query(item: Endpoint) -> list[dict[str, Any]]:
    """Those of the tool that makes the same call. What else Notion takes there is passed on all the same."""
    tool = TOOLS.get(item.name)
    names = tool.query if tool else _QUERY_WITHOUT_TOOL.get(item.name, ())
    return [{"name": name, "in": "query", "required": name in _REQUIRED, "schema": _QUERY[name]} for name in names]


_ABOUT = (
    "As Notion's reference describes it, with a service token in place of Notion's; the body goes on as it came. "
    "A path that OpenAPI does not list is refused with `invalid_request_url`."
)
_QUERY: dict[str, dict[str, Any]] = {
    "start_cursor": {"type": "string"},
    "page_size": {"type": "integer", "minimum": 1, "maximum": 100},
    "filter_properties": {"type": "array", "items": {"type": "string"}, "maxItems": 100},
    "include_transcript": {"type": "boolean"},
    "block_id": {"type": "string", "pattern": f"^{NOTION_ID}$"},
}
_QUERY_WITHOUT_TOOL = {"notion.getPageProperty": ("start_cursor", "page_size")}
_REQUIRED = {"block_id"}
_HEADERS = [
    {"name": "Notion-Version", "in": "header", "schema": {"type": "string", "examples": ["2026-03-11"]}},
    describe_header(
        "X-Ivgraph-Tenant", "Whose connection acts, where a workspace has several.", type="string", pattern=TENANT
    ),
    describe_header(
        "X-Ivgraph-Workspace",
        "Which workspace is meant, where the credential covers several.",
        type="string",
        format="uuid",
    ),
    describe_timeout(otherwise=HTTP_SECONDS, most=HTTP_SECONDS),
]
_IDEMPOTENCY_KEY = describe_idempotency_key("The same key and body within 24 hours give the same answer again.")
_BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}
_ERROR = {
    "type": "object",
    "title": "NotionError",
    "description": "Notion's own error body, for refusals of this service too.",
    "required": ["object", "status", "code", "message"],
    "properties": {
        "object": {"type": "string", "const": "error"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
    },
}
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
    502: "`bad_gateway`, from Notion.",
    503: "`service_unavailable`.",
    504: "`gateway_timeout`.",
    529: "`service_overload`, from Notion.",
}


# An edge before Notion answers it, in a form of its own.
_IN_OTHER_WORDS = 413


def _describe_answer(status: int, text: str) -> dict[str, Any]:
    if status == HTTPStatus.NO_CONTENT:
        return {"description": text}
    refused = status >= HTTPStatus.BAD_REQUEST and status != _IN_OTHER_WORDS
    schema = {"$ref": "#/components/schemas/NotionError"} if refused else {"type": "object"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}

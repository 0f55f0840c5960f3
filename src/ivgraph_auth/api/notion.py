"""A drop-in base URL for Notion's own clients: what they send is passed on, what Notion answers comes back."""

import re

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ivgraph_auth.api.dependencies import IDEMPOTENCY_KEY, TENANT, deadline_of
from ivgraph_auth.api.resolvers import resolve
from ivgraph_auth.api.schemas.notion_calls import HTTP_SECONDS, PREFIX, SEND, UPLOAD_SECONDS
from ivgraph_auth.core.errors import InvalidRequest
from ivgraph_auth.gateway.errors import BodyCutShort
from ivgraph_auth.gateway.models import HttpCall, Progress, Reply
from ivgraph_auth.notion.streamed_body import StreamedBody
from ivgraph_auth.web.body_stream import stream_body
from ivgraph_auth.web.client_disconnect import cancel_on_disconnect
from ivgraph_auth.web.context import RequestContext, context_of
from ivgraph_auth.web.policy import NOTION, NOTION_UPLOAD, Area, ErrorForm, Exempt

AREA = Area(
    PREFIX,
    NOTION,
    template="/notion/v1/{path}",
    exempt=(Exempt(SEND.method, rb"/notion/v1/file_uploads/[^/]+/send/?", NOTION_UPLOAD),),
)
_TENANT = re.compile(TENANT)
_WORD = re.compile(r"[\x21-\x7e]{0,64}")
_CONTENT_TYPE = re.compile(r"[\x20-\x7e]{0,200}")


class DropIn(BaseRoute):
    """Everything below `/notion`, by the path as it came: what is decoded could be read in two ways."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if context_of(scope).policy.errors is ErrorForm.NOTION else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = context_of(scope)
        forward = _forward_stream if context.policy.streamed else _forward
        response = await forward(Request(scope, receive), context)
        await response(scope, receive, send)


async def _forward(request: Request, context: RequestContext) -> Response:
    progress = context.progress = Progress()
    principal = await resolve(context)
    call = _read_call(request, context, await request.body(), HTTP_SECONDS)
    work = context.services.gateway.forward(principal, call, context.client, progress)
    reply = await (work if call.idempotency_key else cancel_on_disconnect(context, progress, work))
    return _render(context, reply)


async def _forward_stream(request: Request, context: RequestContext) -> Response:
    """The same of a body that is passed on while it arrives."""
    progress = context.progress = Progress()
    principal = await resolve(context)
    body = stream_body(context, principal.account_id, request.receive)
    call = _read_call(request, context, body, UPLOAD_SECONDS)
    work = context.services.gateway.forward(principal, call, context.client, progress)
    watched = work if call.idempotency_key else cancel_on_disconnect(context, progress, work, after=body.ended)
    try:
        return _render(context, await watched)
    except BodyCutShort as cut:
        raise ClientDisconnect from cut


def _read_call(request: Request, context: RequestContext, body: bytes | StreamedBody, most_seconds: int) -> HttpCall:
    return HttpCall(
        method=request.method,
        path=context.raw_path.decode("latin-1").removeprefix(PREFIX),
        query=context.query.decode("latin-1"),
        body=body,
        content_type=_read_header(request, "content-type", _CONTENT_TYPE),
        version=_read_header(request, "notion-version", _WORD),
        tenant=_read_header(request, "x-ivgraph-tenant", _TENANT),
        workspace=_read_header(request, "x-ivgraph-workspace", _WORD),
        idempotency_key=_read_header(request, "idempotency-key", IDEMPOTENCY_KEY),
        deadline=deadline_of(context, otherwise=HTTP_SECONDS, most=most_seconds),
    )


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

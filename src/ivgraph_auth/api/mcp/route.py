"""`POST /mcp`: who calls, and what may be called, is decided here, in HTTP's words; the rest is the protocol's."""

import json
from contextlib import suppress
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ivgraph_auth.agents.errors import UnknownAgentTool
from ivgraph_auth.api.dependencies import Context, deadline_of
from ivgraph_auth.api.mcp.calls import McpCall, Selection
from ivgraph_auth.api.mcp.server import McpServer
from ivgraph_auth.api.resolvers import AnyCredential
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.core.urls import origin
from ivgraph_auth.gateway.models import Progress
from ivgraph_auth.web.body_replay import replay
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.http_errors import OriginNotAllowed
from ivgraph_auth.web.policy import MCP
from ivgraph_auth.web.routing import Router

_SECONDS = 55
_CALL = "tools/call"


async def _read_body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_read_body)]


def mcp_router(server: McpServer) -> Router:
    router = Router(policy=MCP, tags=["MCP"])

    @router.post("/mcp", include_in_schema=False)
    async def answer_mcp(context: Context, principal: AnyCredential, body: Body) -> Response:
        """Model Context Protocol, streamable HTTP without sessions."""
        await _check_origin(context)
        call = _read_call(context, principal, body)
        return _ByPackage(server, call, body)

    return router


class _ByPackage(Response):
    """Sends what the protocol's package answers."""

    def __init__(self, server: McpServer, call: McpCall, body: bytes) -> None:
        super().__init__()
        self._server, self._call, self._read = server, call, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._server.answer(self._call, scope, replay(self._read, receive), send)


async def _check_origin(context: RequestContext) -> None:
    """A page of another origin must not reach a server that its reader runs (MCP, Transports, Security Warning)."""
    given = context.text_header(b"origin")
    settings = context.services.settings
    if not given or given == origin(settings.public_url) or given in settings.allowed_origins:
        return
    if not await context.services.provider.origins.has(given):
        raise OriginNotAllowed


def _read_call(context: RequestContext, principal: Principal, body: bytes) -> McpCall:
    """Raises InsufficientScope with all that the call needs, so that a client can ask for them (RFC 6750 §3.1)."""
    selection = Selection.read(context.query, principal)
    seconds = deadline_of(context, otherwise=_SECONDS, most=_SECONDS)
    progress = context.progress = Progress()
    call = McpCall(selection.principal, selection.tools, context, progress, seconds)
    name = _tool_name(body)
    if name is not None:
        # One that there is not is told by the protocol's own error.
        with suppress(UnknownAgentTool):
            context.services.agent_tools.find(call.principal, name, call.tools)
    return call


def _tool_name(body: bytes) -> str | None:
    """Of a call. What else is wrong with the body is told by the protocol's package."""
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("method") != _CALL:
        return None
    parameters = message.get("params")
    name = parameters.get("name") if isinstance(parameters, dict) else None
    return name if isinstance(name, str) else None

"""`POST /mcp`: who calls, and what may be called, is decided here, in HTTP's words; the rest is the protocol's."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from ivgraph_auth.agents.errors import UnknownAgentTool
from ivgraph_auth.agents.tools.fetch import FETCH
from ivgraph_auth.api.dependencies import Context, deadline_of
from ivgraph_auth.api.mcp.calls import McpCall, Selection
from ivgraph_auth.api.mcp.lists import read_list_request
from ivgraph_auth.api.mcp.server import McpServer
from ivgraph_auth.api.resolvers import AnyCredential
from ivgraph_auth.core.errors import InvalidRequest
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.core.urls import origin
from ivgraph_auth.gateway.models import Progress
from ivgraph_auth.web.body_replay import replay
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.http_errors import InvalidJson, OriginNotAllowed, UnsupportedMediaType
from ivgraph_auth.web.policy import MCP
from ivgraph_auth.web.routing import Router

_SECONDS = 55
_CALL, _READ = "tools/call", "resources/read"
_READER = FETCH.name  # needs what a resource needs
_VERSION = b"mcp-protocol-version"


async def _read_body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_read_body)]


def mcp_router(server: McpServer) -> Router:
    router = Router(policy=MCP, tags=["MCP"])

    @router.post("/mcp", include_in_schema=False)
    async def answer_mcp(context: Context, principal: AnyCredential, body: Body) -> Response:
        """Model Context Protocol, streamable HTTP without sessions."""
        await _check_origin(context)
        _check_version(context)
        message = _read_message(context, body)
        call = _read_call(context, principal)
        await _check_scopes(call, message)
        return _ByPackage(server, call, body, message)

    return router


class _ByPackage(Response):
    """Sends what the protocol's package answers."""

    def __init__(self, server: McpServer, call: McpCall, body: bytes, message: Mapping[str, Any]) -> None:
        super().__init__()
        self._server, self._call, self._read, self._message = server, call, body, message

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self._call

        async def send_unless_refused(message: Message) -> None:
            if not call.progress.caller_gone and not call.refusal:
                await send(message)

        lists = self._server.lists
        asked = read_list_request(call, self._message)
        known = lists.find(asked) if asked else None
        if known:
            await known(scope, receive, send)
            return
        listening = lists.listen(asked, send_unless_refused) if asked else send_unless_refused
        await self._server.answer(call, scope, replay(self._read, receive), listening)
        if call.refusal:
            raise call.refusal


async def _check_origin(context: RequestContext) -> None:
    """A page of another origin must not reach a server that its reader runs (MCP, Transports, Security Warning)."""
    given = context.text_header(b"origin")
    settings = context.services.settings
    if not given or given == origin(settings.public_url) or given in settings.allowed_origins:
        return
    if not await context.services.provider.origins.has(given):
        raise OriginNotAllowed


def _check_version(context: RequestContext) -> None:
    """A proxy that goes by the first of several, and a server that goes by the last, would differ in what this is."""
    if sum(name == _VERSION for name, _ in context.headers) > 1:
        raise InvalidRequest("MCP-Protocol-Version should be there once.")


def _read_call(context: RequestContext, principal: Principal) -> McpCall:
    selection = Selection.read(context.query, principal)
    seconds = deadline_of(context, otherwise=_SECONDS, most=_SECONDS)
    progress = context.progress = Progress()
    return McpCall(selection.principal, selection.tools, context, progress, seconds)


async def _check_scopes(call: McpCall, message: Mapping[str, Any]) -> None:
    """Raises InsufficientScope with all that the call needs, so that a client can ask for them (RFC 6750 §3.1)."""
    reads = message.get("method") == _READ
    name = _READER if reads else _tool_name(message)
    if name is not None:
        # One that there is not is told by the protocol's own error.
        with suppress(UnknownAgentTool):
            await call.context.services.agent_tools.check(call.caller, name, () if reads else call.tools)


def _read_message(context: RequestContext, body: bytes) -> Mapping[str, Any]:
    """What the package's parsers, of which it has one for each age, would read in different ways is refused here.

    Raises UnsupportedMediaType, InvalidJson, InvalidRequest.
    """
    if context.media_type != "application/json":
        raise UnsupportedMediaType
    try:
        # JSON is UTF-8 (RFC 8259 §8.1); of bytes, `loads` guesses the encoding.
        message: Any = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise InvalidJson from None
    if not isinstance(message, dict):
        raise InvalidRequest("One JSON-RPC message is taken at a time: an object.")
    if "id" in message and not _is_id(message["id"]):
        raise InvalidRequest("id should be text or a whole number; a notification has none.")
    return message


def _is_id(given: object) -> bool:
    return isinstance(given, str) or (isinstance(given, int) and not isinstance(given, bool))


def _tool_name(message: Mapping[str, Any]) -> str | None:
    """Of a call. What else is wrong with it is told by the protocol's package."""
    if message.get("method") != _CALL:
        return None
    parameters = message.get("params")
    name = parameters.get("name") if isinstance(parameters, dict) else None
    return name if isinstance(name, str) else None

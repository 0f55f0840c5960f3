"""What the `mcp` package is told to answer. Loaded by `server.py` alone: this is the only file that imports it."""

from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, TypeVar

import structlog
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    ResourceLink,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from ivgraph_auth.agents.errors import InvalidArguments, UnknownAgentTool, UnknownObject
from ivgraph_auth.agents.models import ListedTool, ToolAnswer
from ivgraph_auth.agents.tools.fetch import FETCH
from ivgraph_auth.api.mcp.calls import McpCall
from ivgraph_auth.api.mcp.instructions import INSTRUCTIONS
from ivgraph_auth.core.errors import InsufficientScope, ServiceError
from ivgraph_auth.notion.json_limits import find_problems
from ivgraph_auth.web.client_disconnect import cancel_on_disconnect
from ivgraph_auth.web.errors.next_steps.advice import in_words, next_steps
from ivgraph_auth.web.errors.next_steps.models import NextStep

_KEY = "ivgraph_auth.mcp"
# How long a client may go by its list of tools, in milliseconds: scopes and roles change seldom.
_LIST_MILLISECONDS = 60_000
# JSON-RPC 2.0 §5.1: for what a server means by it itself. The other was a missing resource's until 2026-07-28.
_SERVER_ERROR, _NOT_FOUND_BEFORE = -32000, -32002
_GONE = "The client has gone away."
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class Sessions:
    """Requests, each by itself: the package calls that stateless."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        self._manager = manager

    async def handle(self, call: McpCall, scope: Scope, receive: Receive, send: Send) -> None:
        # The package runs some handlers in tasks of its own, which see the request and nothing else of ours.
        await self._manager.handle_request({**scope, _KEY: call}, receive, send)


@asynccontextmanager
async def open_sessions() -> AsyncIterator[Sessions]:
    server: Server[Any] = Server(
        "ivgraph",
        version=version("ivgraph-auth"),
        title="IVGraph",
        instructions=INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=_call_tool,
        on_list_resources=_list_resources,
        on_list_resource_templates=_list_templates,
        on_read_resource=_read_resource,
        # No header repeats an argument of ours.
        get_tool_input_schema=_no_schema,
    )
    # Spans that nobody collects: this service tells its own metrics, and has no tracing.
    server.middleware.clear()
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    async with manager.run():
        yield Sessions(manager)


def _no_schema(_: str) -> None:
    return None


async def _list_tools(context: Any, _: PaginatedRequestParams | None) -> ListToolsResult:  # noqa: ANN401 -- the package's
    call = _call_of(context)
    tools = call.context.services.agent_tools.list(call.principal, call.tools)
    return ListToolsResult(tools=[_describe(tool) for tool in tools], ttl_ms=_LIST_MILLISECONDS, cache_scope="private")


async def _call_tool(context: Any, asked: CallToolRequestParams) -> CallToolResult:  # noqa: ANN401 -- the package's
    call = _call_of(context)
    try:
        tool = call.context.services.agent_tools.find(call.principal, asked.name, call.tools)
    except UnknownAgentTool as unknown:
        raise MCPError(INVALID_PARAMS, unknown.detail) from unknown
    try:
        return _result(await _finish(call, tool, _use(call, tool, asked.arguments or {})))
    except ServiceError as error:
        return _failure(call, error)


async def _use(call: McpCall, tool: ListedTool, arguments: dict[str, Any]) -> ToolAnswer:
    problems = find_problems(arguments)
    if problems:
        raise InvalidArguments([dict(each) for each in problems])
    return await call.context.services.agent_tools.call(call.caller, tool, arguments)


async def _list_resources(_: Any, __: PaginatedRequestParams | None) -> ListResourcesResult:  # noqa: ANN401
    """None by name: they are found by search, and read by the template."""
    return ListResourcesResult(resources=[], ttl_ms=_LIST_MILLISECONDS, cache_scope="private")


async def _list_templates(context: Any, _: PaginatedRequestParams | None) -> ListResourceTemplatesResult:  # noqa: ANN401
    call = _call_of(context)
    templates = [
        ResourceTemplate(
            uri_template=each.uri_template,
            name=each.name,
            title=each.title,
            description=each.description,
            mime_type=each.media_type,
        )
        for each in call.context.services.agent_tools.resource_templates(call.principal)
    ]
    return ListResourceTemplatesResult(resource_templates=templates, ttl_ms=_LIST_MILLISECONDS, cache_scope="private")


async def _read_resource(context: Any, asked: ReadResourceRequestParams) -> ReadResourceResult:  # noqa: ANN401
    call = _call_of(context)
    if find_problems(asked.uri):
        raise MCPError(INVALID_PARAMS, UnknownObject.detail)
    try:
        service = call.context.services.agent_tools
        read = await _finish(call, FETCH, service.read_resource(call.caller, asked.uri))
    except UnknownObject as unknown:
        code = _NOT_FOUND_BEFORE if context.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS else INVALID_PARAMS
        told = {"uri": asked.uri, "next": call.advise(unknown)}
        raise MCPError(code, unknown.detail, told) from unknown
    except ServiceError as error:
        told = _describe_error(error, next_steps(call.context, error))
        raise MCPError(_SERVER_ERROR, error.detail, told) from error
    contents = TextResourceContents(uri=read.uri, mime_type=read.media_type, text=read.text)
    return ReadResourceResult(contents=[contents], ttl_ms=0, cache_scope="private")


async def _finish(call: McpCall, tool: ListedTool, work: Coroutine[Any, Any, _T]) -> _T:
    """Raises ServiceError, also for what nobody expected: the package would tell older clients what such errors say."""
    try:
        return await cancel_on_disconnect(call.context, call.progress, work)
    except InsufficientScope as refused:
        needed = dict.fromkeys((*tool.scopes, *refused.scope.split()))
        call.refusal = InsufficientScope(" ".join(needed))
        raise
    except ServiceError:
        raise
    except ClientDisconnect as gone:
        # Nobody reads it. The package would log any other error as a fault of ours.
        raise MCPError(CONNECTION_CLOSED, _GONE) from gone
    except Exception:  # noqa: BLE001 -- as in web/front.py
        _log.exception("request.failed")
        raise ServiceError from None


def _call_of(context: Any) -> McpCall:  # noqa: ANN401 -- the package's
    found: McpCall = context.request[_KEY]
    return found


def _describe(tool: ListedTool) -> Tool:
    return Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=dict(tool.input_schema),
        output_schema=_describe_output(tool),
        annotations=ToolAnnotations(
            read_only_hint=not tool.writes,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.idempotent or not tool.writes,
            open_world_hint=tool.open_world,
        ),
    )


def _describe_output(tool: ListedTool) -> dict[str, Any] | None:
    """Nothing in it is required: a refusal has none of it, and the TypeScript SDK 1.x, which many clients are made of,
    shows no refusal whose structured content does not fit.
    """
    schema = tool.output_schema
    return {name: value for name, value in schema.items() if name != "required"} if schema else None


def _result(answer: ToolAnswer) -> CallToolResult:
    links = [
        ResourceLink(uri=link.uri, name=link.name, title=link.title, mime_type=link.media_type) for link in answer.links
    ]
    return CallToolResult(content=[TextContent(text=answer.text), *links], structured_content=dict(answer.structured))


def _failure(call: McpCall, error: ServiceError) -> CallToolResult:
    """For the model to read: what was wrong, and what to do."""
    steps = next_steps(call.context, error)
    words = f"{error.detail} {in_words(steps, call.context.services.settings.public_url)}".rstrip()
    told = _describe_error(error, steps)
    return CallToolResult(content=[TextContent(text=words)], structured_content=told, is_error=True)


def _describe_error(error: ServiceError, steps: Sequence[NextStep]) -> dict[str, Any]:
    following = [step.as_json() for step in steps]
    told: dict[str, Any] = {"code": error.code, "detail": error.detail, "next": following, **error.extra}
    if error.retry_after is not None:
        told["retry_after"] = error.retry_after
    return told

"""What the `mcp` package is told to answer. Loaded by `server.py` alone: this is the only file that imports it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import structlog
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    INTERNAL_ERROR,
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
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from ivgraph_auth.agents.errors import InvalidArguments, UnknownAgentTool
from ivgraph_auth.agents.models import ListedTool, ToolAnswer
from ivgraph_auth.api.mcp.calls import McpCall
from ivgraph_auth.api.mcp.instructions import INSTRUCTIONS
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.notion.json_limits import find_problems
from ivgraph_auth.web.client_disconnect import cancel_on_disconnect
from ivgraph_auth.web.errors.next_steps.advice import in_words, next_steps

_KEY = "ivgraph_auth.mcp"
# How long a client may go by its list of tools, in milliseconds: scopes and roles change seldom.
_LIST_MILLISECONDS = 60_000
_LONGEST_URI = 200
_GONE = "The client has gone away."
_log = structlog.get_logger(__name__)


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
        return _result(await _answer(call, tool, asked.arguments or {}))
    except ServiceError as error:
        return _failure(call, error)
    except ClientDisconnect as gone:
        # Nobody reads it. The package would log any other error as a fault of ours.
        raise MCPError(CONNECTION_CLOSED, _GONE) from gone
    except Exception:  # noqa: BLE001 -- as in web/front.py
        # The package would tell older clients what the error says.
        _log.exception("request.failed")
        return _failure(call, ServiceError())


async def _answer(call: McpCall, tool: ListedTool, arguments: dict[str, Any]) -> ToolAnswer:
    problems = find_problems(arguments)
    if problems:
        raise InvalidArguments([dict(each) for each in problems])
    work = call.context.services.agent_tools.call(call.caller, tool, arguments)
    return await cancel_on_disconnect(call.context, call.progress, work)


def _call_of(context: Any) -> McpCall:  # noqa: ANN401 -- the package's
    found: McpCall = context.request[_KEY]
    return found


def _describe(tool: ListedTool) -> Tool:
    return Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=dict(tool.input_schema),
        output_schema=dict(tool.output_schema) if tool.output_schema else None,
        annotations=ToolAnnotations(
            read_only_hint=not tool.writes,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.idempotent or not tool.writes,
            open_world_hint=tool.open_world,
        ),
    )


def _result(answer: ToolAnswer) -> CallToolResult:
    links = [
        ResourceLink(uri=link.uri, name=link.name, title=link.title, mime_type=link.media_type) for link in answer.links
    ]
    return CallToolResult(content=[TextContent(text=answer.text), *links], structured_content=dict(answer.structured))


def _failure(call: McpCall, error: ServiceError) -> CallToolResult:
    """For the model to read: what was wrong, and what to do."""
    steps = next_steps(call.context, error)
    told: dict[str, Any] = {"code": error.code, "detail": error.detail, "next": [step.as_json() for step in steps]}
    told |= error.extra
    if error.retry_after is not None:
        told["retry_after"] = error.retry_after
    words = f"{error.detail} {in_words(steps, call.context.services.settings.public_url)}".rstrip()
    return CallToolResult(content=[TextContent(text=words)], structured_content=told, is_error=True)


async def _list_resources(_: Any, __: PaginatedRequestParams | None) -> ListResourcesResult:  # noqa: ANN401 -- the package's
    """A workspace has too many to list: search finds them, and links to them."""
    return ListResourcesResult(resources=[], ttl_ms=_LIST_MILLISECONDS, cache_scope="private")


async def _list_templates(context: Any, _: PaginatedRequestParams | None) -> ListResourceTemplatesResult:  # noqa: ANN401 -- the package's
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


async def _read_resource(context: Any, asked: ReadResourceRequestParams) -> ReadResourceResult:  # noqa: ANN401 -- the package's
    call = _call_of(context)
    try:
        work = call.context.services.agent_tools.read_resource(call.caller, str(asked.uri))
        found = await cancel_on_disconnect(call.context, call.progress, work)
    except ServiceError as error:
        told = {"uri": str(asked.uri)[:_LONGEST_URI], "code": error.code, "next": call.advise(error)}
        code = INVALID_PARAMS if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else INTERNAL_ERROR
        raise MCPError(code, error.detail, told) from error
    except ClientDisconnect as gone:
        raise MCPError(CONNECTION_CLOSED, _GONE) from gone
    except Exception as fault:
        _log.exception("request.failed")
        raise MCPError(INTERNAL_ERROR, ServiceError.detail) from fault
    text = TextResourceContents(uri=found.uri, mime_type=found.media_type, text=found.text)
    return ReadResourceResult(contents=[text], cache_scope="private")

"""Tools: Notion for agents, in an envelope."""

from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from pydantic import Field
from starlette.responses import Response

from ivgraph_auth.api.connections import TENANT
from ivgraph_auth.api.envelope import INVOKE, ToolResult, failures, succeeded
from ivgraph_auth.api.line import IDEMPOTENCY_KEY, Line, seconds_asked
from ivgraph_auth.api.problems import problems
from ivgraph_auth.api.resolvers import AnyCredential
from ivgraph_auth.api.routing import Router
from ivgraph_auth.api.schema import In, Out
from ivgraph_auth.api.wiring import Wired
from ivgraph_auth.core.errors import InvalidRequest
from ivgraph_auth.gateway.models import ToolCall
from ivgraph_auth.gateway.policy import operation_of
from ivgraph_auth.notion.operations import schema_of
from ivgraph_auth.notion.tools import TOOLS

router = Router(tags=["Tools"])

_JSON = "application/json"
_DEFAULT_SECONDS = 30.0
_MOST_SECONDS = 120


class ToolInvocation(In):
    toolId: Annotated[str, Field(max_length=100, examples=["notion.search"])]  # noqa: N815 -- as clients send it
    tenantId: Annotated[str, Field(pattern=TENANT, examples=["user123"])]  # noqa: N815
    parameters: dict[str, Any] = Field(default_factory=dict, examples=[{"query": "roadmap"}])
    integration: Literal["notion"] = "notion"


class ToolOut(Out):
    """`parameters` is a JSON Schema, draft 2020-12."""

    id: str
    description: str
    scope: str
    writes: bool
    parameters: dict[str, Any]


class ToolList(Out):
    results: list[ToolOut]
    next_cursor: None


async def _line(request: Request) -> Line:
    return Line(request)


async def _seconds(request: Request) -> float:
    return seconds_asked(request, otherwise=_DEFAULT_SECONDS, most=_MOST_SECONDS)


async def _key(request: Request) -> str | None:
    given = request.headers.get("idempotency-key")
    if given is not None and not IDEMPOTENCY_KEY.fullmatch(given):
        raise InvalidRequest("Idempotency-Key should be 1 to 255 visible ASCII characters.")
    return given


LineOf = Annotated[Line, Depends(_line)]
Deadline = Annotated[float, Depends(_seconds)]
IdempotencyKey = Annotated[str | None, Depends(_key)]
_HEADERS = {
    "parameters": [
        {
            "name": "X-Ivgraph-Timeout",
            "in": "header",
            "description": "Seconds to wait for everything, 30 unless told.",
            "schema": {"type": "integer", "minimum": 1, "maximum": _MOST_SECONDS},
        },
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "For writing tools: the same key and body within 24 hours give the same answer again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x20-\x7e]+$"},
        },
    ]
}


@router.get("/api/v1/tools", response_model=ToolList, responses=problems(401))
async def list_tools(principal: AnyCredential, services: Wired) -> Response:  # noqa: ARG001 -- anybody known may look
    """Every tool, with the scope it takes and its parameters as JSON Schema."""
    return Response(_tools(services.settings.notion_version), media_type=_JSON)


@lru_cache(maxsize=4)
def _tools(version: str) -> bytes:
    tools = [
        ToolOut(
            id=tool.id,
            description=tool.description,
            scope=operation_of(tool).scope.value,
            writes=tool.writes,
            parameters=schema_of(tool.id, version),
        )
        for tool in TOOLS.values()
    ]
    return ToolList(results=tools, next_cursor=None).model_dump_json().encode()


@router.post(INVOKE, response_model=ToolResult, responses=failures(), openapi_extra=_HEADERS)
async def invoke_tool(
    line: LineOf,
    principal: AnyCredential,
    body: ToolInvocation,
    services: Wired,
    seconds: Deadline,
    key: IdempotencyKey,
) -> Response:
    """Calls Notion with a tenant's connection: paced, retried and recorded."""
    call = ToolCall(body.toolId, body.tenantId, body.parameters, seconds, key)
    work = services.gateway.invoke(principal, call, line.caller, line.progress)
    # Under a key it goes on to its end, so that whoever asks again gets the answer.
    reply = await (work if key else line.while_there(work))
    return succeeded(line.request, reply)

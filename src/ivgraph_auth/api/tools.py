"""Tools: Notion for agents, in an envelope."""

import json
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from pydantic import BeforeValidator, ConfigDict, Field
from starlette.responses import Response

from ivgraph_auth.api.dependencies import (
    IDEMPOTENCY_KEY,
    TENANT,
    Context,
    InjectedServices,
    deadline_of,
    describe_idempotency_key,
    describe_timeout,
)
from ivgraph_auth.api.resolvers import AnyCredential
from ivgraph_auth.api.schemas.models import In, Out
from ivgraph_auth.api.schemas.responses import FieldProblem, NextStepOut, problems
from ivgraph_auth.core.errors import InvalidRequest, Unprocessable
from ivgraph_auth.gateway.models import Progress, ToolCall
from ivgraph_auth.gateway.policy import operation_of
from ivgraph_auth.notion.arguments import object_in
from ivgraph_auth.notion.forms.table import FORMS
from ivgraph_auth.notion.operations import schema_of
from ivgraph_auth.notion.published import published_tools
from ivgraph_auth.web.client_disconnect import cancel_on_disconnect
from ivgraph_auth.web.context import context_of
from ivgraph_auth.web.errors.tool import render_success
from ivgraph_auth.web.policy import API, TOOL
from ivgraph_auth.web.routing import Router

router = Router(tags=["Tools"])

_JSON = "application/json"
_DEFAULT_SECONDS = 30
_MOST_SECONDS = 120


class ToolInvocation(In):
    """`tenantId` may be left out where the credential leads to one connection only. `parameters` are taken as models
    send them: as JSON in a string too, with null for what is left out, or with the URL of a page for its id.
    """

    toolId: Annotated[str, Field(max_length=100, examples=["notion_search"])]  # noqa: N815 -- as clients send it
    tenantId: Annotated[str, Field(pattern=TENANT, examples=["user123"])] | None = None  # noqa: N815
    parameters: Annotated[dict[str, Any], BeforeValidator(object_in)] = Field(
        default_factory=dict, examples=[{"query": "roadmap"}]
    )
    integration: Literal["notion"] = "notion"


class ToolOut(Out):
    """`parameters` is a JSON Schema, draft 2020-12: an object at the top, and no reference in it."""

    id: str
    title: str
    description: str
    scope: str
    writes: bool
    parameters: dict[str, Any]


class ToolInForm(Out):
    """A tool as an API of models takes it."""

    model_config = ConfigDict(extra="allow")


class ToolList(Out):
    results: list[ToolOut | ToolInForm]
    next_cursor: None


_FAILURES = {
    400: "`invalid_json`, `invalid_request` (a header), `unclear_tenant`; or Notion's own refusal.",
    401: "No credential (`not_authenticated`), or one that is not valid (`token_not_valid`).",
    403: "`insufficient_scope`, `workspace_not_allowed`, `missing_capability`; or Notion's own refusal.",
    404: "`unknown_tool`, `unknown_tenant`; or Notion's own refusal (`object_not_found`).",
    409: "`oauth_expired` with `reauthorizeUrl`; `idempotency_key_reused`, `idempotency_in_progress`, "
    "`outcome_unknown` (also of a write that Notion accepted with an answer that cannot be read); or Notion's own "
    "refusal.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not JSON.",
    422: "`invalid_parameters` or `validation_error`; `errors` says which.",
    429: "`rate_limited`: wait as long as `Retry-After` says.",
    500: "A fault of ours. The request id leads to it.",
    502: "`upstream_error`: Notion is down, or answers nonsense.",
    503: "`unavailable`, `shutting_down`, `credential_unavailable`.",
    504: "`upstream_timeout`: no answer from Notion in time.",
}


class ToolMetadata(Out):
    """`latency` is in milliseconds, `attempts` are calls to Notion. `notionStatus` is there when Notion answered with
    a success other than 200, such as 202 for what it will do later.
    """

    latency: int
    attempts: int
    requestId: str | None  # noqa: N815 -- as clients read it
    notionRequestId: str | None  # noqa: N815
    notionStatus: int | None = None  # noqa: N815


class ToolResult(Out):
    success: Literal[True]
    result: dict[str, Any]
    metadata: ToolMetadata


class ToolError(Out):
    """`code` is stable; programs go by it."""

    code: str
    message: str
    next: list[NextStepOut]
    reauthorizeUrl: str | None = None  # noqa: N815
    notionRequestId: str | None = None  # noqa: N815
    errors: list[FieldProblem] | None = None


class ToolFailure(Out):
    success: Literal[False]
    error: ToolError
    metadata: ToolMetadata


def describe_failures() -> dict[int | str, dict[str, Any]]:
    """What OpenAPI lists beside the good answer."""
    schema = {"$ref": "#/components/schemas/ToolFailure"}
    return {status: {"description": text, "content": {_JSON: {"schema": schema}}} for status, text in _FAILURES.items()}


async def _read_deadline(request: Request) -> float:
    return deadline_of(context_of(request.scope), otherwise=_DEFAULT_SECONDS, most=_MOST_SECONDS)


async def _read_idempotency_key(request: Request) -> str | None:
    given = context_of(request.scope).header(b"idempotency-key")
    if given is None:
        return None
    key = given.decode("latin-1")
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key should be 1 to 255 printable ASCII characters.")
    return key


Deadline = Annotated[float, Depends(_read_deadline)]
IdempotencyKey = Annotated[str | None, Depends(_read_idempotency_key)]
_HEADERS = [
    describe_timeout(otherwise=_DEFAULT_SECONDS, most=_MOST_SECONDS),
    describe_idempotency_key("For writing tools: the same key and body within 24 hours give the same answer again."),
]


async def _read_form(request: Request) -> str | None:
    """For whom; None for nobody in particular. Raises Unprocessable."""
    asked = request.query_params.get("for")
    if asked is None or asked in FORMS:
        return asked
    refusal = Unprocessable(f"`for` should be one of {', '.join(FORMS)}.")
    refusal.extra = {"errors": [{"loc": ["query", "for"], "msg": refusal.detail, "type": "enum"}]}
    raise refusal


Form = Annotated[str | None, Depends(_read_form)]
_FORM = {
    "name": "for",
    "in": "query",
    "required": False,
    "description": "Each tool in the form that this API takes as it is.",
    "schema": {"type": "string", "enum": [*FORMS]},
}


@router.get(
    "/api/v1/tools",
    policy=replace(API, fast=True),
    response_model=ToolList,
    responses=problems(401, 422),
    openapi_extra={"parameters": [_FORM]},
)
async def list_tools(principal: AnyCredential, services: InjectedServices, form: Form) -> Response:  # noqa: ARG001 -- anybody known may look
    """Every tool, with the scope it takes and its parameters as JSON Schema; or, with `for`, as OpenAI's Responses
    API (`openai`), its chat completions (`openai-chat`), Anthropic's Messages API, Gemini (each is one of
    `functionDeclarations`) or MCP has it.
    """
    return Response(_serialize_tools(services.settings.notion_version, form), media_type=_JSON)


@lru_cache(maxsize=16)
def _serialize_tools(version: str, form: str | None) -> bytes:
    if form is not None:
        tools = [FORMS[form](tool) for tool in published_tools(version)]
        return json.dumps({"results": tools, "next_cursor": None}, ensure_ascii=False).encode()
    described = [
        ToolOut.of(
            tool,
            id=tool.name,
            scope=operation_of(tool.endpoint).scope,
            parameters=schema_of(tool.name, version),
        )
        for tool in published_tools(version)
    ]
    return ToolList(results=[*described], next_cursor=None).model_dump_json().encode()


@router.post(
    "/api/v1/tools/invoke",
    policy=TOOL,
    response_model=ToolResult,
    responses=describe_failures(),
    openapi_extra={"parameters": _HEADERS},
)
async def invoke_tool(
    context: Context,
    principal: AnyCredential,
    body: ToolInvocation,
    services: InjectedServices,
    seconds: Deadline,
    key: IdempotencyKey,
) -> Response:
    """Calls Notion with a tenant's connection: paced, retried and recorded."""
    call = ToolCall(body.toolId, body.tenantId, body.parameters, seconds, key)
    progress = context.progress = Progress()
    work = services.gateway.invoke(principal, call, context.client, progress)
    # Under a key it goes on to its end, so that whoever asks again gets the answer.
    reply = await (work if key else cancel_on_disconnect(context, progress, work))
    return render_success(context, reply)

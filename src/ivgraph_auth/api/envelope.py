"""How `POST /api/v1/tools/invoke` answers, whatever happens: `success`, and a result or an error."""

import json
from typing import Any, Literal

from fastapi import Request
from starlette.responses import Response

from ivgraph_auth.api.problems import FieldProblem
from ivgraph_auth.api.schema import Out
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.gateway.models import Progress, Reply

INVOKE = "/api/v1/tools/invoke"
_JSON = "application/json"
_OK = 200
_MEANINGS = {
    400: "`invalid_json`, `invalid_request` (a header); or Notion's own refusal.",
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
    reauthorizeUrl: str | None = None  # noqa: N815
    notionRequestId: str | None = None  # noqa: N815
    errors: list[FieldProblem] | None = None


class ToolFailure(Out):
    success: Literal[False]
    error: ToolError
    metadata: ToolMetadata


def failures() -> dict[int | str, dict[str, Any]]:
    """What OpenAPI lists beside the good answer."""
    schema = {"$ref": "#/components/schemas/ToolFailure"}
    return {status: {"description": text, "content": {_JSON: {"schema": schema}}} for status, text in _MEANINGS.items()}


def is_invocation(request: Request) -> bool:
    path: str = request.scope["path"]
    return path.removesuffix("/") == INVOKE


def succeeded(request: Request, reply: Reply) -> Response:
    """Notion's object goes in as Notion wrote it."""
    status = {} if reply.status == _OK else {"notionStatus": reply.status}
    metadata = json.dumps({**_metadata(request), **status}).encode()
    body = b'{"success":true,"result":%b,"metadata":%b}' % (reply.body, metadata)
    return Response(body, headers=budget_headers(request), media_type=_JSON)


def failed(request: Request, error: ServiceError, headers: dict[str, str]) -> Response:
    told = {"code": error.code, "message": error.detail, **error.extra}
    body = {"success": False, "error": told, "metadata": _metadata(request)}
    return Response(json.dumps(body), error.status, {**headers, **budget_headers(request)}, media_type=_JSON)


def budget_headers(request: Request) -> dict[str, str]:
    """What the grant may still do, when it is known which one acts. Reset is in seconds."""
    progress: Progress | None = request.scope.get("progress")
    if progress is None or progress.budget is None:
        return {}
    budget = progress.budget
    return {"X-Ivgraph-Budget-Remaining": str(budget.remaining), "X-Ivgraph-Budget-Reset": str(budget.reset)}


def _metadata(request: Request) -> dict[str, Any]:
    progress: Progress = request.scope.get("progress") or Progress()
    clock = request.app.state.services.clock
    return {
        "latency": round((clock.monotonic() - request.scope["started"]) * 1000),
        "attempts": progress.attempts,
        "requestId": request.scope["caller"].request_id,
        "notionRequestId": progress.notion_request_id,
    }

"""Refusals of `/mcp` that are told by HTTP's status, with a JSON-RPC 2.0 error as body (MCP, Transports)."""

import json

from starlette.responses import Response

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.next_steps.advice import next_steps

# JSON-RPC 2.0 §5.1; the last is for what a server means by it itself.
_CODES = {"invalid_json": -32700, "invalid_request": -32600}
_SERVER_ERROR = -32000


def render(context: RequestContext, error: ServiceError, headers: dict[str, str]) -> Response:
    steps = [step.as_json() for step in next_steps(context, error)]
    data = {"code": error.code, "request_id": context.client.request_id, "next": steps, **error.extra}
    body = {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": _CODES.get(error.code, _SERVER_ERROR), "message": error.detail, "data": data},
    }
    return Response(json.dumps(body), error.status, headers, media_type="application/json")

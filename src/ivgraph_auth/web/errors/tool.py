"""The envelope in which `POST /api/v1/tools/invoke` answers, whatever happens: `success`, and a result or an error."""

import json
from typing import Any

from starlette.responses import Response

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.gateway.models import Progress, Reply
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.next_steps.advice import next_steps

_JSON = "application/json"
_OK = 200


def render_success(context: RequestContext, reply: Reply) -> Response:
    """Notion's object goes in as Notion wrote it."""
    status = {} if reply.status == _OK else {"notionStatus": reply.status}
    metadata = json.dumps({**_metadata(context), **status}).encode()
    body = b'{"success":true,"result":%b,"metadata":%b}' % (reply.body, metadata)
    return Response(body, headers=context.budget_headers, media_type=_JSON)


def render(context: RequestContext, error: ServiceError, headers: dict[str, str]) -> Response:
    steps = [step.as_json() for step in next_steps(context, error)]
    described = {"code": error.code, "message": error.detail, "next": steps, **error.extra}
    body = {"success": False, "error": described, "metadata": _metadata(context)}
    return Response(json.dumps(body), error.status, headers, media_type=_JSON)


def _metadata(context: RequestContext) -> dict[str, Any]:
    progress = context.progress or Progress()
    return {
        "latency": round((context.services.clock.monotonic() - context.started) * 1000),
        "attempts": progress.attempts,
        "requestId": context.client.request_id,
        "notionRequestId": progress.notion_request_id,
    }

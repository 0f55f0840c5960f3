"""Problem details (RFC 9457)."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.next_steps.advice import next_steps

_PROBLEM = "application/problem+json"


def render(context: RequestContext, error: ServiceError, headers: dict[str, str]) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": context.client.request_id,
        "next": [step.as_json() for step in next_steps(context, error)],
        **error.extra,
    }
    return JSONResponse(body, error.status, headers, media_type=_PROBLEM)

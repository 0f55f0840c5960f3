"""Problem details (RFC 9457)."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.web.context import RequestContext

_PROBLEM = "application/problem+json"


def render(context: RequestContext, error: ServiceError, headers: dict[str, str]) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": context.client.request_id,
        **error.extra,
    }
    return JSONResponse(body, error.status, headers, media_type=_PROBLEM)

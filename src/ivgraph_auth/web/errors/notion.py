"""Our refusals on `/notion/v1`, in Notion's own error body, with codes that Notion's clients know."""

import json

from starlette.responses import Response

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.next_steps.advice import in_words, next_steps

_STATUS_OF_CODE = {
    "not_authenticated": 401,
    "token_not_valid": 401,
    "oauth_expired": 401,
    "insufficient_scope": 403,
    "workspace_not_allowed": 403,
    "missing_capability": 403,
    "wrong_credential_kind": 403,
    "invalid_request_url": 400,
    "unknown_tenant": 400,
    "unclear_tenant": 400,
    "invalid_request": 400,
    "content_too_large": 400,
    "idempotency_key_reused": 409,
    "idempotency_in_progress": 409,
    "outcome_unknown": 409,
    "rate_limited": 429,
    "authorization_renewed": 429,
    "too_many_streams": 429,
    "caller_gone": 400,
    "too_many_requests": 429,
    "upstream_timeout": 504,
    "internal_error": 500,
}
_OTHERWISE = 503
_CODE_OF_STATUS = {
    400: "validation_error",
    401: "unauthorized",
    403: "restricted_resource",
    409: "conflict_error",
    429: "rate_limited",
    500: "internal_server_error",
    503: "service_unavailable",
    504: "gateway_timeout",
}
_OWN_CODES = {"invalid_request_url"}


def render(context: RequestContext, error: ServiceError, headers: dict[str, str]) -> Response:
    status = _STATUS_OF_CODE.get(error.code, _OTHERWISE)
    steps = in_words(next_steps(context, error), context.services.settings.public_url)
    body = {
        "object": "error",
        "status": status,
        "code": error.code if error.code in _OWN_CODES else _CODE_OF_STATUS[status],
        "message": f"{error.detail} {steps}".rstrip(),
        "request_id": context.client.request_id,
    }
    return Response(json.dumps(body), status, headers, media_type="application/json")

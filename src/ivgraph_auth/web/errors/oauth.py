"""RFC 6749 §5.2: `error` and `error_description`."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.web.context import RequestContext

# What the rest of the service calls otherwise (RFC 6750 §3.1).
_NAMES = {"not_authenticated": "invalid_token", "token_not_valid": "invalid_token"}
# RFC 6749 §5.2 knows no more than these; what a client cannot mend is the server's.
_CODES = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "server_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "temporarily_unavailable",
    HTTPStatus.TOO_MANY_REQUESTS: "temporarily_unavailable",
}
_OWN = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
     "invalid_scope", "invalid_target", "invalid_token", "insufficient_scope", "invalid_dpop_proof", "use_dpop_nonce",
     "authorization_pending", "slow_down", "access_denied", "expired_token", "invalid_redirect_uri",
     "invalid_client_metadata"}
)  # fmt: skip


def render_error(_context: RequestContext, error: ServiceError, headers: dict[str, str]) -> Response:
    name = _NAMES.get(error.code, error.code)
    code = name if name in _OWN else _CODES.get(HTTPStatus(error.status), "invalid_request")
    body = {"error": code, "error_description": error.detail}
    return JSONResponse(body, error.status, {**headers, "Pragma": "no-cache"})


def render(status: int, error: str, description: str, details: dict[str, str] | None = None) -> Response:
    """`details` is an extension member, left out when empty."""
    body: dict[str, object] = {"error": error, "error_description": description}
    if details:
        body["details"] = details
    return JSONResponse(body, status)

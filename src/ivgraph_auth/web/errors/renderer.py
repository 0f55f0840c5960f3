"""An error in the form that its route's policy names."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.responses import Response

from ivgraph_auth.core.errors import InsufficientScope, ServiceError
from ivgraph_auth.provider.dpop import ALGORITHMS as DPOP_ALGORITHMS
from ivgraph_auth.provider.metadata import challenge
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors import mcp, notion, oauth, page, problem, tool
from ivgraph_auth.web.policy import ErrorForm

_RENDERERS: dict[ErrorForm, Callable[[RequestContext, ServiceError, dict[str, str]], Response]] = {
    ErrorForm.PROBLEM: problem.render,
    ErrorForm.PAGE: page.render,
    ErrorForm.TOOL: tool.render,
    ErrorForm.NOTION: notion.render,
    ErrorForm.OAUTH: oauth.render_error,
    ErrorForm.MCP: mcp.render,
}


# One wording for every token and every reason. Clients that answer a challenge by asking their person to sign in show
# these words first.
_NOT_VALID = "The token is not valid. Get a service token in the dashboard, any other by signing in or a refresh."


def render(context: RequestContext, error: ServiceError) -> Response:
    """The answer, with the headers that belong to the error in every form."""
    headers = {"Cache-Control": "no-store", **_headers(context, error), **context.budget_headers}
    return _RENDERERS[context.policy.errors](context, error, headers)


def _headers(context: RequestContext, error: ServiceError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if error.code == "invalid_client":
        headers["WWW-Authenticate"] = 'Basic realm="ivgraph"'
    elif error.status == HTTPStatus.UNAUTHORIZED or isinstance(error, InsufficientScope):
        headers["WWW-Authenticate"] = _challenge(context, error)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return headers


def _challenge(context: RequestContext, error: ServiceError) -> str:
    """RFC 6750 §3, or RFC 9449 §7.1 for who uses that scheme; and where an app learns how to get a token (RFC 9728
    §5.1).
    """
    authorization = context.text_header(b"authorization").lower()
    given = dict(challenge(context.services.settings.public_url, context.path))
    if isinstance(error, InsufficientScope):
        given |= {"error": "insufficient_scope", "scope": error.scope}
    elif error.code != "not_authenticated":
        given |= {"error": "invalid_token", "error_description": _NOT_VALID}
    scheme = "Bearer"
    if authorization.startswith("dpop "):
        scheme, given["algs"] = "DPoP", " ".join(DPOP_ALGORITHMS)
    return ", ".join([f'{scheme} realm="ivgraph"', *(f'{name}="{value}"' for name, value in given.items())])

"""An error in the form that its route's policy names."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.responses import Response

from ivgraph_auth.core.errors import InsufficientScope, ServiceError
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors import notion, oauth, page, problem, tool
from ivgraph_auth.web.policy import ErrorForm

_REALM = 'Bearer realm="ivgraph"'
_RENDERERS: dict[ErrorForm, Callable[[RequestContext, ServiceError, dict[str, str]], Response]] = {
    ErrorForm.PROBLEM: problem.render,
    ErrorForm.PAGE: page.render,
    ErrorForm.TOOL: tool.render,
    ErrorForm.NOTION: notion.render,
    ErrorForm.OAUTH: oauth.render_error,
}


def render(context: RequestContext, error: ServiceError) -> Response:
    """The answer, with the headers that belong to the error in every form."""
    headers = {"Cache-Control": "no-store", **_headers(error), **context.budget_headers}
    return _RENDERERS[context.policy.errors](context, error, headers)


def _headers(error: ServiceError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if error.status == HTTPStatus.UNAUTHORIZED and error.code == "invalid_client":
        headers["WWW-Authenticate"] = 'Basic realm="ivgraph"'
    elif error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = (
            _REALM if error.code == "not_authenticated" else f'{_REALM}, error="invalid_token"'
        )
    if isinstance(error, InsufficientScope):
        headers["WWW-Authenticate"] = f'{_REALM}, error="insufficient_scope", scope="{error.scope}"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return headers

"""A page for a browser; problem details for everybody else who comes to its address."""

from http import HTTPStatus

from starlette.responses import Response

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors import problem
from ivgraph_auth.web.pages import render_page


def render(context: RequestContext, error: ServiceError, headers: dict[str, str]) -> Response:
    if context.accepts_html:
        return render_error_page(context, error.status, HTTPStatus(error.status).phrase, error.detail, headers)
    return problem.render(context, error, headers)


def render_error_page(
    context: RequestContext, status: int, title: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    return render_page(
        context,
        "error.html",
        status=status,
        headers=headers,
        title=title,
        detail=detail,
        request_id=context.client.request_id,
    )

"""A page for a browser; problem details for everybody else who comes to its address."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.responses import Response

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors import problem
from ivgraph_auth.web.errors.next_steps.advice import next_steps
from ivgraph_auth.web.errors.next_steps.models import NextStep
from ivgraph_auth.web.pages import render_page


def render(context: RequestContext, error: ServiceError, headers: dict[str, str]) -> Response:
    if context.accepts_html:
        title = HTTPStatus(error.status).phrase
        links = [step for step in next_steps(context, error) if step.who == "person" and step.url]
        return render_error_page(context, error.status, title, error.detail, headers, links)
    return problem.render(context, error, headers)


def render_error_page(
    context: RequestContext,
    status: int,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    links: Sequence[NextStep] = (),
) -> Response:
    """`links` are steps for the person who reads it."""
    return render_page(
        context,
        "error.html",
        status=status,
        headers=headers,
        title=title,
        detail=detail,
        links=links,
        request_id=context.client.request_id,
    )

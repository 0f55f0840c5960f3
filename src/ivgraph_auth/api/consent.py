"""The pages of a consent: a link that people can be sent, and where Notion sends the browser back to."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Path, Request
from starlette.responses import RedirectResponse, Response

from ivgraph_auth.api.dependencies import (
    Browser,
    CallingClient,
    Context,
    InjectedServices,
    KnownBrowser,
    Visitor,
)
from ivgraph_auth.api.schemas.models import Out
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.connect.errors import AuthorizationRefused, InvalidState
from ivgraph_auth.connect.links import PATH
from ivgraph_auth.connect.models import Callback, Cancelled, Connected, Question
from ivgraph_auth.core.urls import origin
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.cookies import check_csrf, csrf_token, remember_browser
from ivgraph_auth.web.errors import oauth
from ivgraph_auth.web.errors.handlers import count_failure
from ivgraph_auth.web.errors.http_errors import FormNotOurs
from ivgraph_auth.web.errors.page import render_error_page
from ivgraph_auth.web.pages import render_page
from ivgraph_auth.web.policy import PAGE, RateLimit
from ivgraph_auth.web.routing import Router

router = Router(policy=PAGE, tags=["Connections"])

_LINK = replace(PAGE, rate_limit=RateLimit.START, popup=True)
_CALLBACK = replace(PAGE, rate_limit=RateLimit.FAILURE, popup=True, safe_get=False)

CALLBACK = "/oauth/callback/notion"
Link = Annotated[str, Path(max_length=1000)]
_MOST_FORM_BYTES = 4_000
_SHOWN_STATE = 200
_REFUSALS = {
    400: "`invalid_grant`, `invalid_request`, `other_workspace`: nothing was stored.",
    403: "`invalid_state`, `access_denied`.",
    502: "`server_error`: whoever runs this service finds the reason in its log.",
    503: "`temporarily_unavailable`: Notion did not answer.",
}
_REFUSAL_STATUS = {"temporarily_unavailable": 503, "server_error": 502, "access_denied": 403}


class ConsentError(Out):
    """RFC 6749 §5.2's pair; `details.receivedState` beside an invalid state."""

    error: str
    error_description: str
    details: dict[str, str] | None = None


@router.get(PATH + "{link}", policy=_LINK, include_in_schema=False)
async def open_link(
    context: Context, link: Link, browser: Browser, visitor: Visitor, services: InjectedServices
) -> Response:
    addressee = await services.consent.find_addressee(link)
    response = render_page(
        context,
        "connect.html",
        form_target=origin(services.settings.notion_authorization_url),
        addressee=addressee,
        visitor=await services.consent.name_visitor(visitor, addressee.tenant),
        csrf=csrf_token(services.settings, browser, link),
        action=context.path,
    )
    remember_browser(response, services.settings, browser)
    return response


@router.post(PATH + "{link}", policy=_LINK, include_in_schema=False)
async def follow_link(
    request: Request, context: Context, link: Link, known: KnownBrowser, services: InjectedServices
) -> Response:
    form = await _read_form(request, context)
    browser = check_csrf(services.settings, known, link, form.get("csrf", ""))
    addressee = await services.consent.find_addressee(link)
    start = await services.consent.begin(addressee.tenant, browser)
    response = RedirectResponse(start.authorization_url, 303)
    remember_browser(response, services.settings, browser)
    return response


@router.get(
    CALLBACK,
    policy=_CALLBACK,
    responses={
        200: {"description": "A page that says what came of it, or asks.", "content": {"text/html": {}}},
        **problems(429),
        **{status: {"description": text, "model": ConsentError} for status, text in _REFUSALS.items()},
    },
)
async def finish_consent(
    context: Context,
    browser: Browser,
    visitor: Visitor,
    services: InjectedServices,
    caller: CallingClient,
    state: str = "",
    code: str | None = None,
    error: str | None = None,
) -> Response:
    """Where Notion sends the browser back to after a tenant's consent."""
    try:
        outcome = await services.consent.finish(Callback(state, browser, code, error, visitor), caller)
    except (InvalidState, AuthorizationRefused) as refusal:
        return _render_refusal(context, refusal, state)
    if isinstance(outcome, Question):
        response = _render_question(context, outcome, browser)
        remember_browser(response, services.settings, browser)
        return response
    return _render_outcome(context, outcome)


@router.post(CALLBACK, policy=_CALLBACK, include_in_schema=False)
async def answer_question(
    request: Request, context: Context, known: KnownBrowser, services: InjectedServices, caller: CallingClient
) -> Response:
    form = await _read_form(request, context)
    pending = form.get("pending", "")
    browser = check_csrf(services.settings, known, pending, form.get("csrf", ""))
    try:
        return _render_outcome(
            context, await services.consent.decide(pending, browser, caller, connects=form.get("decision") == "connect")
        )
    except (InvalidState, AuthorizationRefused) as refusal:
        return _render_refusal(context, refusal, "")


def _render_question(context: RequestContext, question: Question, browser: str) -> Response:
    pending = question.pending.reveal()
    return render_page(
        context,
        "consent.html",
        addressee=question.addressee,
        visitor=question.visitor,
        pending=pending,
        csrf=csrf_token(context.services.settings, browser, pending),
        action=CALLBACK,
    )


def _render_outcome(context: RequestContext, outcome: Connected | Cancelled) -> Response:
    if isinstance(outcome, Cancelled):
        return render_page(context, "cancelled.html")
    return render_page(context, "connected.html", outcome=outcome)


def _render_refusal(context: RequestContext, refusal: InvalidState | AuthorizationRefused, state: str) -> Response:
    """RFC 6749's pair for programs, a page for people. What was expected is never told."""
    if isinstance(refusal, InvalidState):
        count_failure(context, refusal)
        status, error, words = refusal.status, refusal.code, refusal.detail
    else:
        status, error, words = _REFUSAL_STATUS.get(refusal.error, 400), refusal.error, refusal.words
    if context.accepts_html:
        return render_error_page(context, status, HTTPStatus(status).phrase, words)
    received = {"receivedState": state[:_SHOWN_STATE]} if isinstance(refusal, InvalidState) and state else None
    return oauth.render(status, error, words, received)


async def _read_form(request: Request, context: RequestContext) -> dict[str, str]:
    """Raises FormNotOurs for anything that no form of ours sends."""
    if context.media_type != "application/x-www-form-urlencoded":
        raise FormNotOurs
    body = await request.body()
    if len(body) > _MOST_FORM_BYTES:
        raise FormNotOurs
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise FormNotOurs from None
    return {name: values[0] for name, values in found.items()}

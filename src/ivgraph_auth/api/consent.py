"""The pages of a consent: a link that people can be sent, and where Notion sends the browser back to."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Path, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ivgraph_auth.api.browser import (
    Browser,
    FormNotOurs,
    KnownBrowser,
    Visitor,
    check_csrf,
    csrf_token,
    remember_browser,
)
from ivgraph_auth.api.errors import count_failure
from ivgraph_auth.api.pages import render_page
from ivgraph_auth.api.problems import problems
from ivgraph_auth.api.routing import Router
from ivgraph_auth.api.schema import Out
from ivgraph_auth.api.wiring import LIMITED_ATTEMPT, LIMITED_START, CallerOf, Wired
from ivgraph_auth.connect.errors import ConsentRefused, InvalidState
from ivgraph_auth.connect.links import PATH
from ivgraph_auth.connect.models import Callback, Cancelled, Connected, Question
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.urls import origin

router = Router(tags=["Connections"])

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


@router.get(PATH + "{link}", dependencies=[LIMITED_START], include_in_schema=False)
async def open_link(request: Request, link: Link, browser: Browser, visitor: Visitor, services: Wired) -> Response:
    addressee = await services.consent.addressee(link)
    response = render_page(
        "connect.html",
        form_target=origin(services.settings.notion_authorization_url),
        addressee=addressee,
        visitor=await services.consent.visitor(visitor, addressee.tenant),
        csrf=csrf_token(services.settings, browser, link),
        action=request.scope["path"],
    )
    remember_browser(response, services.settings, browser)
    return response


@router.post(PATH + "{link}", dependencies=[LIMITED_START], include_in_schema=False)
async def follow_link(request: Request, link: Link, known: KnownBrowser, services: Wired) -> Response:
    form = await _form(request)
    browser = check_csrf(services.settings, known, link, form.get("csrf", ""))
    addressee = await services.consent.addressee(link)
    start = await services.consent.begin(addressee.tenant, browser)
    response = RedirectResponse(start.authorization_url, 303)
    remember_browser(response, services.settings, browser)
    return response


@router.get(
    CALLBACK,
    dependencies=[LIMITED_ATTEMPT],
    responses={
        200: {"description": "A page that says what came of it, or asks.", "content": {"text/html": {}}},
        **problems(429),
        **{status: {"description": text, "model": ConsentError} for status, text in _REFUSALS.items()},
    },
)
async def finish_consent(
    request: Request,
    browser: Browser,
    visitor: Visitor,
    services: Wired,
    caller: CallerOf,
    state: str = "",
    code: str | None = None,
    error: str | None = None,
) -> Response:
    """Where Notion sends the browser back to after a tenant's consent."""
    try:
        outcome = await services.consent.finish(Callback(state, browser, code, error, visitor), caller)
    except (InvalidState, ConsentRefused) as refusal:
        return _refused(request, refusal, state)
    if isinstance(outcome, Question):
        response = _question(services.settings, outcome, browser)
        remember_browser(response, services.settings, browser)
        return response
    return _told(outcome)


@router.post(CALLBACK, dependencies=[LIMITED_ATTEMPT], include_in_schema=False)
async def answer_question(request: Request, known: KnownBrowser, services: Wired, caller: CallerOf) -> Response:
    form = await _form(request)
    pending = form.get("pending", "")
    browser = check_csrf(services.settings, known, pending, form.get("csrf", ""))
    try:
        return _told(
            await services.consent.decide(pending, browser, caller, connects=form.get("decision") == "connect")
        )
    except (InvalidState, ConsentRefused) as refusal:
        return _refused(request, refusal, "")


def _question(settings: Settings, question: Question, browser: str) -> Response:
    pending = question.pending.reveal()
    return render_page(
        "consent.html",
        addressee=question.addressee,
        visitor=question.visitor,
        pending=pending,
        csrf=csrf_token(settings, browser, pending),
        action=CALLBACK,
    )


def _told(outcome: Connected | Cancelled) -> Response:
    if isinstance(outcome, Cancelled):
        return render_page("cancelled.html")
    return render_page("connected.html", outcome=outcome)


def _refused(request: Request, refusal: InvalidState | ConsentRefused, state: str) -> Response:
    """RFC 6749's pair for programs, a page for people. What was expected is never told."""
    if isinstance(refusal, InvalidState):
        count_failure(request, refusal)
        status, error, words = refusal.status, refusal.code, refusal.detail
    else:
        status, error, words = _REFUSAL_STATUS.get(refusal.error, 400), refusal.error, refusal.words
    if "text/html" in request.headers.get("accept", ""):
        request_id = request.scope["caller"].request_id
        return render_page("error.html", status=status, title="Forbidden", detail=words, request_id=request_id)
    body: dict[str, object] = {"error": error, "error_description": words}
    if isinstance(refusal, InvalidState) and state:
        body["details"] = {"receivedState": state[:_SHOWN_STATE]}
    return JSONResponse(body, status)


async def _form(request: Request) -> dict[str, str]:
    """Raises FormNotOurs for anything that no form of ours sends."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise FormNotOurs
    body = await request.body()
    if len(body) > _MOST_FORM_BYTES:
        raise FormNotOurs
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise FormNotOurs from None
    return {name: values[0] for name, values in found.items()}

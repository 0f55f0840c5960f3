"""Where an app sends the browser, and the page that asks the person (RFC 6749 §3.1)."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Path, Request
from starlette.responses import RedirectResponse, Response

from ivgraph_auth.api.dependencies import Browser, CallingClient, Context, InjectedServices, KnownBrowser
from ivgraph_auth.api.oauth import START_PATH
from ivgraph_auth.api.provider.consent_choices import choices_for_page
from ivgraph_auth.api.provider.forms import read_form, read_query
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.urls import origin, parse_notion_id
from ivgraph_auth.provider.authorization.outcomes import Answer, Decision, NeedsSignIn, Question
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.client_urls import host_of_document
from ivgraph_auth.provider.errors import InvalidRequest, RequestExpired, UntrustedRequest
from ivgraph_auth.provider.models import Registration
from ivgraph_auth.provider.redirect_uris import host_of, is_loopback, is_private_use
from ivgraph_auth.sessions.models import BrowserSession
from ivgraph_auth.web.context import RequestContext, context_of
from ivgraph_auth.web.cookies import SESSION, check_csrf, cookie, csrf_token, remember_browser
from ivgraph_auth.web.pages import render_page
from ivgraph_auth.web.policy import PAGE, RateLimit
from ivgraph_auth.web.routing import Router
from ivgraph_auth.web.services import Services

router = Router(policy=PAGE, tags=["OAuth"])

_START = replace(PAGE, rate_limit=RateLimit.START, popup=True, safe_get=False)
_CONSENT = "/oauth2/consent/"
RequestId = Annotated[str, Path(min_length=43, max_length=43)]


async def _session(request: Request) -> BrowserSession | None:
    context = context_of(request.scope)
    token = cookie(context, SESSION)
    return None if token is None else await context.services.sessions.find_in_browser(token)


SignedIn = Annotated[BrowserSession | None, Depends(_session)]


@router.get("/oauth2/authorize", policy=_START, include_in_schema=False)
async def authorize(context: Context, browser: Browser, services: InjectedServices, caller: CallingClient) -> Response:
    try:
        parameters = read_query(context)
    except InvalidRequest as refusal:
        raise UntrustedRequest(refusal.detail) from refusal
    return await _begin(parameters, browser, services, caller)


@router.post("/oauth2/authorize", policy=_START, include_in_schema=False)
async def authorize_by_form(
    request: Request, context: Context, browser: Browser, services: InjectedServices, caller: CallingClient
) -> Response:
    """OpenID Connect Core §3.1.2.1: the same, as a form."""
    try:
        parameters = await read_form(request, context)
    except InvalidRequest as refusal:
        raise UntrustedRequest(refusal.detail) from refusal
    return await _begin(parameters, browser, services, caller)


async def _begin(parameters: Parameters, browser: str, services: Services, caller: ClientInfo) -> Response:
    begun = await services.provider.authorization.begin(parameters, browser, caller.address)
    if isinstance(begun, Answer):
        return _redirect(begun.url)
    response = _redirect(services.settings.public_url + _CONSENT + begun.reveal())
    remember_browser(response, services.settings, browser)
    return response


@router.get(_CONSENT + "{request_id}", policy=_START, include_in_schema=False)
async def ask_person(
    context: Context, request_id: RequestId, known: KnownBrowser, session: SignedIn, services: InjectedServices
) -> Response:
    shown = await services.provider.authorization.show(request_id, known or "", session)
    if isinstance(shown, Answer):
        return _redirect(shown.url)
    if isinstance(shown, NeedsSignIn):
        following = urlencode({"next": _CONSENT + request_id})
        return _redirect(f"{services.settings.public_url}{START_PATH}?{following}")
    assert session is not None  # noqa: S101 -- nobody is asked who has not signed in
    sizes = await services.graph.count_nodes(session.snapshot.account_id)
    return _render_question(context, shown, request_id, session, known or "", sizes)


@router.post(_CONSENT + "{request_id}", policy=_START, include_in_schema=False)
async def decide(
    request: Request,
    context: Context,
    request_id: RequestId,
    known: KnownBrowser,
    session: SignedIn,
    services: InjectedServices,
    caller: CallingClient,
) -> Response:
    form = await read_form(request, context)
    if session is None:
        raise RequestExpired("You have signed out meanwhile. Go back to the app and start again.")
    browser = check_csrf(services.settings, known, _purpose(request_id, session), form.get("csrf") or "")
    ids = [found for text in form.all("workspace") if (found := parse_notion_id(text)) is not None]
    decision = Decision(form.get("decision") == "allow", form.all("scope"), frozenset[uuid.UUID](ids))
    answer = await services.provider.authorization.decide(request_id, browser, session, decision, caller)
    return _redirect(answer.url)


def _render_question(
    context: RequestContext,
    question: Question,
    request_id: str,
    session: BrowserSession,
    browser: str,
    sizes: Mapping[uuid.UUID, int],
) -> Response:
    uri = question.request.redirect_uri
    return render_page(
        context,
        "authorize.html",
        form_target=_form_target(uri),
        **choices_for_page(question.app, question.scopes, question.workspaces, sizes),
        host=host_of(uri),
        person=session.snapshot.name or session.snapshot.email or "you",
        described_at=host_of_document(question.app.client_id),
        # Nobody but the service itself listens at its own address.
        loopback=is_loopback(uri) and question.app.registration is not Registration.SERVICE,
        private_use=is_private_use(uri),
        csrf=csrf_token(context.services.settings, browser, _purpose(request_id, session)),
        action=_CONSENT + request_id,
    )


def _form_target(uri: str) -> str:
    """As Content-Security-Policy can say it: it knows no IPv6 addresses, and of private-use schemes no hosts."""
    if is_private_use(uri):
        return f"{uri.partition(':')[0]}:"
    return "http:" if host_of(uri).startswith("[") else origin(uri)


def _purpose(request_id: str, session: BrowserSession) -> str:
    """The form is this person's alone, whoever signs in meanwhile."""
    return f"authorize {request_id} {session.snapshot.account_id}"


def _redirect(url: str) -> RedirectResponse:
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})

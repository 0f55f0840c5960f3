"""Devices: what they ask for, and the page on which their person lets them in (RFC 8628)."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ivgraph_auth.api.dependencies import Browser, CallingClient, Context, InjectedServices, KnownBrowser
from ivgraph_auth.api.oauth import START_PATH
from ivgraph_auth.api.provider.authorize import SignedIn
from ivgraph_auth.api.provider.consent_choices import choices_for_page
from ivgraph_auth.api.provider.forms import read_authorization, read_form
from ivgraph_auth.api.provider.token import REFUSALS
from ivgraph_auth.api.schemas.models import Out
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.provider.client_urls import host_of_document
from ivgraph_auth.provider.device_service import DeviceQuestion, read_user_code
from ivgraph_auth.provider.errors import RequestExpired, UnknownUserCode
from ivgraph_auth.sessions.models import BrowserSession
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.cookies import check_csrf, csrf_token, remember_browser
from ivgraph_auth.web.errors.handlers import count_failure
from ivgraph_auth.web.pages import render_page
from ivgraph_auth.web.policy import OAUTH, PAGE, RateLimit
from ivgraph_auth.web.routing import Router

router = Router(policy=PAGE, tags=["OAuth"])

_PAGE = replace(PAGE, rate_limit=RateLimit.FAILURE)
_PATH = "/device"


class DeviceAnswer(Out):
    """RFC 8628 §3.2."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


@router.post(
    "/oauth2/device",
    policy=replace(OAUTH, rate_limit=RateLimit.FAILURE),
    responses={200: {"model": DeviceAnswer}, **REFUSALS},
)
async def begin_device(
    request: Request, context: Context, services: InjectedServices, caller: CallingClient
) -> Response:
    """A code for a device, and one for its person to type at `/device`."""
    form = await read_form(request, context)
    authorization = read_authorization(context)
    answer = await services.provider.devices.begin(form, authorization, caller)
    return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


@router.get(_PATH, policy=_PAGE, include_in_schema=False)
async def ask_for_code(
    context: Context,
    browser: Browser,
    session: SignedIn,
    services: InjectedServices,
    user_code: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    if session is None:
        following = urlencode({"next": _PATH + (f"?{urlencode({'user_code': user_code})}" if user_code else "")})
        return RedirectResponse(f"{services.settings.public_url}{START_PATH}?{following}", 303)
    if not user_code:
        return _render_form(context, browser, None)
    try:
        question = await services.provider.devices.ask(user_code, session)
    except UnknownUserCode as unknown:
        count_failure(context, unknown)
        return _render_form(context, browser, unknown.detail)
    sizes = await services.graph.count_nodes(session.snapshot.account_id)
    response = _render_question(context, question, read_user_code(user_code), session, browser, sizes)
    remember_browser(response, services.settings, browser)
    return response


@router.post(_PATH, policy=_PAGE, include_in_schema=False)
async def decide_for_device(
    request: Request,
    context: Context,
    known: KnownBrowser,
    session: SignedIn,
    services: InjectedServices,
    caller: CallingClient,
) -> Response:
    form = await read_form(request, context)
    if session is None:
        raise RequestExpired("You have signed out meanwhile. Start again.")
    user_code = read_user_code(form.get("user_code") or "")
    check_csrf(services.settings, known, _purpose(user_code, session), form.get("csrf") or "")
    scopes = form.all("scope") if form.get("decision") == "allow" else ()
    ids = [found for text in form.all("workspace") if (found := parse_notion_id(text)) is not None]
    allowed = await services.provider.devices.decide(user_code, session, scopes, frozenset[uuid.UUID](ids), caller)
    return render_page(context, "device_decided.html", allowed=allowed)


def _render_form(context: RequestContext, browser: str, trouble: str | None) -> Response:
    response = render_page(context, "device.html", status=400 if trouble else 200, trouble=trouble, action=_PATH)
    remember_browser(response, context.services.settings, browser)
    return response


def _render_question(
    context: RequestContext,
    question: DeviceQuestion,
    user_code: str,
    session: BrowserSession,
    browser: str,
    sizes: Mapping[uuid.UUID, int],
) -> Response:
    return render_page(
        context,
        "device_consent.html",
        **choices_for_page(question.app, question.scopes, question.workspaces, sizes),
        described_at=host_of_document(question.app.client_id),
        code=f"{user_code[:4]}-{user_code[4:]}",
        person=session.snapshot.name or session.snapshot.email or "you",
        csrf=csrf_token(context.services.settings, browser, _purpose(user_code, session)),
        user_code=user_code,
        action=_PATH,
    )


def _purpose(user_code: str, session: BrowserSession) -> str:
    return f"device {user_code} {session.snapshot.account_id}"

"""Where an app sends its person to sign out (OpenID Connect RP-Initiated Logout §2)."""

from dataclasses import replace

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from ivgraph_auth.api.dependencies import CallingClient, Context, InjectedServices, KnownBrowser
from ivgraph_auth.api.provider.authorize import SignedIn
from ivgraph_auth.api.provider.forms import read_form, read_query
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.core.urls import origin
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.errors import InvalidRequest, UntrustedRequest
from ivgraph_auth.provider.logout import LogoutRequest
from ivgraph_auth.sessions.models import BrowserSession
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.cookies import SESSION, check_csrf, cookie, csrf_token, forget_session, remember_browser
from ivgraph_auth.web.pages import render_page
from ivgraph_auth.web.policy import PAGE, RateLimit
from ivgraph_auth.web.routing import Router

router = Router(policy=PAGE, tags=["OAuth"])

_PATH = "/oauth2/logout"
_POLICY = replace(PAGE, rate_limit=RateLimit.START, safe_get=False)
_PURPOSE = "log out"
_KEPT = ("client_id", "id_token_hint", "post_logout_redirect_uri", "state")


@router.get(_PATH, policy=_POLICY, include_in_schema=False)
async def log_out(context: Context, known: KnownBrowser, session: SignedIn, caller: CallingClient) -> Response:
    try:
        parameters = read_query(context)
    except InvalidRequest as refusal:
        raise UntrustedRequest(refusal.detail) from refusal
    return await _answer(context, parameters, known, session, caller)


@router.post(_PATH, policy=_POLICY, include_in_schema=False)
async def confirm_log_out(
    request: Request,
    context: Context,
    known: KnownBrowser,
    session: SignedIn,
    services: InjectedServices,
    caller: CallingClient,
) -> Response:
    """From an app (§2 allows a form, too), or from the question that the page asks."""
    form = await read_form(request, context)
    if form.get("csrf") is None:
        return await _answer(context, form, known, session, caller)
    check_csrf(services.settings, known, _PURPOSE, form.get("csrf") or "")
    asked = await services.provider.logout.read(form)
    return await _end(context, asked, caller)


async def _answer(
    context: RequestContext,
    parameters: Parameters,
    known: str | None,
    session: BrowserSession | None,
    caller: ClientInfo,
) -> Response:
    services = context.services
    asked = await services.provider.logout.read(parameters)
    if session is None or asked.account_id == session.snapshot.account_id:
        return await _end(context, asked, caller)
    # Nobody is signed out by a link that says nothing of whom it means.
    browser = known or random_token()
    response = render_page(
        context,
        "logout.html",
        form_target=origin(asked.url) if asked.url else "",
        app=asked.app,
        csrf=csrf_token(services.settings, browser, _PURPOSE),
        parameters=[(name, value) for name in _KEPT if (value := parameters.get(name))],
        action=_PATH,
    )
    remember_browser(response, services.settings, browser)
    return response


async def _end(context: RequestContext, asked: LogoutRequest, caller: ClientInfo) -> Response:
    services, token = context.services, cookie(context, SESSION)
    if token is not None:
        await services.sessions.end_in_browser(token, caller)
    response = RedirectResponse(asked.url, 303) if asked.url else render_page(context, "logged_out.html")
    forget_session(response, services.settings)
    return response

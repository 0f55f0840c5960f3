"""Cookies: which browser started an authorization, and who is signed in here."""

import hashlib
import hmac
import re
from typing import Annotated

from fastapi import Depends, Request, Response

from ivgraph_auth.connect.states import STATE_SECONDS
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.errors import Forbidden, NotAuthenticated
from ivgraph_auth.core.secrets import Secret, random_token, same
from ivgraph_auth.core.urls import origin

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class FormNotOurs(Forbidden):
    code = "form_not_ours"
    detail = "This form was not made for this browser, or its cookies are switched off. Open the link again."


def _name(settings: Settings, name: str) -> str:
    # Browsers take the prefix only together with Secure, and Secure only over https.
    return f"__Host-{name}" if settings.secure else name


async def _browser(request: Request) -> str:
    """What ties an authorization to this browser: its cookie's value, kept so that two tabs do not disturb each
    other, or a new one.
    """
    return _cookie(request, "ivg_browser") or random_token()


async def _browser_session(request: Request) -> str:
    """The browser session, when it is a page of our own origin that asks. Raises NotAuthenticated.

    A page elsewhere can send neither this Origin, nor this content type without a preflight, which it will not pass.
    """
    settings: Settings = request.app.state.services.settings
    own = request.headers.get("origin") == origin(settings.public_url)
    json = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
    token = _cookie(request, "ivg_session")
    if token is None or not own or not json:
        raise NotAuthenticated("Not signed in in this browser. Sign in with Notion.")
    return token


async def _known_browser(request: Request) -> str | None:
    return _cookie(request, "ivg_browser")


async def _visitor(request: Request) -> int | None:
    """The account that is signed in in this browser, if one is. For pages alone, never for the API."""
    token = _cookie(request, "ivg_session")
    if token is None:
        return None
    account_id: int | None = await request.app.state.services.sessions.account_in_browser(token)
    return account_id


Browser = Annotated[str, Depends(_browser)]
KnownBrowser = Annotated[str | None, Depends(_known_browser)]
Visitor = Annotated[int | None, Depends(_visitor)]
BrowserSession = Annotated[str, Depends(_browser_session)]


def csrf_token(settings: Settings, browser: str, purpose: str) -> str:
    """For a form of ours: good in this browser, whose cookie no other site can read or set, and for this purpose."""
    key = hmac.digest(settings.signing_key.encode(), b"ivgraph-auth forms", "sha256")
    return hmac.new(key, f"{browser}:{purpose}".encode(), hashlib.sha256).hexdigest()


def check_csrf(settings: Settings, browser: str | None, purpose: str, token: str) -> str:
    """Answers the browser. Raises FormNotOurs."""
    if browser is None or not same(token, csrf_token(settings, browser, purpose)):
        raise FormNotOurs
    return browser


def remember_browser(response: Response, settings: Settings, browser: str) -> None:
    _set(response, settings, "ivg_browser", browser, STATE_SECONDS)


def remember_session(response: Response, settings: Settings, token: Secret, seconds: int) -> None:
    _set(response, settings, "ivg_session", token.reveal(), seconds)


def forget_session(response: Response, settings: Settings) -> None:
    _set(response, settings, "ivg_session", "", 0)


def _cookie(request: Request, name: str) -> str | None:
    value = request.cookies.get(_name(request.app.state.services.settings, name), "")
    return value if _TOKEN.fullmatch(value) else None


def _set(response: Response, settings: Settings, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        _name(settings, name), value, max_age=seconds, path="/", secure=settings.secure, httponly=True, samesite="lax"
    )

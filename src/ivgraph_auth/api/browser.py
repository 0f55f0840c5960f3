"""Cookies: which browser started an authorization, and who is signed in here."""

import re
from typing import Annotated

from fastapi import Depends, Request, Response

from ivgraph_auth.connect.states import STATE_SECONDS
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.errors import NotAuthenticated
from ivgraph_auth.core.secrets import Secret, random_token
from ivgraph_auth.core.urls import origin

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


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


Browser = Annotated[str, Depends(_browser)]
BrowserSession = Annotated[str, Depends(_browser_session)]


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

"""Cookies: which browser started an authorization, and who is signed in here; and the forms that rely on them."""

import re

from starlette.requests import cookie_parser
from starlette.responses import Response

from ivgraph_auth.connect.states import STATE_SECONDS
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.secrets import Secret, same
from ivgraph_auth.core.signing import Signer
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.http_errors import FormNotOurs

BROWSER, SESSION = "ivg_browser", "ivg_session"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def _name(settings: Settings, name: str) -> str:
    # Browsers take the prefix only together with Secure, and Secure only over https.
    return f"__Host-{name}" if settings.secure else name


def csrf_token(settings: Settings, browser: str, purpose: str) -> str:
    """For a form of ours: good in this browser, whose cookie no other site can read or set, and for this purpose."""
    return Signer([Secret(settings.signing_key)], "ivgraph-auth forms").tag(f"{browser}:{purpose}".encode()).hex()


def check_csrf(settings: Settings, browser: str | None, purpose: str, token: str) -> str:
    """Answers the browser. Raises FormNotOurs."""
    if browser is None or not same(token, csrf_token(settings, browser, purpose)):
        raise FormNotOurs
    return browser


def remember_browser(response: Response, settings: Settings, browser: str) -> None:
    _set(response, settings, BROWSER, browser, STATE_SECONDS)


def remember_session(response: Response, settings: Settings, token: Secret, seconds: int) -> None:
    _set(response, settings, SESSION, token.reveal(), seconds)


def forget_session(response: Response, settings: Settings) -> None:
    _set(response, settings, SESSION, "", 0)


def cookie(context: RequestContext, name: str) -> str | None:
    values = b"; ".join(value for header, value in context.headers if header == b"cookie").decode("latin-1")
    value = cookie_parser(values).get(_name(context.services.settings, name), "")
    return value if _TOKEN.fullmatch(value) else None


def _set(response: Response, settings: Settings, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        _name(settings, name), value, max_age=seconds, path="/", secure=settings.secure, httponly=True, samesite="lax"
    )

"""What routes take from a request beside its credential: the services, who calls, and which browser it is."""

import re
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from ivgraph_auth.core.errors import InvalidRequest, NotAuthenticated
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.core.urls import origin
from ivgraph_auth.web.context import RequestContext, context_of
from ivgraph_auth.web.cookies import BROWSER, SESSION, cookie
from ivgraph_auth.web.services import Services

TENANT = r"^[A-Za-z0-9._:-]{1,128}$"
IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_SECONDS = re.compile(r"[1-9][0-9]{0,2}")


async def _context(request: Request) -> RequestContext:
    return context_of(request.scope)


async def _services(request: Request) -> Services:
    return context_of(request.scope).services


async def _client(request: Request) -> ClientInfo:
    return context_of(request.scope).client


async def _browser(request: Request) -> str:
    """What ties an authorization to this browser: its cookie's value, kept so that two tabs do not disturb each
    other, or a new one.
    """
    return cookie(context_of(request.scope), BROWSER) or random_token()


async def _known_browser(request: Request) -> str | None:
    return cookie(context_of(request.scope), BROWSER)


async def _browser_session(request: Request) -> str:
    """The browser session, when it is a page of our own origin that asks. Raises NotAuthenticated.

    A page elsewhere can send neither this Origin, nor this content type without a preflight, which it will not pass.
    """
    context = context_of(request.scope)
    own = context.text_header(b"origin") == origin(context.services.settings.public_url)
    token = cookie(context, SESSION)
    if token is None or not own or context.media_type != "application/json":
        raise NotAuthenticated("Not signed in in this browser. Sign in with Notion.")
    return token


async def _visitor(request: Request) -> int | None:
    """The account that is signed in in this browser, if one is. For pages alone, never for the API."""
    context = context_of(request.scope)
    token = cookie(context, SESSION)
    session = None if token is None else await context.services.sessions.find_in_browser(token)
    return session.snapshot.account_id if session else None


Context = Annotated[RequestContext, Depends(_context)]
InjectedServices = Annotated[Services, Depends(_services)]
CallingClient = Annotated[ClientInfo, Depends(_client)]
Browser = Annotated[str, Depends(_browser)]
KnownBrowser = Annotated[str | None, Depends(_known_browser)]
Visitor = Annotated[int | None, Depends(_visitor)]
BrowserSession = Annotated[str, Depends(_browser_session)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]


def describe_header(name: str, description: str, **schema: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON Schema's
    """A header for OpenAPI, which finds none in the signatures of routes that read it themselves."""
    return {"name": name, "in": "header", "description": description, "schema": schema}


def describe_timeout(*, otherwise: int, most: int) -> dict[str, Any]:
    text = f"Seconds to wait for everything, {otherwise} unless told."
    return describe_header("X-Ivgraph-Timeout", text, type="integer", minimum=1, maximum=most)


def describe_idempotency_key(description: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x20-\x7e]+$"}
    return describe_header("Idempotency-Key", description, **schema)


def deadline_of(context: RequestContext, *, otherwise: int, most: int) -> float:
    """Seconds, from `X-Ivgraph-Timeout`. Raises InvalidRequest."""
    given = context.header(b"x-ivgraph-timeout")
    if given is None:
        return otherwise
    text = given.decode("latin-1")
    if not _SECONDS.fullmatch(text) or int(text) > most:
        raise InvalidRequest(f"X-Ivgraph-Timeout should be whole seconds from 1 to {most}.")
    return float(text)

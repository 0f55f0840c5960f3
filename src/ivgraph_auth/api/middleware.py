"""Plain ASGI, outermost first: who calls and the log line, https, body size."""

import asyncio
import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache

import structlog
from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException  # noqa: TID251 -- FastAPI lets only this through while it reads a body
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ivgraph_auth.api.errors import ContentTooLarge, HttpsRequired, ShuttingDown, problem
from ivgraph_auth.api.open_requests import OpenRequests
from ivgraph_auth.api.popups import allows_popups
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.logging import begin_request, log_request
from ivgraph_auth.core.principal import Caller
from ivgraph_auth.core.secrets import random_hex

MOST_BODY_BYTES = 64 * 1024
_MOST_FOR_NOTION = 1024 * 1024
_FOR_NOTION = (b"/notion/", b"/api/v1/tools/invoke")
_HSTS = "max-age=31536000; includeSubDomains"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MOST_USER_AGENT = 300
_DEFAULT_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_log = structlog.get_logger(__name__)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first of that name. As Starlette's Headers, which costs ten times as much."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


class RequestContext:
    """Request id, address, security headers, one log line; and the last resort for what nobody caught."""

    def __init__(self, app: ASGIApp, *, settings: Settings, clock: Clock, requests: OpenRequests) -> None:
        self._app = app
        self._requests = requests
        self._trusted = settings.trusted_proxies
        self._clock = clock
        names = _DEFAULT_HEADERS | ({"Strict-Transport-Security": _HSTS} if settings.force_https else {})
        self._defaults = [(name.lower().encode(), value.encode()) for name, value in names.items()]
        self._defaults_in_popups = [
            (name, b"unsafe-none" if name == b"cross-origin-opener-policy" else value) for name, value in self._defaults
        ]
        self._names = frozenset(name for name, _ in self._defaults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._clock.monotonic()
        scope["started"] = started
        scope["caller"] = caller = _caller(scope, self._trusted)
        request_id = (caller.request_id or "").encode()
        defaults = self._defaults_in_popups if allows_popups(scope["path"]) else self._defaults
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                present = self._names.intersection([name for name, _ in headers])
                headers.append((b"x-request-id", request_id))
                headers.extend([default for default in defaults if default[0] not in present] if present else defaults)
            await send(message)

        begin_request(caller.request_id)
        self._requests.begin()
        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            # Gone before its body was whole: nothing failed, and nobody is there to be answered.
            pass
        except asyncio.CancelledError:
            # Nobody but a shutdown whose grace is over cancels a request: a client that goes away does not.
            await _refuse(scope, receive, send_with_headers, begun=bool(status))
        except Exception:
            _log.exception("request.failed")
            if status:
                raise
            await problem(Request(scope), ServiceError())(scope, receive, send_with_headers)
        finally:
            milliseconds = round((self._clock.monotonic() - started) * 1000, 1)
            log_request(scope["method"], scope["path"], status, milliseconds, caller.address, caller.request_id)
            self._requests.end()


async def _refuse(scope: Scope, receive: Receive, send: Send, *, begun: bool) -> None:
    """An answer that has begun is cut short: nothing can be added that its reader would understand."""
    if not begun:
        await problem(Request(scope), ShuttingDown())(scope, receive, send)


class RequireHttps:
    """Installed with FORCE_HTTPS: believes a trusted proxy that says the client came by http."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._trusted = settings.trusted_proxies
        self._public_url = settings.public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health/") or not self._came_by_http(scope):
            await self._app(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            query = scope["query_string"].decode("latin-1")
            target = self._public_url + scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
            await RedirectResponse(target, 308)(scope, receive, send)
        else:
            await problem(Request(scope), HttpsRequired())(scope, receive, send)

    def _came_by_http(self, scope: Scope) -> bool:
        forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
        return forwarded.strip().lower() == "http" and _is_trusted(_peer(scope), self._trusted)


class LimitBody:
    """Refuses by Content-Length before a byte is read, and chunked bodies as soon as they are too long."""

    def __init__(self, app: ASGIApp, *, most: int = MOST_BODY_BYTES) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most_at(scope)
        declared = header(scope, b"content-length")
        if declared is not None and (not declared.isdigit() or int(declared[:20]) > most):
            await problem(Request(scope), ContentTooLarge())(scope, receive, send)
            return
        size = 0

        async def receive_limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise HTTPException(ContentTooLarge.status)
            return message

        await self._app(scope, receive_limited, send)

    def _most_at(self, scope: Scope) -> int:
        raw: bytes = scope.get("raw_path") or b""
        return _MOST_FOR_NOTION if raw.startswith(_FOR_NOTION) else self._most


def _caller(scope: Scope, trusted: Sequence[Network]) -> Caller:
    given = (header(scope, b"x-request-id") or b"").decode("latin-1")
    agent = header(scope, b"user-agent")
    return Caller(
        request_id=given if _REQUEST_ID.fullmatch(given) else random_hex(32),
        address=_address(scope, trusted),
        user_agent=_shown(agent) if agent else None,
    )


@lru_cache(maxsize=1000)
def _shown(agent: bytes) -> str:
    return "".join(filter(str.isprintable, agent.decode("latin-1")))[:_MOST_USER_AGENT]


def _address(scope: Scope, trusted: Sequence[Network]) -> str | None:
    """The peer, or behind trusted proxies the right-most forwarded entry that is not one of them."""
    address = _peer(scope)
    if not trusted:
        return address
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    while _is_trusted(address, trusted) and forwarded:
        entry = forwarded.pop().strip()
        try:
            address = str(ipaddress.ip_address(entry))
        except ValueError:
            break
    return address


def _peer(scope: Scope) -> str | None:
    client = scope.get("client")
    # A socket for both families tells IPv4 peers in IPv6's notation.
    return client[0].removeprefix("::ffff:") if client else None


def _is_trusted(address: str | None, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    return any(parsed in network for network in trusted)

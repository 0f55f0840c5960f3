"""In front of every route: the context, security headers, the log line; and the last resort for what nobody caught."""

import asyncio

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.logging import begin_request, log_request
from ivgraph_auth.web.body_limit import LimitBody
from ivgraph_auth.web.context import ContextFactory, Handler, RequestContext, is_http
from ivgraph_auth.web.cors import Cors
from ivgraph_auth.web.errors.http_errors import ShuttingDown
from ivgraph_auth.web.errors.renderer import render
from ivgraph_auth.web.head import AnswerHead
from ivgraph_auth.web.https import RequireHttps
from ivgraph_auth.web.open_requests import OpenRequests
from ivgraph_auth.web.policy import RouteTable
from ivgraph_auth.web.services import Services

_HSTS = "max-age=31536000; includeSubDomains"
_DEFAULT_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Another method is no label: what a caller makes up would be a time series each.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger(__name__)


class Front:
    """The framework's only middleware. Outermost first: metrics and log line, HEAD, https, CORS, body size."""

    def __init__(self, app: ASGIApp, *, services: Services, table: RouteTable, requests: OpenRequests) -> None:
        self._app = app
        self._contexts = ContextFactory(services, table)
        settings = services.settings
        handler: Handler = Cors(LimitBody(self._route), settings.allowed_origins)
        if settings.force_https:
            handler = RequireHttps(handler, settings)
        self._handle = Answer(AnswerHead(handler), services, requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_http(scope):
            await self._app(scope, receive, send)
            return
        context = self._contexts.make(scope, receive)
        try:
            await self._handle(context, receive, send)
        finally:
            context.release()

    async def _route(self, context: RequestContext, receive: Receive, send: Send) -> None:
        await self._app(context.scope, receive, send)


class Answer:
    """Whatever happens, a request has an answer with our headers, and a line in the log."""

    def __init__(self, following: Handler, services: Services, requests: OpenRequests) -> None:
        self._following = following
        self._requests = requests
        self._clock = services.clock
        self._metrics = services.metrics
        hsts = services.settings.force_https
        names = _DEFAULT_HEADERS | ({"Strict-Transport-Security": _HSTS} if hsts else {})
        self._defaults = [(name.lower().encode(), value.encode()) for name, value in names.items()]
        self._defaults_in_popups = [
            (name, b"unsafe-none" if name == b"cross-origin-opener-policy" else value) for name, value in self._defaults
        ]
        self._names = frozenset(name for name, _ in self._defaults)

    async def __call__(self, context: RequestContext, receive: Receive, send: Send) -> None:
        request_id = context.client.request_id or ""
        defaults = self._defaults_in_popups if context.policy.popup else self._defaults
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                present = self._names.intersection([name for name, _ in headers])
                headers.append((b"x-request-id", request_id.encode()))
                headers.extend([default for default in defaults if default[0] not in present] if present else defaults)
            await send(message)

        begin_request(request_id)
        self._requests.begin()
        try:
            await self._following(context, receive, send_with_headers)
        except ClientDisconnect:
            # Gone before its body was whole: nothing failed, and nobody is there to be answered.
            pass
        except asyncio.CancelledError:
            # Nobody but a shutdown whose grace is over cancels a request: a client that goes away does not. An answer
            # that has begun is cut short: nothing can be added that its reader would understand.
            if not status:
                await render(context, ShuttingDown())(context.scope, receive, send_with_headers)
        except Exception:
            _log.exception("request.failed")
            if status:
                raise
            await render(context, ServiceError())(context.scope, receive, send_with_headers)
        finally:
            self._report(context, status)
            self._requests.end()

    def _report(self, context: RequestContext, status: int) -> None:
        seconds, client = self._clock.monotonic() - context.started, context.client
        milliseconds = round(seconds * 1000, 1)
        log_request(context.method, context.path, status, milliseconds, client.address, client.request_id or "")
        # None when the client left before it was answered.
        if self._metrics and status:
            method = context.method if context.method in _METHODS else "other"
            self._metrics.count_request(context.template, method, status, seconds)

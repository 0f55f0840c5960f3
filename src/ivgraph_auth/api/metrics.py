"""`GET /metrics`, and the counting of requests. Neither is there when IVGRAPH_METRICS is off."""

import asyncio
from collections.abc import Sequence
from typing import NoReturn

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ivgraph_auth.api.errors import on_service_error
from ivgraph_auth.api.resolvers import bearer
from ivgraph_auth.api.routing import Router
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.errors import NotAuthenticated, TokenNotValid
from ivgraph_auth.core.metrics import CONTENT_TYPE, Metrics
from ivgraph_auth.core.secrets import same
from ivgraph_auth.liveness.service import Liveness

router = Router()

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WATCH_SECONDS = 1.0


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """For Prometheus, in its text format. Needs IVGRAPH_METRICS_TOKEN as bearer where that is set."""
    services = request.app.state.services
    _check(request, services.settings)
    request.app.state.metrics.serves(cache=services.liveness.trouble is None)
    return Response(request.app.state.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


def _check(request: Request, settings: Settings) -> None:
    if settings.metrics_token is None:
        return
    given = bearer(request)
    if given is None:
        raise NotAuthenticated
    if not same(given, settings.metrics_token.get_secret_value()):
        raise TokenNotValid


async def watch(metrics: Metrics, liveness: Liveness) -> NoReturn:
    """Another process may be asked: each says for itself whether it has its cache. Runs until it is cancelled."""
    try:
        while True:
            metrics.serves(cache=liveness.trouble is None)
            await asyncio.sleep(_WATCH_SECONDS)
    finally:
        metrics.leaves()


async def on_database_unavailable(request: Request, error: Exception) -> Response:
    request.app.state.metrics.database_unavailable()
    return await on_service_error(request, error)


class CountRequests:
    """The outermost of all: counts what was answered, however it came about."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, clock: Clock, routers: Sequence[Router]) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock
        self._written = {path for router in routers for path in router.written}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._clock.monotonic()
        status = 0

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        finally:
            # None when the client left before it was answered.
            if status:
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self._metrics.answered(self._route(scope), method, status, self._clock.monotonic() - started)

    def _route(self, scope: Scope) -> str:
        """The template as the contract writes it, whichever of its two forms was asked for."""
        if "template" in scope:
            template: str = scope["template"]
            return template
        route = scope.get("route")
        if isinstance(route, APIRoute) or "straight_way" in scope:
            path: str = route.path if isinstance(route, APIRoute) else scope["path"]
            return path if path in self._written else _other(path)
        # Files: the folder they stand in.
        return f"{scope['root_path']}/" if scope.get("root_path") else "none"


def _other(path: str) -> str:
    return path.removesuffix("/") if path.endswith("/") else f"{path}/"

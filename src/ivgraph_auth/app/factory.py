"""The application: settings in, ASGI out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from importlib.metadata import version

import structlog
from fastapi import FastAPI

from ivgraph_auth.api import (
    audit,
    auth,
    connections,
    consent,
    docs,
    graph,
    notion,
    notion_graph,
    oauth,
    ops,
    tokens,
    tools,
    webhooks,
)
from ivgraph_auth.api.agents import explain
from ivgraph_auth.api.discovery.router import card_router
from ivgraph_auth.api.discovery.router import router as discovery_router
from ivgraph_auth.api.mcp.route import mcp_router
from ivgraph_auth.api.mcp.server import McpServer
from ivgraph_auth.api.provider import apps, authorize, device, grants, logout, register, token, userinfo, wellknown
from ivgraph_auth.app.compose.composition import NOTION_SECONDS, Composition, compose
from ivgraph_auth.app.supervision import leave_with_supervisor
from ivgraph_auth.app.workers import flush, run_workers
from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.core.config import Settings, load_settings
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.logging import configure_logging
from ivgraph_auth.core.memory import freeze_startup_objects
from ivgraph_auth.database.engine import UNIT_SECONDS
from ivgraph_auth.web.errors.handlers import HANDLERS
from ivgraph_auth.web.fast_routes import FastRoutes
from ivgraph_auth.web.front import Front
from ivgraph_auth.web.open_requests import OpenRequests
from ivgraph_auth.web.policy import RouteTable
from ivgraph_auth.web.routing import Router, rows_of

# Those whose grace is over are answered, and audited, within this time.
_LAST_ANSWERS_SECONDS = 5.0
_log = structlog.get_logger(__name__)
# What is asked most often is looked for first, after the fast routes.
_ROUTERS = (
    graph.router,
    auth.router,
    tokens.router,
    tools.router,
    explain.router,
    audit.router,
    notion_graph.router,
    webhooks.router,
    connections.router,
    oauth.router,
    apps.router,
    authorize.router,
    token.router,
    userinfo.router,
    device.router,
    grants.router,
    logout.router,
    wellknown.router,
    discovery_router,
    register.router,
    consent.router,
    ops.router,
    docs.router,
)


class Application(FastAPI):
    """What `composition` runs behind the routes of `table`."""

    composition: Composition
    table: RouteTable
    fast_routes: FastRoutes


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    notion_seconds: float = NOTION_SECONDS,
    database_seconds: float = UNIT_SECONDS,
    sync_weight: float = 1.0,
    load_mcp: bool = False,
) -> Application:
    """`settings` have passed `check_for_serving`. `load_mcp`: at start, not only when it is asked for. For the others
    see `compose`.
    """
    composition = compose(
        settings, clock or SystemClock(), notion_seconds=notion_seconds, database_seconds=database_seconds,
        sync_weight=sync_weight,
    )  # fmt: skip
    requests = OpenRequests()
    mcp = McpServer(load_at_start=load_mcp) if settings.mcp else None
    app = Application(
        title="IVGraph Auth",
        version=version("ivgraph-auth"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": settings.public_url}],
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False},
        exception_handlers=HANDLERS,
        lifespan=lambda _: _lifespan(composition, requests, mcp),
        generate_unique_id_function=lambda route: route.name,
    )
    app.composition = composition
    _add_routes(app, _routers(composition, mcp), requests)
    return app


def _routers(composition: Composition, mcp: McpServer | None) -> Sequence[Router]:
    metrics = [ops.metrics_router] if composition.metrics else []
    return [*_ROUTERS, *metrics, *([mcp_router(mcp), card_router] if mcp else [])]


def _add_routes(app: Application, routers: Sequence[Router], requests: OpenRequests) -> None:
    app.table = RouteTable(rows_of(routers), docs.AREAS, notion.AREA)
    app.fast_routes = FastRoutes(routers, app.router.app)
    app.router.routes += [app.fast_routes, notion.DropIn()]
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(docs.FILES)
    app.add_middleware(Front, services=app.composition.services, table=app.table, requests=requests)


def app_from_environment() -> Application:
    """For worker processes, which get nothing but the environment."""
    leave_with_supervisor()
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    app = create_app(settings, load_mcp=True)
    freeze_startup_objects()
    return app


@asynccontextmanager
async def _lifespan(composition: Composition, requests: OpenRequests, mcp: McpServer | None) -> AsyncIterator[None]:
    await composition.encryption.watch.start()
    workers = asyncio.create_task(run_workers(composition))
    async with mcp.run() if mcp else nullcontext():
        yield
        await requests.wait_for_none(_LAST_ANSWERS_SECONDS)
    workers.cancel()
    with suppress(asyncio.CancelledError):
        await workers
    await composition.sync.close()
    await composition.services.webhooks.due.close()
    await composition.processes.withdraw()
    try:
        await flush(composition)
    except ServiceError as failure:
        _log.warning("flush.failed", reason=failure.detail)
    finally:
        await composition.close()

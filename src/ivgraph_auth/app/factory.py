"""The application: settings in, ASGI out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException  # noqa: TID251 -- registered for what the framework raises

from ivgraph_auth.api import audit, auth, connections, consent, docs, gateway, metrics, notion, oauth, ops, tokens
from ivgraph_auth.api.consent import CALLBACK
from ivgraph_auth.api.cors import Cors
from ivgraph_auth.api.errors import on_http_exception, on_service_error, on_validation_error
from ivgraph_auth.api.head import AnswerHead
from ivgraph_auth.api.middleware import LimitBody, RequestContext, RequireHttps
from ivgraph_auth.api.open_requests import OpenRequests
from ivgraph_auth.api.public_path import PublicPath
from ivgraph_auth.api.routing import Router, methods_at
from ivgraph_auth.api.straight import StraightRoutes
from ivgraph_auth.app.compose import NOTION_SECONDS, Composition, compose
from ivgraph_auth.app.supervision import leave_with_supervisor
from ivgraph_auth.app.workers import flush, run_workers
from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.core.config import SIGNIN_CALLBACK_PATH, Settings, load_settings
from ivgraph_auth.core.database import DatabaseUnavailable
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.logging import configure_logging
from ivgraph_auth.core.memory import settle
from ivgraph_auth.core.metrics import Metrics

# Those whose grace is over are answered, and audited, within this time.
_LAST_ANSWERS_SECONDS = 5.0
_log = structlog.get_logger(__name__)
# What is asked most often is looked for first.
_ROUTERS = (
    auth.router,
    tokens.router,
    gateway.router,
    audit.router,
    connections.router,
    oauth.router,
    consent.router,
    ops.router,
    docs.router,
)


def create_app(settings: Settings, *, clock: Clock | None = None, notion_seconds: float = NOTION_SECONDS) -> FastAPI:
    """`settings` have passed `check_for_serving`."""
    clock = clock or SystemClock()
    composition = compose(settings, clock, notion_seconds=notion_seconds)
    requests = OpenRequests()
    app = FastAPI(
        title="IVGraph Auth",
        version=version("ivgraph-auth"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False},
        lifespan=lambda _: _lifespan(composition, requests),
        generate_unique_id_function=lambda route: route.name,
    )
    routers = (*_ROUTERS, metrics.router) if composition.metrics else _ROUTERS
    app.state.composition = composition
    app.state.services = composition.services
    app.state.methods_at = lambda path: methods_at(routers, path)
    app.router.routes.append(StraightRoutes(_ROUTERS))
    app.router.routes.append(notion.DropIn())
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(docs.FILES)
    app.add_exception_handler(ServiceError, on_service_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    # The last one added is the outermost.
    app.add_middleware(LimitBody)
    app.add_middleware(Cors, origins=settings.allowed_origins)
    if settings.force_https:
        app.add_middleware(RequireHttps, settings=settings)
    app.add_middleware(AnswerHead, unsafe=(SIGNIN_CALLBACK_PATH, CALLBACK))
    app.add_middleware(RequestContext, settings=settings, clock=clock, requests=requests)
    if composition.metrics:
        _count(app, composition.metrics, clock, routers)
    if settings.public_path:
        app.add_middleware(PublicPath, path=settings.public_path)
    return app


def _count(app: FastAPI, counted: Metrics, clock: Clock, routers: Sequence[Router]) -> None:
    app.state.metrics = counted
    app.add_exception_handler(DatabaseUnavailable, metrics.on_database_unavailable)
    app.add_middleware(metrics.CountRequests, metrics=counted, clock=clock, routers=routers)


def app_from_environment() -> FastAPI:
    """For worker processes, which get nothing but the environment."""
    leave_with_supervisor()
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    app = create_app(settings)
    settle()
    return app


@asynccontextmanager
async def _lifespan(composition: Composition, requests: OpenRequests) -> AsyncIterator[None]:
    await composition.encryption.watch.start()
    workers = asyncio.create_task(run_workers(composition))
    yield
    await requests.wait_for_none(_LAST_ANSWERS_SECONDS)
    workers.cancel()
    with suppress(asyncio.CancelledError):
        await workers
    await composition.encryption.watch.stop()
    try:
        await flush(composition)
    except ServiceError as failure:
        _log.warning("flush.failed", reason=failure.detail)
    finally:
        await composition.close()

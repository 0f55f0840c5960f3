"""`ivgraph-auth serve`, `migrate`, `prune`."""

import contextlib
import socket
import tempfile
from collections.abc import Iterator
from typing import Annotated

import structlog
import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.app.factory import create_app
from ivgraph_auth.app.preflight import check_for_serving
from ivgraph_auth.app.workers import prune as prune_database
from ivgraph_auth.cli.database import bring_up_to_date, check_schema, with_composition
from ivgraph_auth.cli.running import (
    LOOPBACK,
    Server,
    allow_many_connections,
    listen,
    run,
    server_options,
    stop_on_signals,
)
from ivgraph_auth.core.config import Settings, hand_down, load_settings
from ivgraph_auth.core.environment import unknown_names
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.logging import configure_logging
from ivgraph_auth.core.memory import freeze_startup_objects
from ivgraph_auth.core.metrics import DIRECTORY_VARIABLE
from ivgraph_auth.core.urls import is_loopback_host
from ivgraph_auth.core.variables import forget
from ivgraph_auth.database.libpq import VARIABLES as LIBPQ_VARIABLES
from ivgraph_auth.embedded.server import EmbeddedPostgres
from ivgraph_auth.web.deadlines import Deadlines

_log = structlog.get_logger(__name__)


def serve(
    host: Annotated[str, typer.Option(help="Where to listen.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Where to listen.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes.", min=1, max=256)] = 1,
    migrate: Annotated[bool, typer.Option(help="Bring the schema up to date first.")] = False,
    embedded: Annotated[bool, typer.Option(help="Run PostgreSQL too, in IVGRAPH_DATA_DIR.")] = False,
) -> None:
    """The service, with settings from the environment and `.env`."""
    allow_many_connections()
    if embedded:
        forget(LIBPQ_VARIABLES)
    postgres = _make_postgres() if embedded else None
    settings = _complete_settings(host, port, postgres)
    check_for_serving(settings, host)
    configure_logging(settings.log_level, settings.log_format)
    for unknown in unknown_names(Settings):
        _log.warning("setting.unknown", name=unknown.name, nearest=unknown.nearest)
    with postgres or contextlib.nullcontext():
        if postgres:
            postgres.ensure_database()
        if migrate or embedded:
            bring_up_to_date(settings)
        check_schema(settings)
        listener = listen(host, port)
        if workers == 1:
            run(_serve_here(settings, listener))
        else:
            with _share_counts(settings):
                _serve_in_processes(listener, workers, Deadlines(keep_alive=settings.keep_alive))


def migrate() -> None:
    """Bring the database's schema up to date. Safe to run from several machines at once."""
    bring_up_to_date(load_settings())
    print("The schema is up to date.")


@with_composition
async def prune(composition: Composition) -> None:
    """Remove what has run out: sign-ins under way, sessions, old audit rows. `serve` does so every hour."""
    print(f"Removed {await prune_database(composition)} rows.")


def _make_postgres() -> EmbeddedPostgres:
    settings = load_settings()
    if settings.database_url is not None or settings.database_direct_url is not None:
        raise ConfigurationError(
            "--embedded brings its own PostgreSQL: unset DATABASE_URL and IVGRAPH_DATABASE_DIRECT_URL, or leave it out."
        )
    return EmbeddedPostgres(settings.data_dir)


def _complete_settings(host: str, port: int, postgres: EmbeddedPostgres | None) -> Settings:
    """What cannot come from the environment is put there too, for worker processes to find."""
    if "public_url" not in load_settings().model_fields_set and is_loopback_host(host):
        hand_down(IVGRAPH_PUBLIC_URL=f"http://{LOOPBACK}:{port}")
    if postgres:
        hand_down(DATABASE_URL=postgres.database_url())
    return load_settings()


async def _serve_here(settings: Settings, listener: socket.socket) -> None:
    server = Server(create_app(settings, load_mcp=True), listener, deadlines=Deadlines(keep_alive=settings.keep_alive))
    freeze_startup_objects()
    stop_on_signals([server])
    await server.run_here()


@contextlib.contextmanager
def _share_counts(settings: Settings) -> Iterator[None]:
    """Where worker processes count together, so that each can tell the sum."""
    if not settings.metrics:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="ivgraph-metrics-", ignore_cleanup_errors=True) as directory:
        hand_down(**{DIRECTORY_VARIABLE: directory})
        yield


def _serve_in_processes(listener: socket.socket, workers: int, deadlines: Deadlines) -> None:
    config = uvicorn.Config(
        "ivgraph_auth.app.factory:app_from_environment", factory=True, workers=workers, **server_options(deadlines)
    )
    Multiprocess(config, sockets=[listener]).run()

"""`ivgraph-auth serve`, `migrate`, `prune`."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer
import uvicorn

from ivgraph_auth.app.compose import compose
from ivgraph_auth.app.factory import create_app
from ivgraph_auth.app.preflight import check_for_serving
from ivgraph_auth.app.workers import prune as prune_database
from ivgraph_auth.cli.running import Server, bind, server_options, stop_on_signals
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings, hand_down, load_settings
from ivgraph_auth.core.database import Database, DatabaseUnavailable
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.logging import configure_logging
from ivgraph_auth.core.migrations import Schema
from ivgraph_auth.core.migrations import migrate as migrate_database
from ivgraph_auth.core.urls import is_loopback_host
from ivgraph_auth.embedded.server import EmbeddedPostgres


def serve(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where to listen.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes.", min=1, max=256)] = 1,
    migrate: Annotated[bool, typer.Option(help="Bring the schema up to date first.")] = False,
    embedded: Annotated[bool, typer.Option(help="Run PostgreSQL too, in IVGRAPH_DATA_DIR.")] = False,
) -> None:
    """The service, with settings from the environment and `.env`."""
    with _settings(host, port, embedded=embedded) as settings:
        check_for_serving(settings, host)
        configure_logging(settings.log_level, settings.log_format)
        if migrate or embedded:
            migrate_database(_direct_url(settings))
        asyncio.run(_check_schema(settings))
        if workers == 1:
            _serve_here(settings, host, port)
        else:
            _serve_in_processes(settings, host, port, workers)


def migrate() -> None:
    """Bring the database's schema up to date. Safe to run from several machines at once."""
    settings = load_settings()
    if settings.database_url is None:
        raise ConfigurationError("DATABASE_URL is not set.")
    migrate_database(_direct_url(settings))
    print("The schema is up to date.")


def prune() -> None:
    """Remove what has run out: sign-ins under way, sessions, old audit rows. `serve` does so every hour."""
    settings = load_settings()
    check_for_serving(settings, "127.0.0.1")

    async def run() -> int:
        composition = compose(settings, SystemClock())
        try:
            return await prune_database(composition)
        finally:
            await composition.close()

    print(f"Removed {asyncio.run(run())} rows.")


@contextlib.contextmanager
def _settings(host: str, port: int, *, embedded: bool) -> Iterator[Settings]:
    """What cannot come from the environment is put there too, for worker processes to find."""
    settings = load_settings()
    given: dict[str, str] = {}
    if "public_url" not in settings.model_fields_set and is_loopback_host(host):
        given["public_url"] = f"http://127.0.0.1:{port}"
        hand_down(IVGRAPH_PUBLIC_URL=given["public_url"])
    if not embedded:
        yield load_settings(**given)
        return
    if settings.database_url is not None:
        raise ConfigurationError("--embedded brings its own PostgreSQL: unset DATABASE_URL, or leave out --embedded.")
    with EmbeddedPostgres(settings.data_dir) as postgres:
        postgres.ensure_database()
        given["database_url"] = postgres.database_url()
        hand_down(DATABASE_URL=given["database_url"])
        yield load_settings(**given)


def _direct_url(settings: Settings) -> str:
    url = settings.database_direct_url or settings.database_url
    return url.get_secret_value() if url else ""


async def _check_schema(settings: Settings) -> None:
    """Raises ConfigurationError for a schema this version cannot work on. A database that is away may come back."""
    database = Database(_direct_url(settings))
    try:
        problem = await Schema(database).problem()
    except DatabaseUnavailable:
        return
    finally:
        await database.close()
    if problem:
        raise ConfigurationError(problem)


def _serve_here(settings: Settings, host: str, port: int) -> None:
    try:
        listener = bind(host, port)
    except OSError as problem:
        raise ConfigurationError(f"Port {port} on {host} cannot be used: {problem.strerror}.") from None

    async def run() -> None:
        server = Server(create_app(settings), listener)
        stop_on_signals([server])
        await server.run_here()

    asyncio.run(run())


def _serve_in_processes(settings: Settings, host: str, port: int, workers: int) -> None:
    if settings.database_url is None:
        raise ConfigurationError("DATABASE_URL is not set.")
    uvicorn.run(
        "ivgraph_auth.app.factory:app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        **server_options(),
    )

"""The database as the commands meet it."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec

from ivgraph_auth.app.compose.composition import Composition, compose
from ivgraph_auth.app.preflight import check_for_serving
from ivgraph_auth.cli.running import LOOPBACK
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings, load_settings
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.database.migrations import Schema, migrate

_Parameters = ParamSpec("_Parameters")


def direct_url(settings: Settings) -> str:
    """Past a connection pooler. Raises ConfigurationError."""
    url = settings.database_direct_url or settings.database_url
    if url is None:
        raise ConfigurationError("DATABASE_URL is not set.")
    return url.get_secret_value()


def bring_up_to_date(settings: Settings) -> None:
    """Raises ConfigurationError for a schema that is too new, DatabaseUnavailable."""
    asyncio.run(_schema_problem(settings))
    migrate(direct_url(settings))


def check_schema(settings: Settings) -> None:
    """Raises ConfigurationError for a schema this version cannot work on. A database that is away may come back."""
    try:
        problem = asyncio.run(_schema_problem(settings))
    except DatabaseUnavailable:
        return
    if problem:
        raise ConfigurationError(problem)


def with_composition(
    work: Callable[Concatenate[Composition, _Parameters], Awaitable[None]],
) -> Callable[_Parameters, None]:
    """Makes a command of what an operator does beside a running service, with the service's own settings."""

    async def run(settings: Settings, *given: _Parameters.args, **options: _Parameters.kwargs) -> None:
        composition = compose(settings, SystemClock())
        try:
            problem = await composition.services.schema.problem()
            if problem:
                raise ConfigurationError(problem)
            async with composition.liveness.hearing():
                await work(composition, *given, **options)
        finally:
            await composition.close()

    @functools.wraps(work)
    def command(*given: _Parameters.args, **options: _Parameters.kwargs) -> None:
        settings = load_settings()
        check_for_serving(settings, LOOPBACK)
        asyncio.run(run(settings, *given, **options))

    # Typer makes an option of each parameter that it finds here: the composition is none.
    signature = inspect.signature(work)
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=list(signature.parameters.values())[1:]
    )
    return command


async def _schema_problem(settings: Settings) -> str | None:
    database = Database(direct_url(settings))
    try:
        return await Schema(database).problem()
    finally:
        await database.close()

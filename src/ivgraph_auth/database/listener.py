"""A connection of its own to PostgreSQL that hears notifications."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import asyncpg

from ivgraph_auth.database.errors import TROUBLE
from ivgraph_auth.database.url import read_database_url

_CONNECT_SECONDS = 1.5
_COMMAND_SECONDS = 1.5


class ListenerLost(Exception):
    """The connection is gone, or too slow to be of use."""


@contextmanager
def _raise_lost() -> Iterator[None]:
    try:
        yield
    except (TimeoutError, asyncpg.PostgresError, *TROUBLE) as trouble:
        # Also when a table is missing: the schema may be yet to come.
        raise ListenerLost(type(trouble).__name__) from trouble


class Listener:
    """`heard` is called with each payload."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str, channel: str, heard: Callable[[str], None]) -> Self:
        """Raises ListenerLost."""
        options = read_database_url(url).options
        settings = options["server_settings"]
        with _raise_lost():
            # Nothing prepared is kept: behind a transaction pooler its name may be taken, or gone.
            connection = await asyncpg.connect(
                **{
                    **options,
                    "timeout": min(options["timeout"], _CONNECT_SECONDS),
                    "statement_cache_size": 0,
                    "command_timeout": _COMMAND_SECONDS,
                    "server_settings": settings | {"application_name": f"{settings['application_name']} listener"},
                }
            )
            try:
                await connection.add_listener(channel, lambda *message: heard(message[-1]))
            except BaseException:
                # Also when the process ends just now: nobody else knows of the connection.
                connection.terminate()
                raise
        return cls(connection)

    async def execute(self, statement: str, *values: object) -> list[Any]:
        """The rows. Raises ListenerLost."""
        with _raise_lost():
            return list(await self._connection.fetch(statement, *values))

    def close(self) -> None:
        """At once, without a word to the server, which may not be there to hear it."""
        self._connection.terminate()

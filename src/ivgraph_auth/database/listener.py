"""A connection of its own to PostgreSQL that hears notifications."""

from collections.abc import Callable
from typing import Any, Self

import asyncpg

from ivgraph_auth.database.engine import connect
from ivgraph_auth.database.errors import TROUBLE
from ivgraph_auth.database.url import read_database_url

_CONNECT_SECONDS = 1.5
_COMMAND_SECONDS = 1.5


class ListenerLost(Exception):
    """The connection is gone, or too slow to be of use."""


class Listener:
    """`heard` is called with each payload."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 -- asyncpg has no types
        self._connection = connection

    @classmethod
    async def open(cls, url: str, channel: str, heard: Callable[[str], None]) -> Self:
        """Raises ListenerLost."""
        try:
            # Nothing prepared is kept: behind a transaction pooler its name may be taken, or gone.
            options = read_database_url(url).options
            settings = options["server_settings"]
            connection = await connect(
                options,
                timeout=min(options["timeout"], _CONNECT_SECONDS),
                statement_cache_size=0,
                command_timeout=_COMMAND_SECONDS,
                server_settings={**settings, "application_name": f"{settings['application_name']} listener"},
            )
        except (TimeoutError, asyncpg.PostgresError, *TROUBLE) as trouble:
            raise ListenerLost(type(trouble).__name__) from trouble
        try:
            await connection.add_listener(channel, lambda *message: heard(message[-1]))
        except BaseException as trouble:
            # Also when the process ends just now: nobody else knows of the connection.
            connection.terminate()
            if isinstance(trouble, (TimeoutError, asyncpg.PostgresError, *TROUBLE)):
                raise ListenerLost(type(trouble).__name__) from trouble
            raise
        return cls(connection)

    async def execute(self, statement: str, *values: object) -> list[Any]:
        """The rows. Raises ListenerLost."""
        try:
            return list(await self._connection.fetch(statement, *values))
        except (TimeoutError, asyncpg.PostgresError, *TROUBLE) as trouble:
            # Also when a table is missing: the schema may be yet to come.
            raise ListenerLost(type(trouble).__name__) from trouble

    def close(self) -> None:
        """At once, without a word to the server, which may not be there to hear it."""
        self._connection.terminate()

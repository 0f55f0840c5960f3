"""PostgreSQL: one engine, short explicit transactions, and trouble told as 503 within seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ivgraph_auth.database.asyncpg_pool import AsyncpgConnection, Pool, open_pool
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.errors import TROUBLE, DatabaseUnavailable
from ivgraph_auth.database.url import read_database_url

# The contract promises an answer within 5 s; cleaning up after a dead connection takes up to 2 s on top of this.
UNIT_SECONDS = 2.5
_SHARE_FOR_CONNECTION = 0.8
_RELEASE_SECONDS = 1.0


class Database:
    """`unit_seconds` is how long a transaction, or one statement, may take before it is told as DatabaseUnavailable."""

    def __init__(self, url: str, *, pool_size: int = 10, unit_seconds: float = UNIT_SECONDS) -> None:
        self._engine = make_engine(url, pool_size=pool_size, wait_seconds=unit_seconds * _SHARE_FOR_CONNECTION)
        self._unit_seconds = unit_seconds
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._url = url
        self._pool_size = pool_size
        # Opened by its first use, in the event loop that uses it.
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()
        # Whoever waits longest goes first. The pool by itself lets newcomers pass, and some would wait very long.
        self._turns = asyncio.Semaphore(pool_size)

    async def close(self) -> None:
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), _RELEASE_SECONDS)
            except (TimeoutError, *TROUBLE):
                self._pool.terminate()
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self, *, seconds: float | None = None) -> AsyncIterator[Connection]:
        """Commits at the end of the block, rolls back when it raises. Raises DatabaseUnavailable; never wait for
        anything but the database inside.
        """
        async with _raise_unavailable(seconds or self._unit_seconds), self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """One statement on its own, without the two round trips of BEGIN and COMMIT."""
        async with _raise_unavailable(self._unit_seconds), self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def direct(self) -> AsyncIterator[AsyncpgConnection]:
        """As `read`, by asyncpg's own pool: each statement stands on its own, writing ones too."""
        async with _raise_unavailable(self._unit_seconds), self._turns:
            pool = self._pool or await self._open_pool()
            connection = await pool.acquire()
            try:
                yield AsyncpgConnection(connection)
            except asyncpg.InternalClientError:
                connection.terminate()
                raise
            finally:
                # Bounded, since a server that does not answer does not confirm a cancellation either.
                await pool.release(connection, timeout=_RELEASE_SECONDS)

    @asynccontextmanager
    async def direct_transaction(self) -> AsyncIterator[Connection]:
        """As `transaction`, by asyncpg's own pool."""
        async with self.direct() as connection, connection.transaction():
            yield connection

    async def _open_pool(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await open_pool(read_database_url(self._url).options, size=self._pool_size)
        return self._pool


def make_engine(
    url: str, *, pool_size: int = 10, wait_seconds: float = UNIT_SECONDS * _SHARE_FOR_CONNECTION
) -> AsyncEngine:
    target = read_database_url(url)
    engine = create_async_engine(
        target.shown,
        pool_size=pool_size,
        # None beyond these: they would be opened for one use each, which costs more than waiting for a turn.
        max_overflow=0,
        pool_timeout=wait_seconds,
        pool_recycle=1800,
        hide_parameters=True,
        # What SQLAlchemy would pass on of the URL it was given is for showing alone.
        connect_args={"async_creator_fn": lambda **_: asyncpg.connect(**target.options), **target.adapter},
    )
    event.listen(engine.sync_engine, "checkout", _replace_closed)
    event.listen(engine.sync_engine, "handle_error", _distrust_pool)
    return engine


def _replace_closed(connection: DBAPIConnection, *_: object) -> None:
    """Cut while it lay in the pool: the driver knows already, so finding out costs neither a query nor an error."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _distrust_pool(context: ExceptionContext) -> None:
    """A server that is going away says so on a connection that still looks open: none of its like is used again."""
    if isinstance(getattr(context.original_exception, "__cause__", None), TROUBLE):
        context.is_disconnect = True


@asynccontextmanager
async def _raise_unavailable(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except Exception as problem:
        if _is_trouble(problem):
            raise DatabaseUnavailable from problem
        raise


def _is_trouble(problem: Exception) -> bool:
    if isinstance(problem, DBAPIError):
        return problem.connection_invalidated or isinstance(_driver_error(problem), TROUBLE)
    return isinstance(problem, (TimeoutError, PoolTimeoutError, *TROUBLE))


def _driver_error(problem: DBAPIError) -> BaseException | None:
    """Asyncpg's own exception, below SQLAlchemy's two wrappings."""
    return getattr(problem.orig, "__cause__", None) or problem.orig

"""Where transactions wait, in PostgreSQL itself, until a test lets them go on: nothing hangs on chance."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.support.cluster import Cluster, plain

PATIENCE = 30  # seconds, for what takes less than one
_KEY = 4711
_FUNCTION = f"""
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared({_KEY}); RETURN NEW; END $$
"""
_AT_COMMIT = """
    CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_gate()
"""
_BEFORE = "CREATE TRIGGER gate BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION wait_at_gate()"
_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> pg_backend_pid()"


class Gate:
    def __init__(self, connection: asyncpg.Connection, cluster: Cluster) -> None:
        self._connection = connection
        self._cluster = cluster

    async def waiting(self, count: int = 1) -> int:
        """Until so many wait, here or for one that does. Answers one of PostgreSQL's processes."""
        async with asyncio.timeout(PATIENCE):
            while len(found := await self._cluster.rows(_WAITING)) < count:
                pass
        return int(found[0]["pid"])

    async def open(self) -> None:
        """All go on, whether anybody still waits for their answers or not."""
        await self._connection.execute("SELECT pg_advisory_unlock($1)", _KEY)
        async with asyncio.timeout(PATIENCE):
            while await self._cluster.rows(_WAITING):
                pass

    async def throw_away(self, pid: int) -> None:
        """What that one did has never been."""
        await self._connection.execute("SELECT pg_terminate_backend($1)", pid)
        await self.open()


@asynccontextmanager
async def gate(cluster: Cluster, table: str, *, at_commit: bool = False) -> AsyncIterator[Gate]:
    """Closed for whoever inserts into the table: before the row is there, or when it is to be committed."""
    connection = await asyncpg.connect(plain(cluster.database_url))
    try:
        await connection.execute(_FUNCTION)
        await connection.execute((_AT_COMMIT if at_commit else _BEFORE).format(table=table))
        await connection.execute("SELECT pg_advisory_lock($1)", _KEY)
        yield Gate(connection, cluster)
        await connection.execute(f"DROP TRIGGER gate ON {table}; DROP FUNCTION wait_at_gate()")
    finally:
        await connection.close()

import uuid
from collections.abc import Sequence

from sqlalchemy import Integer, cast, delete, extract, func, select, text
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.listener import Listener
from ivgraph_auth.processes.models import ServingProcess
from ivgraph_auth.processes.tables import processes

_ALIVE = text("seen_at > clock_timestamp() - interval '15 seconds'")
_LONG_GONE = text("seen_at < clock_timestamp() - interval '1 minute'")
# Both on the connection that hears the invalidations: once that is lost, the lease must not be renewed.
_RENEW_LEASE = """
INSERT INTO processes (id, key_ids, seen_at, lease_expires_at)
VALUES ($1, $2, clock_timestamp(), clock_timestamp() + interval '3 seconds')
ON CONFLICT (id) DO UPDATE
SET key_ids = excluded.key_ids, seen_at = excluded.seen_at, lease_expires_at = excluded.lease_expires_at
"""
_GIVE_BACK_LEASE = "UPDATE processes SET lease_expires_at = NULL WHERE id = $1"


async def renew_lease(listener: Listener, process_id: uuid.UUID, key_ids: Sequence[str]) -> None:
    await listener.execute(_RENEW_LEASE, process_id, list(key_ids))


async def give_back_lease(listener: Listener, process_id: uuid.UUID) -> None:
    await listener.execute(_GIVE_BACK_LEASE, process_id)


async def report(connection: Connection, process_id: uuid.UUID, key_ids: Sequence[str]) -> None:
    """Leaves the lease as it is."""
    seen = {"key_ids": list(key_ids), "seen_at": func.clock_timestamp()}
    statement = insert(processes).values(id=process_id, **seen)
    await connection.execute(statement.on_conflict_do_update(index_elements=[processes.c.id], set_=seen))


async def remove(connection: Connection, process_id: uuid.UUID) -> None:
    """It, and those which were killed."""
    await connection.execute(delete(processes).where((processes.c.id == process_id) | _LONG_GONE))


async def living(connection: Connection) -> list[ServingProcess]:
    ago = cast(extract("epoch", func.clock_timestamp() - processes.c.seen_at), Integer).label("ago")
    query = select(processes.c.id, processes.c.key_ids, ago).where(_ALIVE).order_by(processes.c.id)
    return [ServingProcess(row.id, tuple(row.key_ids), row.ago) for row in await connection.execute(query)]


async def with_lease(connection: Connection) -> set[uuid.UUID]:
    query = select(processes.c.id).where(processes.c.lease_expires_at > func.clock_timestamp())
    return set((await connection.execute(query)).scalars())

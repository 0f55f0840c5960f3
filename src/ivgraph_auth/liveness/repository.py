"""Leases and invalidations in the database."""

import uuid

from sqlalchemy import delete, func, insert, select, text

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.database.listener import Listener
from ivgraph_auth.liveness.models import Invalidation
from ivgraph_auth.liveness.tables import invalidations, process_leases

CHANNEL = "ivgraph_liveness"
# Invalidations are kept far longer than any transaction may take, so that one committed late is still found.
_RENEW = """
INSERT INTO process_leases (process_id, expires_at)
VALUES ($1, clock_timestamp() + interval '3 seconds')
ON CONFLICT (process_id) DO UPDATE SET expires_at = excluded.expires_at
"""
_PENDING = "SELECT id, account_id FROM invalidations WHERE created_at > clock_timestamp() - interval '2 minutes'"
_GIVE_BACK = "DELETE FROM process_leases WHERE process_id = $1 OR expires_at < clock_timestamp() - interval '1 minute'"
_NOTIFY = "SELECT pg_notify($1, $2)"
_OLD = text("created_at < clock_timestamp() - interval '10 minutes'")


async def renew(listener: Listener, process_id: uuid.UUID) -> list[Invalidation]:
    """Renews the lease, and then, in a statement of its own, reads what was committed before.

    In one statement, its snapshot could miss a commit whose author did not see the lease yet.
    """
    await listener.execute(_RENEW, process_id)
    return [Invalidation(row["id"], row["account_id"]) for row in await listener.execute(_PENDING)]


async def give_back(listener: Listener, process_id: uuid.UUID) -> None:
    await listener.execute(_GIVE_BACK, process_id)


async def notify(listener: Listener, payload: str) -> None:
    await listener.execute(_NOTIFY, CHANNEL, payload)


async def add(connection: Connection, account_id: int) -> Invalidation:
    """In the transaction of the change; the id is its own, and so is the confirmation."""
    row = {"account_id": account_id, "created_at": func.clock_timestamp()}
    statement = insert(invalidations).values(row).returning(invalidations.c.id)
    invalidation = Invalidation((await connection.execute(statement)).scalar_one(), account_id)
    payload = f"changed {invalidation.id} {account_id}"
    await notify_from(connection, payload)
    return invalidation


async def notify_from(connection: Connection, payload: str) -> None:
    await connection.execute(select(func.pg_notify(CHANNEL, payload)))


async def living(connection: Connection) -> set[uuid.UUID]:
    """Processes that may be answering from their caches now."""
    query = select(process_leases.c.process_id).where(process_leases.c.expires_at > func.clock_timestamp())
    return set((await connection.execute(query)).scalars())


async def prune(connection: Connection, most: int) -> int:
    old = select(invalidations.c.id).where(_OLD).limit(most)
    return await count_changed(connection, delete(invalidations).where(invalidations.c.id.in_(old)))

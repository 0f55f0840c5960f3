"""Invalidations in the database."""

from sqlalchemy import delete, func, insert, select, text

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.database.listener import Listener
from ivgraph_auth.liveness.models import Invalidation
from ivgraph_auth.liveness.tables import invalidations

CHANNEL = "ivgraph_liveness"
# Invalidations are kept far longer than any transaction may take, so that one committed late is still found.
_PENDING = "SELECT id, account_id FROM invalidations WHERE created_at > clock_timestamp() - interval '2 minutes'"
_NOTIFY = "SELECT pg_notify($1, $2)"
_OLD = text("created_at < clock_timestamp() - interval '10 minutes'")


async def pending(listener: Listener) -> list[Invalidation]:
    """What was committed of late."""
    return [Invalidation(row["id"], row["account_id"]) for row in await listener.execute(_PENDING)]


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


async def prune(connection: Connection, most: int) -> int:
    old = select(invalidations.c.id).where(_OLD).limit(most)
    return await count_changed(connection, delete(invalidations).where(invalidations.c.id.in_(old)))

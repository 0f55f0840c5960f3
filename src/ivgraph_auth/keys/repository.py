import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, cast, delete, extract, func, select, text
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.keys.models import KeyHolder
from ivgraph_auth.keys.tables import key_checks, key_holders

_ALIVE = text("seen_at > clock_timestamp() - interval '15 seconds'")
_LONG_GONE = text("seen_at < clock_timestamp() - interval '1 minute'")


async def checks(connection: Connection) -> dict[str, bytes]:
    query = select(key_checks.c.key_id, key_checks.c.sealed)
    return {row.key_id: row.sealed for row in await connection.execute(query)}


async def known_since(connection: Connection) -> dict[str, datetime]:
    """When each key was first met, by id."""
    query = select(key_checks.c.key_id, key_checks.c.created_at)
    return {row.key_id: row.created_at for row in await connection.execute(query)}


async def add_check(connection: Connection, key_id: str, sealed: bytes, now: datetime) -> None:
    row = {"key_id": key_id, "sealed": sealed, "created_at": now}
    await connection.execute(insert(key_checks).values(row).on_conflict_do_nothing())


async def report_holder(connection: Connection, process_id: uuid.UUID, key_ids: Sequence[str]) -> None:
    seen = {"key_ids": list(key_ids), "seen_at": func.clock_timestamp()}
    statement = insert(key_holders).values(process_id=process_id, **seen)
    await connection.execute(statement.on_conflict_do_update(index_elements=[key_holders.c.process_id], set_=seen))


async def remove_holder(connection: Connection, process_id: uuid.UUID) -> None:
    await connection.execute(delete(key_holders).where(key_holders.c.process_id == process_id))


async def prune_holders(connection: Connection) -> int:
    return await count_changed(connection, delete(key_holders).where(_LONG_GONE))


async def living_holders(connection: Connection) -> list[KeyHolder]:
    ago = cast(extract("epoch", func.clock_timestamp() - key_holders.c.seen_at), Integer).label("ago")
    query = select(key_holders.c.process_id, key_holders.c.key_ids, ago).where(_ALIVE)
    rows = await connection.execute(query.order_by(key_holders.c.process_id))
    return [KeyHolder(row.process_id, tuple(row.key_ids), row.ago) for row in rows]

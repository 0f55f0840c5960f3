from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.keys.tables import key_checks


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

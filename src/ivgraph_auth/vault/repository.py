from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ivgraph_auth.core.database import AnyRow
from ivgraph_auth.vault.models import GrantDetails, GrantKey, SealedGrant
from ivgraph_auth.vault.tables import grants

_SEALED = (grants.c.id, grants.c.client_id, grants.c.workspace_id, grants.c.bot_id, grants.c.sealed)


async def upsert(
    connection: AsyncConnection, key: GrantKey, details: GrantDetails, sealed: bytes, key_id: str, now: datetime
) -> int:
    """Puts the newest credential in place of an older one; the grant is active again."""
    changing = {
        "workspace_name": details.workspace_name,
        "workspace_icon": details.workspace_icon,
        "owner_notion_user_id": details.owner_notion_user_id,
        "owner_name": details.owner_name,
        "status": "active",
        "sealed": sealed,
        "key_id": key_id,
        "updated_at": now,
    }
    row = {"client_id": key.client_id, "workspace_id": key.workspace_id, "bot_id": key.bot_id, "created_at": now}
    statement = (
        insert(grants)
        .values(row | changing)
        .on_conflict_do_update(
            index_elements=[grants.c.client_id, grants.c.workspace_id, grants.c.bot_id], set_=changing
        )
        .returning(grants.c.id)
    )
    grant_id: int = (await connection.execute(statement)).scalar_one()
    return grant_id


async def sealed(connection: AsyncConnection, grant_ids: list[int]) -> list[SealedGrant]:
    rows = await connection.execute(select(*_SEALED).where(grants.c.id.in_(grant_ids)).order_by(grants.c.id))
    return [_sealed(row) for row in rows]


async def sealed_under(connection: AsyncConnection, key_id: str, after: int, most: int) -> list[SealedGrant]:
    """Those sealed with this key, by id, from the one behind `after` on."""
    query = select(*_SEALED).where(grants.c.key_id == key_id, grants.c.id > after).order_by(grants.c.id).limit(most)
    return [_sealed(row) for row in await connection.execute(query)]


async def sealed_without(connection: AsyncConnection, key_ids: Collection[str]) -> dict[str, int]:
    """How many are sealed with keys other than these, by key."""
    query = select(grants.c.key_id, func.count().label("grants")).where(grants.c.key_id.not_in(key_ids))
    rows = await connection.execute(query.group_by(grants.c.key_id).order_by(grants.c.key_id))
    return {row.key_id: row.grants for row in rows}


async def remove(connection: AsyncConnection, grant_ids: list[int]) -> None:
    await connection.execute(delete(grants).where(grants.c.id.in_(grant_ids)))


def _sealed(row: AnyRow) -> SealedGrant:
    return SealedGrant(row.id, GrantKey(row.client_id, row.workspace_id, row.bot_id), row.sealed)

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from ivgraph_auth.database.connection import Connection, Row, count_changed, values_of
from ivgraph_auth.keys.models import SealedTable
from ivgraph_auth.vault.models import ActiveGrant, GrantDetails, GrantHolder, GrantKey, SealedCredential, SealedGrant
from ivgraph_auth.vault.tables import grants

_NOW = func.clock_timestamp()
_KEY = (grants.c.client_id, grants.c.workspace_id, grants.c.bot_id, grants.c.owner)
_SEALED = (grants.c.id, *_KEY, grants.c.sealed, grants.c.status)
_STATUS = select(grants.c.status, grants.c.capabilities).where(grants.c.id == bindparam("grant_id"))


def _identity(row: Mapping[str, Any]) -> str:
    return GrantKey(row["client_id"], row["workspace_id"], row["bot_id"], row["owner"]).identity


SEALED_GRANTS = SealedTable(
    table=grants,
    row="connection",
    id=grants.c.id,
    sealed=grants.c.sealed,
    key_id=grants.c.key_id,
    bound_to=_KEY,
    identity=_identity,
)


def sealed_grant_of(parameter: str) -> Select[Any]:
    """The columns that `sealed_grant` takes, of the grant whose id is the statement's parameter."""
    return select(*_SEALED).where(grants.c.id == bindparam(parameter, type_=BigInteger))


def described_grants() -> Select[Any]:
    """What is known of each grant beside its credential."""
    described = ("id", "bot_id", "workspace_name", "workspace_icon", "owner_notion_user_id", "owner_name")
    kept = ("capabilities", "status", "updated_at", "last_validated_at")
    return select(*(grants.c[name] for name in (*described, *kept)))


def usable_grant(parameter: str, needs: str) -> Select[Any]:
    """The id of the same grant while it is active, and Notion is not known to withhold all capabilities of the
    parameter `needs`, an array; an empty one needs nothing.
    """
    wanted = bindparam(needs, type_=ARRAY(Text))
    return select(grants.c.id).where(
        grants.c.id == bindparam(parameter, type_=BigInteger),
        grants.c.status == "active",
        or_(func.cardinality(wanted) == 0, grants.c.capabilities.is_(None), grants.c.capabilities.op("&&")(wanted)),
    )


async def get_status(connection: Connection, grant_id: int) -> tuple[str, list[str] | None] | None:
    """And what Notion has told of its capabilities."""
    row = (await connection.execute(_STATUS, {"grant_id": grant_id})).one_or_none()
    return (row.status, row.capabilities) if row else None


async def upsert(
    connection: Connection, key: GrantKey, details: GrantDetails, sealed: SealedCredential, now: datetime
) -> int:
    """Puts the newest credential in place of the same owner's older one; the grant is active again."""
    changing = {**values_of(details), **values_of(sealed), "status": "active", "updated_at": now}
    taken_over = await _take_over(connection, key, details, changing)
    if taken_over is not None:
        return taken_over
    statement = (
        insert(grants)
        .values(**values_of(key), created_at=now, **changing)
        .on_conflict_do_update(index_elements=list(_KEY), set_=changing)
        .returning(grants.c.id)
    )
    grant_id: int = (await connection.execute(statement)).scalar_one()
    return grant_id


async def _take_over(
    connection: Connection, key: GrantKey, details: GrantDetails, changing: Mapping[str, Any]
) -> int | None:
    """A row from before the owner was part of the key becomes its person's, for all tenants that it acts for."""
    if details.owner_notion_user_id is None:
        return None
    other = grants.alias()
    statement = (
        update(grants)
        .where(
            *_of_bot(key),
            grants.c.owner == "",
            grants.c.owner_notion_user_id == details.owner_notion_user_id,
            ~exists().where(*_of_bot(key, other), other.c.owner == key.owner),
        )
        .values(owner=key.owner, **changing)
        .returning(grants.c.id)
    )
    grant_id: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return grant_id


def _of_bot(key: GrantKey, table: FromClause = grants) -> tuple[ColumnElement[bool], ...]:
    """Whoever owns it."""
    return (
        table.c.client_id == key.client_id,
        table.c.workspace_id == key.workspace_id,
        table.c.bot_id == key.bot_id,
    )


async def replace(
    connection: Connection, grant_id: int, before: bytes, sealed: SealedCredential, now: datetime
) -> bool:
    statement = (
        update(grants)
        .where(grants.c.id == grant_id, grants.c.sealed == before)
        .values(**values_of(sealed), updated_at=now)
    )
    return await count_changed(connection, statement) == 1


async def list_sealed(connection: Connection, grant_ids: list[int]) -> list[SealedGrant]:
    rows = await connection.execute(select(*_SEALED).where(grants.c.id.in_(grant_ids)).order_by(grants.c.id))
    return [sealed_grant(row) for row in rows]


async def list_active(connection: Connection, after: int, most: int) -> list[ActiveGrant]:
    """In the order of their ids, beginning behind `after`."""
    query = select(grants.c.id, grants.c.workspace_id).where(grants.c.status == "active", grants.c.id > after)
    rows = await connection.execute(query.order_by(grants.c.id).limit(most))
    return [ActiveGrant(row.id, row.workspace_id) for row in rows]


async def list_of_workspace(connection: Connection, workspace_id: uuid.UUID) -> list[GrantHolder]:
    """Those that are thought to work."""
    columns = (grants.c.id, grants.c.bot_id, grants.c.owner_notion_user_id)
    query = select(*columns).where(grants.c.workspace_id == workspace_id, grants.c.status == "active")
    return [GrantHolder(*row) for row in await connection.execute(query.order_by(grants.c.id))]


async def holds_bot(connection: Connection, client_id: str, bot_id: str) -> bool:
    """Whether anybody has a grant of this bot."""
    held = exists().where(grants.c.client_id == client_id, grants.c.bot_id == bot_id)
    return bool((await connection.execute(select(held))).scalar_one())


async def find_sharing_bot(connection: Connection, grant_ids: list[int]) -> set[int]:
    """Those of them whose bot another grant has too, which is none of them."""
    other = grants.alias()
    bot = tuple_(grants.c.client_id, grants.c.workspace_id, grants.c.bot_id)
    shared = exists().where(
        tuple_(other.c.client_id, other.c.workspace_id, other.c.bot_id) == bot, other.c.id.not_in(grant_ids)
    )
    return set((await connection.execute(select(grants.c.id).where(grants.c.id.in_(grant_ids), shared))).scalars())


async def remove(connection: Connection, grant_ids: list[int]) -> None:
    await connection.execute(delete(grants).where(grants.c.id.in_(grant_ids)))


def sealed_grant(row: Row) -> SealedGrant:
    key = GrantKey(row.client_id, row.workspace_id, row.bot_id, row.owner)
    return SealedGrant(row.id, key, row.sealed, row.status)


async def set_status(connection: Connection, grant_id: int, sealed: bytes, status: str, now: datetime) -> bool:
    """Only while the credential is the one that was judged."""
    statement = (
        update(grants)
        .where(grants.c.id == grant_id, grants.c.sealed == sealed)
        .values(status=status, updated_at=now)
        .returning(grants.c.id)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def mark_validated(connection: Connection, grant_id: int, capabilities: list[str] | None, now: datetime) -> None:
    """None: Notion did not tell the capabilities, and what is known of them stays."""
    values: dict[str, object] = {"last_validated_at": now}
    if capabilities is not None:
        values["capabilities"] = capabilities
    await connection.execute(update(grants).where(grants.c.id == grant_id).values(values))

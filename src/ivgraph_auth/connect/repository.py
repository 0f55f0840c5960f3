import uuid
from datetime import datetime

from sqlalchemy import case, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ivgraph_auth.accounts.tables import account_workspaces
from ivgraph_auth.connect.models import ClaimedState, Connection, StateRequest, StateUse
from ivgraph_auth.connect.tables import authorization_states, connections
from ivgraph_auth.vault.tables import grants


async def add_state(
    connection: AsyncConnection,
    request: StateRequest,
    *,
    state_hash: bytes,
    browser_hash: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    row = {
        "state_hash": state_hash,
        "flow": request.flow.value,
        "browser_hash": browser_hash,
        "next_path": request.next_path,
        "client_state": request.client_state,
        "code_challenge": request.code_challenge,
        "created_at": now,
        "expires_at": expires_at,
    }
    await connection.execute(insert(authorization_states).values(row))


async def claim_state(connection: AsyncConnection, use: StateUse) -> ClaimedState | None:
    """Uses the state up, when it is this flow's and this browser's, unused and in time."""
    table = authorization_states.c
    statement = (
        update(authorization_states)
        .where(
            table.state_hash == use.state_hash,
            table.flow == use.flow.value,
            table.browser_hash == use.browser_hash,
            table.claimed_at.is_(None),
            table.expires_at > use.now,
        )
        .values(claimed_at=use.now)
        .returning(table.next_path, table.client_state, table.code_challenge)
    )
    row = (await connection.execute(statement)).one_or_none()
    return ClaimedState(row.next_path, row.client_state, row.code_challenge) if row else None


async def why_not_claimed(connection: AsyncConnection, use: StateUse) -> str:
    """For the audit row alone."""
    table = authorization_states.c
    query = select(
        case(
            (table.flow != use.flow.value, "state_of_other_flow"),
            (table.browser_hash != use.browser_hash, "state_of_other_browser"),
            (table.claimed_at.is_not(None), "state_used"),
            (table.expires_at <= use.now, "state_expired"),
            else_="state_unknown",
        )
    ).where(table.state_hash == use.state_hash)
    return (await connection.execute(query)).scalar_one_or_none() or "state_unknown"


async def prune_states(connection: AsyncConnection, now: datetime, most: int) -> int:
    table = authorization_states.c
    old = select(table.state_hash).where(table.expires_at < now).limit(most)
    return (await connection.execute(delete(authorization_states).where(table.state_hash.in_(old)))).rowcount


async def attach(
    connection: AsyncConnection,
    *,
    account_id: int,
    tenant_id: str,
    workspace_id: uuid.UUID,
    grant_id: int,
    now: datetime,
) -> None:
    """Makes the tenant's connection, or gives it its new grant."""
    fresh = insert(connections).values(
        account_id=account_id,
        tenant_id=tenant_id,
        workspace_id=workspace_id,
        grant_id=grant_id,
        generation=1,
        created_at=now,
        usage_count=0,
    )
    await connection.execute(
        fresh.on_conflict_do_update(
            index_elements=[connections.c.account_id, connections.c.tenant_id], set_={"grant_id": grant_id}
        )
    )


async def grant_of(connection: AsyncConnection, account_id: int, tenant_id: str) -> int | None:
    query = select(connections.c.grant_id).where(
        connections.c.account_id == account_id, connections.c.tenant_id == tenant_id
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def unused(connection: AsyncConnection, grant_id: int) -> bool:
    query = select(~exists().where(connections.c.grant_id == grant_id))
    return bool((await connection.execute(query)).scalar_one())


async def exclusive_grants(connection: AsyncConnection, account_id: int) -> list[int]:
    """Grants that no other account's tenant holds."""
    others = connections.alias()
    query = (
        select(connections.c.grant_id)
        .distinct()
        .where(
            connections.c.account_id == account_id,
            ~exists().where(others.c.grant_id == connections.c.grant_id, others.c.account_id != account_id),
        )
    )
    return list((await connection.execute(query)).scalars())


async def derive_workspaces(connection: AsyncConnection, account_id: int) -> None:
    """Brings `account_workspaces` into line with the account's connections: one row a workspace, the best status."""
    mine = select(connections.c.workspace_id).where(connections.c.account_id == account_id)
    await connection.execute(
        delete(account_workspaces).where(
            account_workspaces.c.account_id == account_id, account_workspaces.c.workspace_id.not_in(mine)
        )
    )
    active = grants.c.status == "active"
    best = (
        select(
            connections.c.account_id,
            connections.c.workspace_id,
            grants.c.workspace_name,
            grants.c.workspace_icon,
            case((active, "active"), else_="needs_reauth"),
        )
        .join(grants, grants.c.id == connections.c.grant_id)
        .where(connections.c.account_id == account_id)
        .ext(distinct_on(connections.c.workspace_id))
        .order_by(connections.c.workspace_id, active.desc(), grants.c.updated_at.desc())
    )
    fresh = insert(account_workspaces).from_select(["account_id", "workspace_id", "name", "icon", "status"], best)
    await connection.execute(
        fresh.on_conflict_do_update(
            index_elements=[account_workspaces.c.account_id, account_workspaces.c.workspace_id],
            set_={"name": fresh.excluded.name, "icon": fresh.excluded.icon, "status": fresh.excluded.status},
        )
    )


async def of_account(connection: AsyncConnection, account_id: int) -> list[Connection]:
    query = (
        select(
            connections.c.tenant_id,
            connections.c.workspace_id,
            grants.c.workspace_name,
            grants.c.workspace_icon,
            grants.c.bot_id,
            grants.c.owner_notion_user_id,
            grants.c.owner_name,
            func.coalesce(grants.c.capabilities, []).label("capabilities"),
            grants.c.status,
            connections.c.created_at,
            connections.c.last_used_at,
            grants.c.last_validated_at,
            connections.c.usage_count,
        )
        .join(grants, grants.c.id == connections.c.grant_id)
        .where(connections.c.account_id == account_id)
        .order_by(connections.c.id)
    )
    rows = [row._mapping for row in await connection.execute(query)]  # noqa: SLF001 -- SQLAlchemy's documented name
    return [Connection(**{**row, "capabilities": tuple(row["capabilities"])}) for row in rows]

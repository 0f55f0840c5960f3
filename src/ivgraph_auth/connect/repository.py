import uuid
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Text, bindparam, case, delete, exists, select, text, tuple_
from sqlalchemy import cast as sa_cast
from sqlalchemy.dialects.postgresql import distinct_on, insert

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.connect.models import Tenant, TenantConnection, TenantGrant
from ivgraph_auth.connect.tables import connections, tenants
from ivgraph_auth.database.connection import Connection, Row, values_of
from ivgraph_auth.vault.repository import described_grants

_grants = described_grants().subquery("grants")
_IS_ITS_TENANT = (tenants.c.account_id == connections.c.account_id) & (tenants.c.tenant_id == connections.c.tenant_id)


# Of each field the column: the connection's own where it has one, else its tenant's, else its grant's.
_CONNECTION = [
    next(table.c[field.name] for table in (connections, tenants, _grants) if field.name in table.c)
    for field in fields(TenantConnection)
]
_CONNECTIONS = select(*_CONNECTION).join(_grants, _grants.c.id == connections.c.grant_id).join(tenants, _IS_ITS_TENANT)


async def get_generation(connection: Connection, tenant: Tenant) -> int:
    """0 for a tenant that never had a connection."""
    query = select(tenants.c.generation).filter_by(**values_of(tenant))
    return (await connection.execute(query)).scalar_one_or_none() or 0


async def next_generation(connection: Connection, tenant: Tenant) -> None:
    first = insert(tenants).values(**values_of(tenant), generation=1)
    await connection.execute(
        first.on_conflict_do_update(
            index_elements=[tenants.c.account_id, tenants.c.tenant_id], set_={"generation": tenants.c.generation + 1}
        )
    )


async def attach(connection: Connection, tenant: Tenant, workspace_id: uuid.UUID, grant_id: int, now: datetime) -> None:
    """Makes the tenant's connection, or gives it its new grant."""
    fresh = insert(connections).values(
        **values_of(tenant), workspace_id=workspace_id, grant_id=grant_id, created_at=now, usage_count=0
    )
    await connection.execute(
        fresh.on_conflict_do_update(
            index_elements=[connections.c.account_id, connections.c.tenant_id], set_={"grant_id": grant_id}
        )
    )


async def detach(connection: Connection, tenant: Tenant) -> int | None:
    """Removes the tenant's connection. Answers which grant it had."""
    statement = delete(connections).where(_is_of(tenant)).returning(connections.c.grant_id)
    return (await connection.execute(statement)).scalar_one_or_none()


async def list_holders(connection: Connection, grant_id: int) -> list[Tenant]:
    """Every account's tenants for which the grant acts."""
    query = select(connections.c.account_id, connections.c.tenant_id).where(connections.c.grant_id == grant_id)
    rows = await connection.execute(query.order_by(connections.c.account_id, connections.c.id))
    return [Tenant(row.account_id, row.tenant_id) for row in rows]


async def list_exclusive_grants(connection: Connection, account_id: int) -> list[int]:
    """Grants that no other account's tenant holds: they would be nobody's without this account."""
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


async def derive_workspaces(connection: Connection, account_id: int) -> None:
    """Brings the account's workspaces into line with its connections: one a workspace, with the best status."""
    active = _grants.c.status == "active"
    best = (
        select(
            connections.c.account_id,
            connections.c.workspace_id,
            _grants.c.workspace_name,
            _grants.c.workspace_icon,
            case((active, "active"), else_="needs_reauth").label("status"),
        )
        .join(_grants, _grants.c.id == connections.c.grant_id)
        .where(connections.c.account_id == account_id)
        .ext(distinct_on(connections.c.workspace_id))
        .order_by(connections.c.workspace_id, active.desc(), _grants.c.updated_at.desc())
    )
    await accounts.replace_workspaces(connection, account_id, best)


async def list_of_account(
    connection: Connection,
    account_id: int,
    *,
    workspace_ids: Collection[uuid.UUID] | None = None,
    after: int = 0,
    most: int | None = None,
) -> list[TenantConnection]:
    """By age, from the one behind `after` on; None: in any workspace."""
    query = _CONNECTIONS.where(connections.c.account_id == account_id, connections.c.id > after)
    if workspace_ids is not None:
        query = query.where(connections.c.workspace_id.in_(workspace_ids))
    rows = await connection.execute(query.order_by(connections.c.id).limit(most))
    return [_connection(row) for row in rows]


async def list_all(
    connection: Connection, after: tuple[int, int], most: int, account_id: int | None
) -> list[tuple[int, TenantConnection]]:
    """By account and age, from the one behind (account, connection) on."""
    query = _CONNECTIONS.add_columns(connections.c.account_id.label("owner_id"))
    query = query.where(tuple_(connections.c.account_id, connections.c.id) > tuple_(*after))
    if account_id is not None:
        query = query.where(connections.c.account_id == account_id)
    rows = await connection.execute(query.order_by(connections.c.account_id, connections.c.id).limit(most))
    return [(row.owner_id, _connection(row)) for row in rows]


async def find(connection: Connection, tenant: Tenant) -> TenantConnection | None:
    row = (await connection.execute(_CONNECTIONS.where(_is_of(tenant)))).one_or_none()
    return _connection(row) if row else None


def _is_of(tenant: Tenant) -> ColumnElement[bool]:
    return (connections.c.account_id == tenant.account_id) & (connections.c.tenant_id == tenant.tenant_id)


def _connection(row: Row) -> TenantConnection:
    return replace(TenantConnection(*row[: len(_CONNECTION)]), capabilities=tuple(row.capabilities or ()))


_TENANT_GRANT = (
    select(
        connections.c.id,
        connections.c.account_id,
        connections.c.tenant_id,
        connections.c.workspace_id,
        connections.c.grant_id,
        tenants.c.generation,
    )
    .join(tenants, _IS_ITS_TENANT)
    .where(connections.c.account_id == bindparam("account_id"))
)
_GRANT_OF_TENANT = _TENANT_GRANT.where(connections.c.tenant_id == bindparam("tenant_id"))
_GRANTS_OF_WORKSPACE = (
    _TENANT_GRANT.where(connections.c.workspace_id == bindparam("workspace_id"))
    .order_by((connections.c.tenant_id == sa_cast(bindparam("workspace_id"), Text)).desc(), connections.c.id)
    .limit(bindparam("most"))
)


async def find_grant(connection: Connection, tenant: Tenant) -> TenantGrant | None:
    row = (await connection.execute(_GRANT_OF_TENANT, values_of(tenant))).one_or_none()
    return _tenant_grant(row) if row else None


async def list_grants_of_workspace(
    connection: Connection, account_id: int, workspace_id: uuid.UUID, *, most: int
) -> list[TenantGrant]:
    """The connection that signing in made first, then by age."""
    values = {"account_id": account_id, "workspace_id": workspace_id, "most": most}
    return [_tenant_grant(row) for row in await connection.execute(_GRANTS_OF_WORKSPACE, values)]


async def list_grants_of_account(connection: Connection, account_id: int) -> list[TenantGrant]:
    return [_tenant_grant(row) for row in await connection.execute(_TENANT_GRANT, {"account_id": account_id})]


def _tenant_grant(row: Row) -> TenantGrant:
    return TenantGrant(row.id, Tenant(row.account_id, row.tenant_id), row.workspace_id, row.grant_id, row.generation)


_LAST_USED = text(
    """
    UPDATE connections SET usage_count = usage_count + used.times, last_used_at = greatest(last_used_at, used.at)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS bigint[]), CAST(:moments AS timestamptz[]))
      AS used (id, times, at)
    WHERE connections.id = used.id
    """
)


async def write_last_used(connection: Connection, used: Mapping[int, tuple[int, datetime]]) -> None:
    """How often each connection was used, and when last."""
    values = {
        "ids": list(used),
        "times": [times for times, _ in used.values()],
        "moments": [moment for _, moment in used.values()],
    }
    await connection.execute(_LAST_USED, values)

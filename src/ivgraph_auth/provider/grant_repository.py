"""What people have let apps do, and what came of it: authorizations with their codes and refresh tokens."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from ivgraph_auth.accounts.repository import is_enabled_account, snapshot_columns, to_snapshot
from ivgraph_auth.core.principal import AccountSnapshot
from ivgraph_auth.database.connection import Connection, Row, count_changed
from ivgraph_auth.database.last_used import execute_last_used, last_used_statement
from ivgraph_auth.provider.models import AppGrant, GrantedApp, LivingAuthorization
from ivgraph_auth.provider.tables import oauth_apps, oauth_authorizations, oauth_grants

_grant, _authorization, _app = oauth_grants.c, oauth_authorizations.c, oauth_apps.c
_LAST_USED = last_used_statement(oauth_grants)
_GRANT = tuple(_grant[item.name] for item in fields(AppGrant))
_LIVING = (
    _authorization.id,
    _grant.account_id,
    _app.id.label("app_id"),
    _app.client_id,
    _app.name.label("app_name"),
    _grant.id.label("grant_id"),
    _grant.scopes.label("granted"),
    _authorization.scopes,
    _grant.workspace_ids,
    _authorization.resources,
    _authorization.auth_time,
    _authorization.revoked_jtis,
    _authorization.jkt,
)
# Those whose grant stands, each with its app and what its person is now; `to_living` reads a row of it.
LIVING = (
    select(*_LIVING, _app.scopes.label("app_scopes"), *snapshot_columns())
    .select_from(oauth_authorizations)
    .join(oauth_grants, _grant.id == _authorization.grant_id)
    .join(oauth_apps, _app.id == _grant.app_id)
    .where(is_enabled_account(_grant.account_id))
)
_FIND_LIVING = LIVING.where(_authorization.id == bindparam("authorization_id"))


async def find_living(
    connection: Connection, authorization_id: uuid.UUID
) -> tuple[LivingAuthorization, AccountSnapshot] | None:
    """One whose grant stands, with the app it is for, and what its person is now."""
    row = (await connection.execute(_FIND_LIVING, {"authorization_id": authorization_id})).one_or_none()
    return to_living(row) if row else None


def to_living(row: Row) -> tuple[LivingAuthorization, AccountSnapshot]:
    found = LivingAuthorization(*row[: len(_LIVING)])
    living = replace(
        found,
        # An app that lost a scope has lost it for whoever allowed it before.
        granted=tuple(scope for scope in found.granted if scope in row.app_scopes),
        scopes=tuple(found.scopes),
        workspace_ids=tuple(found.workspace_ids),
        resources=tuple(found.resources),
        revoked_jtis=frozenset(found.revoked_jtis),
    )
    return living, to_snapshot(row)


async def find(connection: Connection, account_id: int, app_id: int) -> AppGrant | None:
    query = select(*_GRANT).where(_grant.account_id == account_id, _grant.app_id == app_id)
    row = (await connection.execute(query)).one_or_none()
    return _to_grant(row) if row else None


async def hold(connection: Connection, grant_id: int) -> bool:
    """Whether it stands; until the transaction ends nobody withdraws it."""
    query = select(_grant.id).where(_grant.id == grant_id).with_for_update(read=True, key_share=True)
    return (await connection.execute(query)).one_or_none() is not None


async def put(
    connection: Connection,
    account_id: int,
    app_id: int,
    scopes: Sequence[str],
    workspace_ids: Sequence[uuid.UUID],
    now: datetime,
) -> int:
    """What a person has just ticked, in place of what they had. Answers the grant's id."""
    values = {"scopes": list(scopes), "workspace_ids": list(workspace_ids)}
    statement = insert_or(oauth_grants).values(account_id=account_id, app_id=app_id, created_at=now, **values)
    kept = statement.on_conflict_do_update(constraint="uq_oauth_grants_account_id_app_id", set_=values)
    grant_id: int = (await connection.execute(kept.returning(_grant.id))).scalar_one()
    return grant_id


async def list_of_account(connection: Connection, account_id: int) -> list[GrantedApp]:
    """Without the scopes that an app has lost."""
    query = (
        select(*_GRANT, _app.client_id, _app.name, _app.registration, _app.scopes.label("app_scopes"))
        .join(oauth_apps, _app.id == _grant.app_id)
        .where(_grant.account_id == account_id)
        .order_by(_grant.id.desc())
    )
    return [
        GrantedApp(_narrow(_to_grant(row[: len(_GRANT)]), row.app_scopes), row.client_id, row.name, row.registration)
        for row in await connection.execute(query)
    ]


async def remove(connection: Connection, account_id: int, grant_id: int) -> int | None:
    """With all that it gave. Answers the app's id; None when there is none."""
    statement = delete(oauth_grants).where(_grant.account_id == account_id, _grant.id == grant_id)
    app_id: int | None = (await connection.execute(statement.returning(_grant.app_id))).scalar_one_or_none()
    return app_id


async def write_last_used(connection: Connection, used: Mapping[int, datetime]) -> None:
    await execute_last_used(connection, _LAST_USED, used)


async def remove_all(connection: Connection, account_id: int) -> int:
    return await count_changed(connection, delete(oauth_grants).where(_grant.account_id == account_id))


async def list_accounts_of_app(connection: Connection, app_id: int) -> list[int]:
    return list((await connection.execute(select(_grant.account_id).where(_grant.app_id == app_id))).scalars())


async def add_authorization(
    connection: Connection,
    authorization_id: uuid.UUID,
    grant_id: int,
    scopes: Sequence[str],
    resources: Sequence[str],
    auth_time: datetime,
    jkt: str | None,
    now: datetime,
) -> None:
    values = {
        "id": authorization_id,
        "grant_id": grant_id,
        "scopes": list(scopes),
        "resources": list(resources),
        "auth_time": auth_time,
        "created_at": now,
        "revoked_jtis": [],
        "jkt": jkt,
    }
    await connection.execute(insert(oauth_authorizations).values(**values))


async def end_authorization(connection: Connection, authorization_id: uuid.UUID) -> int | None:
    """Its tokens are good no more. Answers whose it was; None when it was gone."""
    statement = (
        delete(oauth_authorizations)
        .where(_authorization.id == authorization_id, _authorization.grant_id == _grant.id)
        .returning(_grant.account_id)
    )
    account_id: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return account_id


async def revoke_jti(connection: Connection, authorization_id: uuid.UUID, jti: str) -> None:
    statement = update(oauth_authorizations).where(_authorization.id == authorization_id)
    await connection.execute(statement.values(revoked_jtis=func.array_append(_authorization.revoked_jtis, jti)))


def _narrow(grant: AppGrant, scopes: Collection[str]) -> AppGrant:
    return replace(grant, scopes=tuple(scope for scope in grant.scopes if scope in scopes))


def _to_grant(row: Row) -> AppGrant:
    grant = AppGrant(*row)
    return replace(grant, scopes=tuple(grant.scopes), workspace_ids=tuple(grant.workspace_ids))

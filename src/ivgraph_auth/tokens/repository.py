from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Text, and_, bindparam, cast, func, insert, literal, or_, select, update

from ivgraph_auth.accounts.repository import is_enabled_account, snapshot_columns, to_snapshot
from ivgraph_auth.audit import repository as audit
from ivgraph_auth.audit.models import Entry
from ivgraph_auth.core.principal import AccountSnapshot, Scope
from ivgraph_auth.database.connection import Connection, Row, values_of
from ivgraph_auth.database.last_used import execute_last_used, last_used_statement
from ivgraph_auth.tokens.models import LivingToken, ServiceToken
from ivgraph_auth.tokens.tables import service_tokens

_TOKEN = tuple(service_tokens.c[field.name] for field in fields(ServiceToken))
_LIVING_TOKEN = tuple(service_tokens.c[field.name] for field in fields(LivingToken))
# Built once: to build such a statement takes longer than to run it.
_NOT_EXPIRED = or_(service_tokens.c.expires_at.is_(None), service_tokens.c.expires_at > bindparam("now"))
_LIVING = select(*_LIVING_TOKEN, *snapshot_columns()).where(
    service_tokens.c.token_hash == bindparam("token_hash"),
    service_tokens.c.revoked_at.is_(None),
    _NOT_EXPIRED,
    is_enabled_account(service_tokens.c.account_id),
)
_LAST_USED = last_used_statement(service_tokens)
# The id is the database's to choose.
_COLUMNS = ("token_hash", *(field.name for field in fields(ServiceToken) if field.name != "id"))
_ACTIVE = (
    select(func.count())
    .where(
        service_tokens.c.account_id == bindparam("account_id"),
        service_tokens.c.revoked_at.is_(None),
        _NOT_EXPIRED,
    )
    .scalar_subquery()
)
_VALUES = [bindparam(name, type_=service_tokens.c[name].type) for name in _COLUMNS]
_added = (
    insert(service_tokens)
    .from_select(_COLUMNS, select(*_VALUES).where(bindparam("most_active") > _ACTIVE))
    .returning(service_tokens.c.id)
    .cte("added")
)
_AUDITED = audit.add_when(_added, literal("token ", Text) + cast(_added.c.id, Text))
# One round trip less, while the account is locked.
_ADD = select(_added.c.id).add_cte(_AUDITED)


async def find_living(
    connection: Connection, token_hash: bytes, now: datetime
) -> tuple[LivingToken, AccountSnapshot] | None:
    row = (await connection.execute(_LIVING, {"token_hash": token_hash, "now": now})).one_or_none()
    if row is None:
        return None
    token_id, account_id, scopes, workspace_ids, all_workspaces, expires_at = row[: len(_LIVING_TOKEN)]
    scopes = tuple([Scope(scope) for scope in scopes])
    token = LivingToken(token_id, account_id, scopes, tuple(workspace_ids), all_workspaces, expires_at)
    return token, to_snapshot(row)


async def add(
    connection: Connection, token: ServiceToken, token_hash: bytes, entry: Entry, *, now: datetime, most_active: int
) -> int | None:
    """Stores it under a new id, which is answered, and `entry` as its audit row; `token.id` is not looked at. None when
    so many are active already, which is exact only while the account is locked.
    """
    values = {**values_of(token), "token_hash": token_hash, "now": now, "most_active": most_active}
    row = {**values, **audit.values_to_add(entry, now)}
    new_id: int | None = (await connection.execute(_ADD, row)).scalar_one_or_none()
    return new_id


async def list_unrevoked(connection: Connection, account_id: int) -> list[ServiceToken]:
    query = (
        select(*_TOKEN)
        .where(service_tokens.c.account_id == account_id, service_tokens.c.revoked_at.is_(None))
        .order_by(service_tokens.c.created_at.desc(), service_tokens.c.id.desc())
    )
    return [_token(row) for row in await connection.execute(query)]


async def rename(connection: Connection, account_id: int, token_id: int, name: str) -> ServiceToken | None:
    statement = (
        update(service_tokens)
        .where(_is_unrevoked(token_id), service_tokens.c.account_id == account_id)
        .values(name=name)
        .returning(*_TOKEN)
    )
    row = (await connection.execute(statement)).one_or_none()
    return _token(row) if row else None


async def revoke(connection: Connection, token_id: int, now: datetime, *, account_id: int | None) -> int | None:
    """One of this account, or whoever it belongs to. Answers whose it was; None when there is none to revoke."""
    statement = (
        update(service_tokens)
        .where(_is_unrevoked(token_id))
        .values(revoked_at=now)
        .returning(service_tokens.c.account_id)
    )
    if account_id is not None:
        statement = statement.where(service_tokens.c.account_id == account_id)
    owner_id: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return owner_id


def _is_unrevoked(token_id: int) -> ColumnElement[bool]:
    return and_(service_tokens.c.id == token_id, service_tokens.c.revoked_at.is_(None))


async def revoke_all(connection: Connection, account_id: int, now: datetime) -> list[int]:
    """Answers which there were, expired ones left out."""
    statement = (
        update(service_tokens)
        .where(
            service_tokens.c.account_id == account_id,
            service_tokens.c.revoked_at.is_(None),
            or_(service_tokens.c.expires_at.is_(None), service_tokens.c.expires_at > now),
        )
        .values(revoked_at=now)
        .returning(service_tokens.c.id)
    )
    return sorted((await connection.execute(statement)).scalars())


async def write_last_used(connection: Connection, used: Mapping[int, datetime]) -> None:
    await execute_last_used(connection, _LAST_USED, used)


def _token(row: Row) -> ServiceToken:
    scopes, workspace_ids = tuple(map(Scope, row.scopes)), tuple(row.workspace_ids)
    return replace(ServiceToken(*row), scopes=scopes, workspace_ids=workspace_ids)

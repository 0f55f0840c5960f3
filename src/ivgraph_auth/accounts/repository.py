"""Accounts, and the one way in which an account's snapshot is read beside a credential."""

import uuid
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.accounts.models import Account, Person
from ivgraph_auth.accounts.tables import account_workspaces, accounts
from ivgraph_auth.core.principal import AccountSnapshot, Role, Workspace
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.database.connection import Connection, Row, values_of

_ACCOUNT = tuple(accounts.c[field.name] for field in fields(Account))
_SNAPSHOT = tuple(field.name for field in fields(AccountSnapshot) if field.init)
_MOST_ID_DIGITS = 18  # what a bigint holds, whichever they are


def snapshot_columns() -> tuple[ColumnElement[Any], ...]:
    """What a query on a credential selects after its own columns; `is_account` joins them."""
    workspaces = (
        select(
            func.jsonb_agg(
                func.jsonb_build_array(
                    account_workspaces.c.workspace_id,
                    account_workspaces.c.name,
                    account_workspaces.c.icon,
                    account_workspaces.c.status,
                ).op("ORDER BY")(account_workspaces.c.workspace_id)
            )
        )
        .where(account_workspaces.c.account_id == accounts.c.id)
        .correlate(accounts)
        .scalar_subquery()
    )
    derived = {"account_id": accounts.c.id, "disabled": accounts.c.disabled_at.is_not(None), "workspaces": workspaces}
    columns = {name: derived[name] if name in derived else accounts.c[name] for name in _SNAPSHOT}
    # Labels of their own, since most tables have an `account_id` and a `created_at`.
    return tuple(column.label(f"snapshot_{name}") for name, column in columns.items())


def is_account(account_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Joins `accounts` to a query that selects its columns."""
    return accounts.c.id == account_id


def is_enabled_account(account_id: ColumnElement[int]) -> ColumnElement[bool]:
    return is_account(account_id) & accounts.c.disabled_at.is_(None)


def to_snapshot(row: Row) -> AccountSnapshot:
    """From a row that ends in `snapshot_columns`."""
    account_id, notion_user_id, role, disabled, held, *profile = row[-len(_SNAPSHOT) :]
    workspaces = tuple([Workspace(uuid.UUID(item[0]), *item[1:]) for item in held or ()])
    return AccountSnapshot(account_id, notion_user_id, Role(role), disabled, workspaces, *profile)


_LOCKED = select(*snapshot_columns()).where(accounts.c.id == bindparam("account_id")).with_for_update(of=accounts)


async def lock(connection: Connection, account_id: int) -> AccountSnapshot | None:
    """Holds the account's row until the transaction ends: whatever changes an account's rights takes this first."""
    row = (await connection.execute(_LOCKED, {"account_id": account_id})).one_or_none()
    return to_snapshot(row) if row else None


async def get(connection: Connection, account_id: int) -> AccountSnapshot | None:
    query = select(*snapshot_columns()).where(accounts.c.id == account_id)
    row = (await connection.execute(query)).one_or_none()
    return to_snapshot(row) if row else None


async def upsert(connection: Connection, person: Person, now: datetime) -> Account:
    """Creates the account of this Notion user, or brings its profile up to date; what Notion left out stays."""
    fresh = insert(accounts).values(**values_of(person), role=Role.MEMBER.value, created_at=now, last_login_at=now)
    known = fresh.excluded
    statement = fresh.on_conflict_do_update(
        index_elements=[accounts.c.notion_user_id],
        set_={
            "email": func.coalesce(known.email, accounts.c.email),
            # Whether an address is verified is a word about that address only.
            "email_verified": known.email_verified & known.email.is_not(None),
            "name": func.coalesce(known.name, accounts.c.name),
            "avatar_url": func.coalesce(known.avatar_url, accounts.c.avatar_url),
            "last_login_at": known.last_login_at,
        },
    ).returning(*_ACCOUNT)
    return _account((await connection.execute(statement)).one())


async def set_role(connection: Connection, account_id: int, role: Role) -> None:
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(role=role.value))


async def set_disabled(connection: Connection, account_id: int, moment: datetime | None) -> None:
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(disabled_at=moment))


async def replace_workspaces(connection: Connection, account_id: int, held: Select[Any]) -> None:
    """Brings `account_workspaces` into line with `held`: the account's id, and workspace id, name, icon and status."""
    rows = held.subquery()
    gone = account_workspaces.c.workspace_id.not_in(select(rows.c[1]))
    await connection.execute(delete(account_workspaces).where(account_workspaces.c.account_id == account_id, gone))
    fresh = insert(account_workspaces).from_select(["account_id", "workspace_id", "name", "icon", "status"], held)
    await connection.execute(
        fresh.on_conflict_do_update(
            index_elements=[account_workspaces.c.account_id, account_workspaces.c.workspace_id],
            set_={"name": fresh.excluded.name, "icon": fresh.excluded.icon, "status": fresh.excluded.status},
        )
    )


async def remove(connection: Connection, account_id: int) -> None:
    """Everything that hangs on the account goes with it, by ON DELETE CASCADE."""
    await connection.execute(delete(accounts).where(accounts.c.id == account_id))


async def find(connection: Connection, who: str) -> list[Account]:
    """By account id, by Notion user id, or by e-mail address in any case."""
    condition = func.lower(accounts.c.email) == who.lower()
    if who.isascii() and who.isdigit() and len(who) <= _MOST_ID_DIGITS:
        condition |= accounts.c.id == int(who)
    notion_user_id = parse_notion_id(who)
    if notion_user_id is not None:
        condition |= accounts.c.notion_user_id == notion_user_id
    query = select(*_ACCOUNT).where(condition).order_by(accounts.c.id)
    return [_account(row) for row in await connection.execute(query)]


async def list_all(connection: Connection) -> list[Account]:
    return [_account(row) for row in await connection.execute(select(*_ACCOUNT).order_by(accounts.c.id))]


def _account(row: Row) -> Account:
    return replace(Account(*row), role=Role(row.role))

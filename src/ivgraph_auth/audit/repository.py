from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from operator import eq, ge, lt
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from ivgraph_auth.audit.models import (
    NOT_SUCCESS,
    SUCCESS,
    Actor,
    AuditFilter,
    AuditRecord,
    Completion,
    Entry,
    Outcome,
    Place,
)
from ivgraph_auth.audit.tables import audit_events
from ivgraph_auth.database.connection import Connection, count_changed

_COLUMNS = tuple(column.name for column in audit_events.c if not column.primary_key)
# What a record says in the words of its row.
_RECORDED = tuple(field.name for field in fields(AuditRecord) if field.name != "actor")
_place = tuple_(audit_events.c.at, audit_events.c.id)
# Word for word as in the indexes that have no successes.
_NO_SUCCESS = literal_column("outcome") != literal_column("'success'")
_ADD = insert(audit_events).values({name: bindparam(name) for name in _COLUMNS})


def add_when(added: FromClause, operation: ColumnElement[str]) -> CTE:
    """A part of a statement that adds the row of `values_to_add` for each row of `added`, whose operation only that row
    can name.
    """
    columns = {name: bindparam(name, type_=audit_events.c[name].type) for name in _COLUMNS}
    row = select(*({**columns, "operation": operation}.values())).select_from(added)
    return insert(audit_events).from_select(list(columns), row).cte("audited")


def values_to_add(entry: Entry, at: datetime) -> dict[str, object]:
    """Of a success. Its operation is what `add_when` was given."""
    values = _values(entry, at, SUCCESS, None)
    del values["operation"]
    return values


def start_when(condition: FromClause) -> ReturningInsert[tuple[int]]:
    """Adds the row of `start_values`, if they are of one, as often as `condition` has rows. Answers its id."""
    columns = {name: bindparam(name, type_=audit_events.c[name].type) for name in _COLUMNS}
    row = select(*columns.values()).select_from(condition).where(bindparam("audited", type_=Boolean))
    return insert(audit_events).from_select(list(columns), row).returning(audit_events.c.id)


def start_values(entry: Entry | None, at: datetime) -> dict[str, object]:
    if entry is None:
        return {"audited": False, **dict.fromkeys(_COLUMNS)}
    return {"audited": True, **_values(entry, at, Outcome.STARTED.value, None)}


async def add(
    connection: Connection, entry: Entry, at: datetime, *, outcome: str, notion_request_id: str | None
) -> None:
    await connection.execute(_ADD, _values(entry, at, outcome, notion_request_id))


def _values(entry: Entry, at: datetime, outcome: str, notion_request_id: str | None) -> dict[str, object]:
    return {
        "at": at,
        "event": entry.event.value,
        "outcome": outcome,
        "account_id": entry.account_id,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "tenant_id": entry.tenant_id,
        "operation": entry.operation,
        "notion_request_id": notion_request_id,
        "request_id": entry.caller.request_id,
        "address": entry.caller.address,
        "user_agent": entry.caller.user_agent,
    }


async def forget_person(connection: Connection, account_id: int) -> None:
    """Leaves of an account's rows what happened and the id alone."""
    statement = update(audit_events).where(audit_events.c.account_id == account_id)
    await connection.execute(statement.values(address=None, user_agent=None, tenant_id=None))


async def prune(connection: Connection, before: datetime, most: int) -> int:
    """Removes at most so many rows, so that no transaction is long. Answers how many went."""
    old = select(audit_events.c.id).where(audit_events.c.at < before).limit(most)
    return await count_changed(connection, delete(audit_events).where(audit_events.c.id.in_(old)))


async def page(connection: Connection, wanted: AuditFilter, *, before: Place | None, most: int) -> list[AuditRecord]:
    """Newest first, those that come before that place."""
    query = _select(wanted, most).order_by(audit_events.c.at.desc(), audit_events.c.id.desc())
    return await _records(connection, query.where(_place < before) if before else query)


async def export(connection: Connection, wanted: AuditFilter, *, after: Place | None, most: int) -> list[AuditRecord]:
    """Oldest first, those that come after that place."""
    query = _select(wanted, most).order_by(audit_events.c.at, audit_events.c.id)
    return await _records(connection, query.where(_place > after) if after else query)


def _select(wanted: AuditFilter, most: int) -> Select[Any]:
    return select(audit_events).where(*_conditions(wanted)).limit(most)


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    columns, actor = audit_events.c, wanted.actor
    asked = [
        (columns.account_id, eq, wanted.within),
        (columns.account_id, eq, wanted.account_id),
        (columns.event, eq, wanted.event),
        (columns.outcome, eq, None if wanted.outcome == NOT_SUCCESS else wanted.outcome),
        (columns.actor_kind, eq, actor.kind if actor else None),
        (columns.actor_id, eq, actor.id if actor else None),
        (columns.tenant_id, eq, wanted.tenant_id),
        (columns.at, ge, wanted.since),
        (columns.at, lt, wanted.until),
    ]
    conditions = [compare(column, value) for column, compare, value in asked if value is not None]
    return [*conditions, _NO_SUCCESS] if wanted.outcome not in (None, SUCCESS) else conditions


async def _records(connection: Connection, query: Select[Any]) -> list[AuditRecord]:
    return [
        AuditRecord(actor=Actor(row.actor_kind, row.actor_id), **{name: getattr(row, name) for name in _RECORDED})
        for row in await connection.execute(query)
    ]


# Not waiting for the disk: a database that crashes just then may leave them started, which is what they were.
_COMPLETE = text(
    """
    UPDATE audit_events SET outcome = ended.outcome, notion_request_id = ended.notion_request_id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:outcomes AS text[]), CAST(:notion_request_ids AS text[]))
      AS ended (id, outcome, notion_request_id), set_config('synchronous_commit', 'off', true)
    WHERE audit_events.id = ended.id AND audit_events.outcome = 'started'
    """
)


async def complete(connection: Connection, ended: Sequence[Completion]) -> None:
    values = {
        "ids": [item.id for item in ended],
        "outcomes": [item.outcome for item in ended],
        "notion_request_ids": [item.notion_request_id for item in ended],
    }
    await connection.execute(_COMPLETE, values)

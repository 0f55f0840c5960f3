from collections.abc import Sequence
from datetime import datetime
from operator import eq, ge, lt

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
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
    Event,
    Outcome,
    Place,
)
from ivgraph_auth.audit.tables import audit_events
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.database.connection import Connection, Row, count_changed

_COLUMNS = (
    "at",
    "event",
    "outcome",
    "account_id",
    "actor_kind",
    "actor_id",
    "tenant_id",
    "operation",
    "notion_request_id",
    "request_id",
    "address",
    "user_agent",
)
# Word for word as in the indexes that have no successes.
_NO_SUCCESS = literal_column("outcome") != literal_column("'success'")
_ADD = insert(audit_events).values({name: bindparam(name) for name in _COLUMNS})


def start_when(condition: FromClause) -> ReturningInsert[tuple[int]]:
    """Adds the row of `start_values`, if they are of one, as often as `condition` has rows. Answers its id."""
    columns = {name: bindparam(name, type_=audit_events.c[name].type) for name in _COLUMNS}
    row = select(*columns.values()).select_from(condition).where(bindparam("audited", type_=Boolean))
    return insert(audit_events).from_select(list(columns), row).returning(audit_events.c.id)


def start_values(entry: Entry | None, at: datetime) -> dict[str, object]:
    if entry is None:
        return {"audited": False, **dict.fromkeys(_COLUMNS)}
    return {
        "audited": True,
        "at": at,
        "event": entry.event.value,
        "outcome": Outcome.STARTED.value,
        "account_id": entry.account_id,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "tenant_id": entry.tenant_id,
        "operation": entry.operation,
        "notion_request_id": None,
        "request_id": entry.caller.request_id,
        "address": entry.caller.address,
        "user_agent": entry.caller.user_agent,
    }


async def add(  # noqa: PLR0913 -- one row, one column each
    connection: Connection,
    *,
    at: datetime,
    event: Event,
    outcome: str,
    account_id: int | None,
    actor: Actor,
    caller: ClientInfo,
    tenant_id: str | None,
    operation: str | None,
    notion_request_id: str | None,
) -> None:
    row = {
        "at": at,
        "event": event.value,
        "outcome": outcome,
        "account_id": account_id,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "tenant_id": tenant_id,
        "operation": operation,
        "notion_request_id": notion_request_id,
        "request_id": caller.request_id,
        "address": caller.address,
        "user_agent": caller.user_agent,
    }
    await connection.execute(_ADD, row)


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
    place = tuple_(audit_events.c.at, audit_events.c.id)
    query = (
        select(audit_events).where(*_conditions(wanted)).order_by(audit_events.c.at.desc(), audit_events.c.id.desc())
    )
    if before:
        query = query.where(place < before)
    return [_record(row) for row in await connection.execute(query.limit(most))]


async def export(connection: Connection, wanted: AuditFilter, *, after: Place | None, most: int) -> list[AuditRecord]:
    """Oldest first, those that come after that place."""
    place = tuple_(audit_events.c.at, audit_events.c.id)
    query = select(audit_events).where(*_conditions(wanted)).order_by(audit_events.c.at, audit_events.c.id)
    if after:
        query = query.where(place > after)
    return [_record(row) for row in await connection.execute(query.limit(most))]


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


def _record(row: Row) -> AuditRecord:
    return AuditRecord(
        id=row.id,
        at=row.at,
        event=row.event,
        outcome=row.outcome,
        account_id=row.account_id,
        actor=Actor(row.actor_kind, row.actor_id),
        tenant_id=row.tenant_id,
        operation=row.operation,
        notion_request_id=row.notion_request_id,
        request_id=row.request_id,
        address=row.address,
        user_agent=row.user_agent,
    )


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

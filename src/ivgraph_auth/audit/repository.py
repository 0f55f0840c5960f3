from collections.abc import Sequence
from datetime import datetime
from operator import eq, ge, lt

from sqlalchemy import bindparam, delete, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivgraph_auth.audit.models import Actor, AuditFilter, AuditRecord, Completion, Event
from ivgraph_auth.audit.tables import audit_events
from ivgraph_auth.core.database import AnyConnection, AnyRow
from ivgraph_auth.core.direct import Direct
from ivgraph_auth.core.principal import Caller

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
_ADD = insert(audit_events).values({name: bindparam(name) for name in _COLUMNS})


async def add(  # noqa: PLR0913 -- one row, one column each
    connection: AnyConnection,
    *,
    at: datetime,
    event: Event,
    outcome: str,
    account_id: int | None,
    actor: Actor,
    caller: Caller,
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


async def forget_person(connection: AsyncConnection, account_id: int) -> None:
    """Leaves of an account's rows what happened and the id alone."""
    statement = update(audit_events).where(audit_events.c.account_id == account_id)
    await connection.execute(statement.values(address=None, user_agent=None, tenant_id=None))


async def prune(connection: AsyncConnection, before: datetime, most: int) -> int:
    """Removes at most so many rows, so that no transaction is long. Answers how many went."""
    old = select(audit_events.c.id).where(audit_events.c.at < before).limit(most)
    return (await connection.execute(delete(audit_events).where(audit_events.c.id.in_(old)))).rowcount


async def page(connection: AsyncConnection, wanted: AuditFilter, *, before: int | None, most: int) -> list[AuditRecord]:
    """Newest first, those with an id below `before`."""
    columns, actor = audit_events.c, wanted.actor
    asked = [
        (columns.id, lt, before),
        (columns.account_id, eq, wanted.account_id),
        (columns.event, eq, wanted.event),
        (columns.outcome, eq, wanted.outcome),
        (columns.actor_kind, eq, actor.kind if actor else None),
        (columns.actor_id, eq, actor.id if actor else None),
        (columns.tenant_id, eq, wanted.tenant_id),
        (columns.at, ge, wanted.since),
        (columns.at, lt, wanted.until),
    ]
    conditions = [compare(column, value) for column, compare, value in asked if value is not None]
    query = select(audit_events).where(*conditions).order_by(columns.id.desc()).limit(most)
    return [_record(row) for row in await connection.execute(query)]


def _record(row: AnyRow) -> AuditRecord:
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


async def export(
    connection: AsyncConnection, wanted: AuditFilter, *, after: AuditRecord | None, most: int
) -> list[AuditRecord]:
    """Oldest first, those that come after that one. Of the filter, only event and times count."""
    columns = audit_events.c
    asked = [(columns.event, eq, wanted.event), (columns.at, ge, wanted.since), (columns.at, lt, wanted.until)]
    conditions = [compare(column, value) for column, compare, value in asked if value is not None]
    if after:
        conditions.append(tuple_(columns.at, columns.id) > (after.at, after.id))
    query = select(audit_events).where(*conditions).order_by(columns.at, columns.id).limit(most)
    return [_record(row) for row in await connection.execute(query)]


_COMPLETE = text(
    """
    UPDATE audit_events SET outcome = ended.outcome, notion_request_id = ended.notion_request_id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:outcomes AS text[]), CAST(:notion_request_ids AS text[]))
      AS ended (id, outcome, notion_request_id)
    WHERE audit_events.id = ended.id AND audit_events.outcome = 'started'
    """
)


async def complete(connection: Direct, ended: Sequence[Completion]) -> None:
    values = {
        "ids": [item.id for item in ended],
        "outcomes": [item.outcome for item in ended],
        "notion_request_ids": [item.notion_request_id for item in ended],
    }
    await connection.execute(_COMPLETE, values)

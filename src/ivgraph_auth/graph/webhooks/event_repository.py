"""Which webhooks came in the last two days, and when each workspace was told of."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.graph.webhooks.models import EventCount, WebhookEvent
from ivgraph_auth.graph.webhooks.tables import webhook_events, webhook_workspaces

_event, _workspace = webhook_events.c, webhook_workspaces.c
_MOST_COUNTS = 100


async def note(connection: Connection, event: WebhookEvent, outcome: str, now: ColumnElement[datetime]) -> bool:
    """False when it was noted before, by whichever process."""
    statement = insert(webhook_events).values(
        id=event.id,
        type=event.type,
        outcome=outcome,
        notion_id=event.entity.id if event.entity else None,
        received_at=now,
    )
    return (await connection.execute(statement.on_conflict_do_nothing().returning(_event.id))).one_or_none() is not None


async def note_workspace(connection: Connection, workspace_id: uuid.UUID) -> None:
    """By the database's own clock, as runs are."""
    statement = insert(webhook_workspaces).values(workspace_id=workspace_id, last_event_at=func.clock_timestamp())
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[_workspace.workspace_id], set_={"last_event_at": statement.excluded.last_event_at}
        )
    )


async def last_received_at(connection: Connection) -> datetime | None:
    """Of those that are remembered."""
    found: datetime | None = (await connection.execute(select(func.max(_event.received_at)))).scalar_one()
    return found


async def count_since(connection: Connection, since: ColumnElement[datetime]) -> list[EventCount]:
    count = func.count().label("count")
    query = select(_event.type, _event.outcome, count).where(_event.received_at > since)
    grouped = query.group_by(_event.type, _event.outcome).order_by(count.desc(), _event.type, _event.outcome)
    return [EventCount(*row) for row in await connection.execute(grouped.limit(_MOST_COUNTS))]


async def prune(connection: Connection, now: ColumnElement[datetime], kept: timedelta, most: int) -> int:
    old = select(_event.id).where(_event.received_at < now - kept).limit(most)
    return await count_changed(connection, delete(webhook_events).where(_event.id.in_(old)))

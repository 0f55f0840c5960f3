"""The door, and the one subscription."""

import uuid
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection, count_changed, values_of
from ivgraph_auth.graph.webhooks.models import SubscriptionRow
from ivgraph_auth.graph.webhooks.tables import webhook_doors, webhook_subscriptions, webhook_workspaces
from ivgraph_auth.keys.models import SealedTable
from ivgraph_auth.vault.models import SealedCredential

_kept, _door = webhook_subscriptions.c, webhook_doors.c
_COLUMNS = tuple(_kept[field.name] for field in fields(SubscriptionRow))
_ONLY = 1


def token_identity(subscription_id: uuid.UUID) -> str:
    """What a sealed verification token is bound to."""
    return f"webhook_subscription:{subscription_id.hex}"


def _identity(row: Mapping[str, Any]) -> str:
    return token_identity(row["id"])


SEALED_SUBSCRIPTIONS = SealedTable(
    table=webhook_subscriptions,
    row="webhook subscription",
    id=_kept.id,
    sealed=_kept.sealed,
    key_id=_kept.key_id,
    bound_to=(_kept.id,),
    identity=_identity,
)


async def open_door(connection: Connection, now: ColumnElement[datetime], lasts: timedelta) -> datetime:
    """Until when it is open, by the database's clock."""
    statement = insert(webhook_doors).values(id=_ONLY, open_until=now + lasts)
    renewed = statement.on_conflict_do_update(
        index_elements=[_door.id], set_={"open_until": statement.excluded.open_until}
    )
    until: datetime = (await connection.execute(renewed.returning(_door.open_until))).scalar_one()
    return until


async def door_open_until(connection: Connection, now: ColumnElement[datetime]) -> datetime | None:
    """None while it is shut."""
    query = select(_door.open_until).where(_door.open_until > now)
    until: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return until


async def go_through_door(connection: Connection, now: ColumnElement[datetime]) -> bool:
    """Shuts it. Of several that come at once, one alone finds it open."""
    return await count_changed(connection, delete(webhook_doors).where(_door.open_until > now)) == 1


async def shut_door(connection: Connection) -> None:
    await connection.execute(delete(webhook_doors))


async def find(connection: Connection) -> SubscriptionRow | None:
    row = (await connection.execute(select(*_COLUMNS))).one_or_none()
    return SubscriptionRow(*row) if row else None


async def replace(
    connection: Connection, subscription_id: uuid.UUID, token: SealedCredential, now: ColumnElement[datetime]
) -> None:
    """In place of the one before."""
    await remove(connection)
    values = {"id": subscription_id, "single": True, **values_of(token), "received_at": now}
    await connection.execute(insert(webhook_subscriptions).values(values))


async def mark_shown(connection: Connection, subscription_id: uuid.UUID, now: ColumnElement[datetime]) -> bool:
    """Once: False when it was shown before, or is gone."""
    statement = update(webhook_subscriptions).where(_kept.id == subscription_id, _kept.shown_at.is_(None))
    return await count_changed(connection, statement.values(shown_at=now)) == 1


async def mark_confirmed(connection: Connection, subscription_id: uuid.UUID, now: ColumnElement[datetime]) -> bool:
    """Once, as `mark_shown`."""
    statement = update(webhook_subscriptions).where(_kept.id == subscription_id, _kept.confirmed_at.is_(None))
    return await count_changed(connection, statement.values(confirmed_at=now)) == 1


async def remove(connection: Connection) -> bool:
    """False when there is none. No workspace is told of any more."""
    await connection.execute(delete(webhook_workspaces))
    return await count_changed(connection, delete(webhook_subscriptions)) == 1

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.audit.tables import audit_events
from ivgraph_auth.core.database import AnyConnection
from ivgraph_auth.core.principal import Caller

_COLUMNS = (
    "at",
    "event",
    "outcome",
    "account_id",
    "actor_kind",
    "actor_id",
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

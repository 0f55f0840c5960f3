"""The journal of refreshes: what was asked of Notion, and who is at it."""

import uuid
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.vault.models import InterruptedRefresh
from ivgraph_auth.vault.tables import grant_refreshes, grants

_NOW = func.clock_timestamp()
_journal = grant_refreshes.c
_INTERRUPTED_AT = func.coalesce(_journal.interrupted_at, _journal.started_at)


async def claim_refresh(connection: Connection, grant_id: int, attempt_id: uuid.UUID, hold: timedelta) -> bool:
    """False while somebody else holds it. One that was never finished is remembered as interrupted."""
    # By the database's clock, here and below: whoever waits may have a clock of its own.
    mine = {"attempt_id": attempt_id, "started_at": _NOW, "held_until": _NOW + hold}
    fresh = insert(grant_refreshes).values(grant_id=grant_id, **mine)
    claimed = fresh.on_conflict_do_update(
        index_elements=[_journal.grant_id],
        set_={**mine, "interrupted_at": _INTERRUPTED_AT},
        where=_journal.held_until <= _NOW,
    )
    return (await connection.execute(claimed.returning(_journal.grant_id))).one_or_none() is not None


async def settle_refresh(connection: Connection, grant_id: int, attempt_id: uuid.UUID) -> None:
    """The attempt is over, and nothing of it is lost."""
    await connection.execute(delete(grant_refreshes).where(_is_attempt(grant_id, attempt_id)))


async def refuse_refresh(connection: Connection, grant_id: int, attempt_id: uuid.UUID) -> None:
    """Notion said no. When an earlier attempt was interrupted, that may be why, and the row goes on telling of it."""
    mine = _is_attempt(grant_id, attempt_id)
    await connection.execute(delete(grant_refreshes).where(mine, _journal.interrupted_at.is_(None)))
    await connection.execute(update(grant_refreshes).where(mine).values(held_until=_NOW))


async def release_refresh(connection: Connection, grant_id: int, attempt_id: uuid.UUID) -> None:
    """The attempt is over, and what Notion did is not known: others may try, and the row tells of it."""
    mine = update(grant_refreshes).where(_is_attempt(grant_id, attempt_id))
    await connection.execute(mine.values(held_until=_NOW, interrupted_at=_INTERRUPTED_AT))


def _is_attempt(grant_id: int, attempt_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(_journal.grant_id == grant_id, _journal.attempt_id == attempt_id)


async def forget_refresh(connection: Connection, grant_id: int) -> None:
    """A consent has brought a pair that no earlier attempt has anything to do with."""
    await connection.execute(delete(grant_refreshes).where(_journal.grant_id == grant_id))


async def list_interrupted(connection: Connection) -> list[InterruptedRefresh]:
    """Attempts that nobody finished: their process died, or Notion's answer never came."""
    query = (
        select(_journal.grant_id, _INTERRUPTED_AT, grants.c.status)
        .join(grants, grants.c.id == _journal.grant_id)
        .where(_journal.held_until <= _NOW)
        .order_by(_journal.grant_id)
    )
    return [InterruptedRefresh(*row) for row in await connection.execute(query)]

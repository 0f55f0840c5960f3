"""The journal of refreshes: what was asked of Notion, and who is at it."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.vault.models import InterruptedRefresh
from ivgraph_auth.vault.tables import grant_refreshes, grants

_NOW = func.clock_timestamp()


async def claim_refresh(connection: Connection, grant_id: int, attempt_id: uuid.UUID, hold: timedelta) -> bool:
    """False while somebody else holds it. One that was never finished is remembered as interrupted."""
    journal = grant_refreshes.c
    # By the database's clock, here and below: whoever waits may have a clock of its own.
    mine = {"attempt_id": attempt_id, "started_at": _NOW, "held_until": _NOW + hold}
    fresh = insert(grant_refreshes).values(grant_id=grant_id, **mine)
    claimed = fresh.on_conflict_do_update(
        index_elements=[journal.grant_id],
        set_={**mine, "interrupted_at": func.coalesce(journal.interrupted_at, journal.started_at)},
        where=journal.held_until <= _NOW,
    )
    return (await connection.execute(claimed.returning(journal.grant_id))).one_or_none() is not None


async def settle_refresh(connection: Connection, grant_id: int, attempt_id: uuid.UUID) -> None:
    """The attempt is over, and nothing of it is lost."""
    journal = grant_refreshes.c
    await connection.execute(
        delete(grant_refreshes).where(journal.grant_id == grant_id, journal.attempt_id == attempt_id)
    )


async def refuse_refresh(connection: Connection, grant_id: int, attempt_id: uuid.UUID) -> None:
    """Notion said no. When an earlier attempt was interrupted, that may be why, and the row goes on telling of it."""
    journal = grant_refreshes.c
    mine = (journal.grant_id == grant_id, journal.attempt_id == attempt_id)
    await connection.execute(delete(grant_refreshes).where(*mine, journal.interrupted_at.is_(None)))
    await connection.execute(update(grant_refreshes).where(*mine).values(held_until=_NOW))


async def release_refresh(connection: Connection, grant_id: int, attempt_id: uuid.UUID) -> None:
    """The attempt is over, and what Notion did is not known: others may try, and the row tells of it."""
    journal = grant_refreshes.c
    await connection.execute(
        update(grant_refreshes)
        .where(journal.grant_id == grant_id, journal.attempt_id == attempt_id)
        .values(held_until=_NOW, interrupted_at=func.coalesce(journal.interrupted_at, journal.started_at))
    )


async def forget_refresh(connection: Connection, grant_id: int) -> None:
    """A consent has brought a pair that no earlier attempt has anything to do with."""
    await connection.execute(delete(grant_refreshes).where(grant_refreshes.c.grant_id == grant_id))


async def interrupted(connection: Connection) -> list[InterruptedRefresh]:
    """Attempts that nobody finished: their process died, or Notion's answer never came."""
    journal = grant_refreshes.c
    query = (
        select(journal.grant_id, func.coalesce(journal.interrupted_at, journal.started_at).label("at"), grants.c.status)
        .join(grants, grants.c.id == journal.grant_id)
        .where(journal.held_until <= _NOW)
        .order_by(journal.grant_id)
    )
    return [InterruptedRefresh(row.grant_id, row.at, row.status) for row in await connection.execute(query)]

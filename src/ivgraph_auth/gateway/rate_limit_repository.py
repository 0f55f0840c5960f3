"""How much of Notion's rate limit is left to a grant, in statements that every call of every agent makes.

What the row holds is written and read by the database's clock alone, and answered in durations: the processes that
share it may have clocks of their own.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, bindparam, case, func, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.audit import repository as audit
from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.gateway.models import BucketRow, ReservationRequest
from ivgraph_auth.gateway.tables import grant_budgets
from ivgraph_auth.vault import repository as vault
from ivgraph_auth.vault.models import SealedGrant

_GRANT_ID = "grant_id"
_NOW = func.clock_timestamp()
_bucket = grant_budgets.c
_CALL, _BURST, _MOST, _MAX_WAIT, _PAUSE, _FULL = (
    bindparam(name, type_=Interval) for name in ("call", "burst", "most", "max_wait", "pause", "full")
)


def _credible(moment: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """Later than anything could have made it, it was written by another clock, and says nothing: the database's may
    have been set back.
    """
    return func.greatest(case((moment <= _NOW + _MOST, moment)), _NOW)


_FULL_AT = _credible(_bucket.full_at)
_usable = vault.usable_grant(_GRANT_ID, "needs").subquery()
_IN_TIME = _FULL_AT + _CALL - _BURST <= _NOW + _MAX_WAIT
_taken = (
    insert(grant_budgets)
    .from_select(
        [_bucket.grant_id, _bucket.issued, _bucket.full_at, _bucket.stopped_until],
        select(_usable.c.id, literal(1), _NOW + _CALL, _NOW),
    )
    .on_conflict_do_update(
        index_elements=[_bucket.grant_id],
        set_={"issued": _bucket.issued + 1, "full_at": _FULL_AT + _CALL},
        where=_IN_TIME,
    )
    .returning(_bucket.issued, _bucket.full_at, _bucket.stopped_until)
    .cte("taken")
)
_started = audit.start_when(_taken).cte("started")
_grant = vault.sealed_grant_of(_GRANT_ID).subquery()
# One round trip, since every call of every agent makes it: a place in the bucket, the audit row, the credential. The
# bucket's row is locked for this statement alone.
_TAKE = select(
    _taken.c.issued,
    (_taken.c.full_at - _NOW).label("until_full"),
    (_taken.c.stopped_until - _NOW).label("stopped_for"),
    _started.c.id.label("audit_id"),
    *_grant.c,
).select_from(_taken.join(_grant, true()).outerjoin(_started, true()))


async def take(
    connection: Connection,
    request: ReservationRequest,
    at: datetime,
    *,
    call: timedelta,
    burst: timedelta,
    most: timedelta,
) -> tuple[BucketRow, SealedGrant, int | None] | None:
    """None when the grant does not act, lacks the capability, or its turn would come too late. `at` is for the audit
    trail, whose rows are timed by the processes that write them.
    """
    values = {
        "call": call,
        "burst": burst,
        "most": most,
        "max_wait": timedelta(seconds=request.max_wait),
        _GRANT_ID: request.grant_id,
        "needs": list(request.needs),
        **audit.start_values(request.entry, at),
    }
    row = (await connection.execute(_TAKE, values)).one_or_none()
    return (_row(row), vault.sealed_grant(row), row.audit_id) if row else None


# The same conditions, asked without taking anything.
_FORESEE = (
    select(
        _bucket.issued,
        (_bucket.full_at - _NOW).label("until_full"),
        (_bucket.stopped_until - _NOW).label("stopped_for"),
    )
    .select_from(_usable.outerjoin(grant_budgets, _bucket.grant_id == _usable.c.id))
    .where(or_(_bucket.issued.is_(None), _IN_TIME))
)


async def foresee(
    connection: Connection, request: ReservationRequest, *, call: timedelta, burst: timedelta, most: timedelta
) -> tuple[bool, BucketRow | None]:
    """Whether `take` would give a place, and what is stored now: nothing where nobody has called yet."""
    values = {
        "call": call,
        "burst": burst,
        "most": most,
        "max_wait": timedelta(seconds=request.max_wait),
        _GRANT_ID: request.grant_id,
        "needs": list(request.needs),
    }
    row = (await connection.execute(_FORESEE, values)).one_or_none()
    return row is not None, _row(row) if row is not None and row.issued is not None else None


_existing = vault.sealed_grant_of(_GRANT_ID).subquery()
# While calls wait, all of them move on by the pause; what is left of an earlier pause is no part of it.
_STOP = (
    insert(grant_budgets)
    .from_select(
        [_bucket.grant_id, _bucket.issued, _bucket.full_at, _bucket.stopped_until],
        select(_existing.c.id, literal(0), _NOW + _PAUSE + _FULL, _NOW + _PAUSE),
    )
    .on_conflict_do_update(
        index_elements=[_bucket.grant_id],
        set_={
            "full_at": func.greatest(case((_bucket.full_at <= _NOW + _MOST, _bucket.full_at)), _NOW + _FULL)
            + func.greatest(_NOW + _PAUSE - _credible(_bucket.stopped_until), timedelta(0)),
            "stopped_until": func.greatest(
                case((_bucket.stopped_until <= _NOW + _MOST, _bucket.stopped_until)), _NOW + _PAUSE
            ),
        },
    )
)
# The other way round: who waits moves back by what is left of the pause, and the order stays. Its parameter is not
# named as the column, since SQLAlchemy keeps such names in an UPDATE for the values that it sets.
_RESUME = (
    update(grant_budgets)
    .where(_bucket.grant_id == bindparam(_GRANT_ID + "_"), _bucket.stopped_until > _NOW)
    .values(full_at=func.least(_bucket.full_at - (_bucket.stopped_until - _NOW), _NOW + _MOST), stopped_until=_NOW)
    .returning(_bucket.grant_id)
)
_BUCKET = select(
    _bucket.issued,
    (_bucket.full_at - _NOW).label("until_full"),
    (_bucket.stopped_until - _NOW).label("stopped_for"),
).where(_bucket.grant_id == bindparam(_GRANT_ID))


async def stop(connection: Connection, grant_id: int, pause: timedelta, *, full: timedelta, most: timedelta) -> None:
    await connection.execute(_STOP, {_GRANT_ID: grant_id, "pause": pause, "full": full, "most": most})


async def resume(connection: Connection, grant_id: int, *, most: timedelta) -> bool:
    """False when there was no pause."""
    values = {_GRANT_ID + "_": grant_id, "most": most}
    return (await connection.execute(_RESUME, values)).one_or_none() is not None


async def get_bucket(connection: Connection, grant_id: int) -> BucketRow | None:
    row = (await connection.execute(_BUCKET, {_GRANT_ID: grant_id})).one_or_none()
    return _row(row) if row else None


def _row(row: Row) -> BucketRow:
    return BucketRow(row.issued, row.until_full, row.stopped_for)

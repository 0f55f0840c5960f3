import uuid
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, bindparam, delete, func, insert, select, tuple_, type_coerce, update

from ivgraph_auth.accounts.repository import is_account, is_enabled_account, snapshot_columns, to_snapshot
from ivgraph_auth.core.principal import AccountSnapshot
from ivgraph_auth.database.connection import Connection, Row, count_changed, values_of
from ivgraph_auth.database.last_used import execute_last_used, last_used_statement
from ivgraph_auth.sessions.jwt import Claims
from ivgraph_auth.sessions.models import LivingSession, Session, TokenClaims
from ivgraph_auth.sessions.tables import handoff_codes, sessions

_SESSION = tuple(sessions.c[field.name] for field in fields(Session))
_WITH_SNAPSHOT = select(*_SESSION, *snapshot_columns()).where(is_account(sessions.c.account_id))
# Built once: to build such a statement takes longer than to run it.
_BY_ID = _WITH_SNAPSHOT.where(sessions.c.id == bindparam("session_id"))
_BY_ID_LOCKED = _BY_ID.with_for_update(of=sessions)
_LIVES = (
    sessions.c.id == bindparam("session_id"),
    sessions.c.account_id == bindparam("account_id"),
    sessions.c.ended_at.is_(None),
    sessions.c.expires_at > bindparam("now"),
    is_enabled_account(sessions.c.account_id),
)
_LIVING_SESSION = (sessions.c.id, sessions.c.account_id, sessions.c.expires_at)
_LIVING = select(*_LIVING_SESSION, *snapshot_columns()).where(*_LIVES)
_IS_CURRENT = sessions.c.refresh_jti == bindparam("jti")
_CURRENT = select(*_LIVING_SESSION).where(*_LIVES, _IS_CURRENT)
_ROTATED = (
    update(sessions)
    .where(*_LIVES, _IS_CURRENT)
    .values(
        refresh_jti=bindparam("new_jti"),
        refresh_issued_at=bindparam("now"),
        refresh_expires_at=func.least(bindparam("wanted_until"), sessions.c.expires_at),
        replaced_jti=sessions.c.refresh_jti,
        # By the database's clock: the server that judges it may not be the one that wrote it.
        replaced_at=func.clock_timestamp() + bindparam("offset", type_=Interval),
        last_used_at=bindparam("now"),
    )
    .returning(*_LIVING_SESSION, sessions.c.refresh_expires_at)
)
_LAST_USED = last_used_statement(sessions)
_BY_BROWSER = _WITH_SNAPSHOT.where(sessions.c.browser_hash == bindparam("browser_hash"))


async def add(connection: Connection, session: Session, browser_hash: bytes) -> None:
    await connection.execute(insert(sessions).values(**values_of(session), browser_hash=browser_hash))


async def get(connection: Connection, session_id: uuid.UUID) -> tuple[Session, AccountSnapshot] | None:
    row = (await connection.execute(_BY_ID, {"session_id": session_id})).one_or_none()
    return (_session(row), to_snapshot(row)) if row else None


async def lock(connection: Connection, session_id: uuid.UUID) -> tuple[Session, AccountSnapshot] | None:
    row = (await connection.execute(_BY_ID_LOCKED, {"session_id": session_id})).one_or_none()
    return (_session(row), to_snapshot(row)) if row else None


async def get_by_browser(connection: Connection, browser_hash: bytes) -> tuple[Session, AccountSnapshot] | None:
    row = (await connection.execute(_BY_BROWSER, {"browser_hash": browser_hash})).one_or_none()
    return (_session(row), to_snapshot(row)) if row else None


async def find_living(
    connection: Connection, claims: Claims, now: datetime
) -> tuple[LivingSession, AccountSnapshot] | None:
    row = (await connection.execute(_LIVING, _values(claims, now))).one_or_none()
    return (LivingSession(*row[:3]), to_snapshot(row)) if row else None


async def find_current(connection: Connection, claims: Claims, now: datetime) -> LivingSession | None:
    """The living session whose current refresh token says so."""
    row = (await connection.execute(_CURRENT, _values(claims, now))).one_or_none()
    return LivingSession(*row) if row else None


async def rotate(
    connection: Connection, claims: Claims, successor: TokenClaims, *, offset: timedelta
) -> tuple[LivingSession, TokenClaims] | None:
    """As `find_current`, and in the same statement it gets a successor, which never outlives the session."""
    values = {"new_jti": successor.jti, "wanted_until": successor.expires_at, "offset": offset}
    row = (await connection.execute(_ROTATED, values | _values(claims, successor.issued_at))).one_or_none()
    return (LivingSession(*row[:3]), TokenClaims(successor.jti, successor.issued_at, row[3])) if row else None


def _values(claims: Claims, now: datetime) -> dict[str, object]:
    return {"session_id": claims.session_id, "account_id": claims.account_id, "jti": claims.jti, "now": now}


async def get_replaced_age(
    connection: Connection, session_id: uuid.UUID, now: ColumnElement[datetime]
) -> timedelta | None:
    """For how long the session's last refresh token but one has been replaced; None when none has been."""
    age = type_coerce(now - sessions.c.replaced_at, Interval)
    query = select(age).where(sessions.c.id == session_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def end(connection: Connection, session_id: uuid.UUID, account_id: int, now: datetime) -> bool:
    """Whether a living session of this account was ended just now."""
    statement = update(sessions).where(sessions.c.id == session_id, *_live(account_id, now)).values(ended_at=now)
    return await count_changed(connection, statement) == 1


async def end_all(connection: Connection, account_id: int, now: datetime) -> int:
    return await count_changed(connection, update(sessions).where(*_live(account_id, now)).values(ended_at=now))


def _live(account_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.account_id == account_id, sessions.c.ended_at.is_(None), sessions.c.expires_at > now)


async def list_living(
    connection: Connection, account_id: int, now: datetime, *, after: tuple[datetime, uuid.UUID] | None, most: int
) -> list[Session]:
    """Newest first."""
    query = select(*_SESSION).where(*_live(account_id, now))
    if after is not None:
        query = query.where(tuple_(sessions.c.created_at, sessions.c.id) < after)
    query = query.order_by(sessions.c.created_at.desc(), sessions.c.id.desc()).limit(most)
    return [_session(row) for row in await connection.execute(query)]


async def write_last_used(connection: Connection, used: Mapping[uuid.UUID, datetime]) -> None:
    await execute_last_used(connection, _LAST_USED, used)


async def add_handoff(
    connection: Connection,
    code_hash: bytes,
    session_id: uuid.UUID,
    code_challenge: str,
    expires_at: ColumnElement[datetime],
) -> None:
    await connection.execute(
        insert(handoff_codes).values(
            code_hash=code_hash, session_id=session_id, code_challenge=code_challenge, expires_at=expires_at
        )
    )


async def claim_handoff(
    connection: Connection, code_hash: bytes, now: ColumnElement[datetime]
) -> tuple[uuid.UUID, str] | None:
    """The session and the code challenge, once."""
    statement = (
        delete(handoff_codes)
        .where(handoff_codes.c.code_hash == code_hash, handoff_codes.c.expires_at > now)
        .returning(handoff_codes.c.session_id, handoff_codes.c.code_challenge)
    )
    row = (await connection.execute(statement)).one_or_none()
    return (row.session_id, row.code_challenge) if row else None


async def prune(connection: Connection, now: datetime, database_now: ColumnElement[datetime], most: int) -> int:
    """Removes what has run out: codes, and sessions whose last token has expired."""
    await connection.execute(delete(handoff_codes).where(handoff_codes.c.expires_at < database_now))
    old = select(sessions.c.id).where(sessions.c.expires_at < now).limit(most)
    return await count_changed(connection, delete(sessions).where(sessions.c.id.in_(old)))


def _session(row: Row) -> Session:
    return Session(*row[: len(_SESSION)])

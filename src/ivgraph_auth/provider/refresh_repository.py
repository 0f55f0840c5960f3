"""Refresh tokens of apps, each the successor of the one before. All of it under the lock of their authorization."""

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.provider.tables import oauth_authorizations, oauth_refresh_tokens

_token = oauth_refresh_tokens.c
# The database's, as a part of a statement.
Now = ColumnElement[datetime]


class RefreshRow(NamedTuple):
    """`replaced_for` is how long ago its successor came; None while it is the one in force. `expired` holds by the
    database's clock.
    """

    authorization_id: uuid.UUID
    sequence: int
    expired: bool
    replaced_for: timedelta | None


async def find_authorization(connection: Connection, token_hash: bytes) -> uuid.UUID | None:
    """Whose it is; locked until the transaction ends."""
    query = (
        select(oauth_authorizations.c.id)
        .join(oauth_refresh_tokens, _token.authorization_id == oauth_authorizations.c.id)
        .where(_token.token_hash == token_hash)
        .with_for_update(of=oauth_authorizations)
    )
    found: uuid.UUID | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def find(connection: Connection, token_hash: bytes, now: Now) -> RefreshRow | None:
    query = select(
        _token.authorization_id,
        _token.sequence,
        (_token.expires_at <= now).label("expired"),
        (now - _token.replaced_at).label("replaced_for"),
    ).where(_token.token_hash == token_hash)
    row = (await connection.execute(query)).one_or_none()
    return RefreshRow(*row) if row else None


async def add(
    connection: Connection, token_hash: bytes, authorization_id: uuid.UUID, sequence: int, lifetime: timedelta, now: Now
) -> None:
    values = {"token_hash": token_hash, "authorization_id": authorization_id, "sequence": sequence}
    await connection.execute(insert(oauth_refresh_tokens).values(**values, issued_at=now, expires_at=now + lifetime))


async def mark_replaced(connection: Connection, token_hash: bytes, now: Now) -> None:
    await connection.execute(
        update(oauth_refresh_tokens).where(_token.token_hash == token_hash).values(replaced_at=now)
    )


async def newest(connection: Connection, authorization_id: uuid.UUID) -> int:
    """The sequence of the one in force."""
    query = select(func.max(_token.sequence)).where(_token.authorization_id == authorization_id)
    sequence: int = (await connection.execute(query)).scalar_one()
    return sequence


async def prune(connection: Connection, now: Now, most: int) -> int:
    """Those that have expired, and with them what they would have kept alive. Those that were replaced stay for a
    while, so that their reuse is known for what it is.
    """
    old = select(_token.token_hash).where(_token.expires_at < now).limit(most)
    return await count_changed(connection, delete(oauth_refresh_tokens).where(_token.token_hash.in_(old)))

"""Requests that wait for their person, and the codes that come of them: each counts once, over all processes.

What expires does so by the database's clock: the processes that share a row may have clocks of their own.
"""

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, insert, select, update

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.provider.authorization.request import AuthorizationRequest
from ivgraph_auth.provider.tables import oauth_codes, oauth_requests

_request, _code = oauth_requests.c, oauth_codes.c
_KEPT = timedelta(hours=1)
# The database's, as a part of a statement.
Now = ColumnElement[datetime]


class WaitingRequest(NamedTuple):
    app_id: int
    browser_hash: bytes
    request: AuthorizationRequest
    created_at: datetime


class Code(NamedTuple):
    """`authorization_id` is that of what it gives; `used` tells that it has."""

    grant_id: int
    app_id: int
    authorization_id: uuid.UUID
    request: AuthorizationRequest
    scopes: tuple[str, ...]
    auth_time: datetime
    used: bool


async def add_request(
    connection: Connection,
    id_hash: bytes,
    browser_hash: bytes,
    request: AuthorizationRequest,
    lifetime: timedelta,
    now: Now,
) -> None:
    values = {"id_hash": id_hash, "app_id": request.app_id, "browser_hash": browser_hash, "request": request.as_json()}
    statement = insert(oauth_requests).values(**values, created_at=now, expires_at=now + lifetime)
    await connection.execute(statement)


async def find_request(connection: Connection, id_hash: bytes, now: Now) -> WaitingRequest | None:
    """One that nobody has decided yet."""
    query = select(_request.app_id, _request.browser_hash, _request.request, _request.created_at).where(
        _request.id_hash == id_hash, _request.decided_at.is_(None), _request.expires_at > now
    )
    row = (await connection.execute(query)).one_or_none()
    return WaitingRequest(*row)._replace(request=AuthorizationRequest.from_json(row.request)) if row else None


async def claim_request(connection: Connection, id_hash: bytes, now: Now) -> bool:
    """Whether it is this one that decides."""
    waits = (_request.id_hash == id_hash, _request.decided_at.is_(None), _request.expires_at > now)
    return await count_changed(connection, update(oauth_requests).where(*waits).values(decided_at=now)) == 1


async def add_code(connection: Connection, code_hash: bytes, code: Code, lifetime: timedelta, now: Now) -> None:
    values = {
        "code_hash": code_hash,
        "grant_id": code.grant_id,
        "authorization_id": code.authorization_id,
        "request": code.request.as_json(),
        "scopes": list(code.scopes),
        "auth_time": code.auth_time,
    }
    await connection.execute(insert(oauth_codes).values(**values, expires_at=now + lifetime))


async def find_code(connection: Connection, code_hash: bytes, now: Now) -> Code | None:
    """One that has not expired, whether it was used or not."""
    query = select(
        _code.grant_id, _code.authorization_id, _code.request, _code.scopes, _code.auth_time, _code.used_at
    ).where(_code.code_hash == code_hash, _code.expires_at > now)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    request = AuthorizationRequest.from_json(row.request)
    used = row.used_at is not None
    return Code(row.grant_id, request.app_id, row.authorization_id, request, tuple(row.scopes), row.auth_time, used)


async def claim_code(connection: Connection, code_hash: bytes, now: Now) -> bool:
    """Whether it is this one that redeems it."""
    unused = (_code.code_hash == code_hash, _code.used_at.is_(None), _code.expires_at > now)
    return await count_changed(connection, update(oauth_codes).where(*unused).values(used_at=now)) == 1


async def prune(connection: Connection, now: Now, most: int) -> int:
    removed = 0
    for table in (oauth_requests, oauth_codes):
        key = next(iter(table.primary_key.columns))
        old = select(key).where(table.c.expires_at < now - _KEPT).limit(most)
        removed += await count_changed(connection, delete(table).where(key.in_(old)))
    return removed

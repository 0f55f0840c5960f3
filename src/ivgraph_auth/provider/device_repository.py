"""Devices that wait for their person (RFC 8628). All times are the database's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, case, delete, func, insert, select, update

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.provider.tables import oauth_device_codes

_device = oauth_device_codes.c
_KEPT = timedelta(hours=1)
Now = ColumnElement[datetime]


class WaitingDevice(NamedTuple):
    """What its person is asked."""

    app_id: int
    asked_scopes: tuple[str, ...]
    resources: tuple[str, ...]


class PolledDevice(NamedTuple):
    """`too_soon`: it did not wait for its interval. `grant_id` is None once it was refused, or not decided yet."""

    expired: bool
    too_soon: bool
    decided: bool
    used: bool
    grant_id: int | None
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    auth_time: datetime | None


async def add(
    connection: Connection,
    device_hash: bytes,
    user_code: str,
    device: WaitingDevice,
    lifetime: timedelta,
    interval: int,
    now: Now,
) -> None:
    values = {
        "device_hash": device_hash,
        "user_code": user_code,
        "app_id": device.app_id,
        "asked_scopes": list(device.asked_scopes),
        "resources": list(device.resources),
        "interval_seconds": interval,
    }
    await connection.execute(insert(oauth_device_codes).values(**values, expires_at=now + lifetime))


async def find_waiting(connection: Connection, user_code: str, now: Now) -> WaitingDevice | None:
    query = select(_device.app_id, _device.asked_scopes, _device.resources).where(
        _device.user_code == user_code, _device.decided_at.is_(None), _device.expires_at > now
    )
    row = (await connection.execute(query)).one_or_none()
    return WaitingDevice(row.app_id, tuple(row.asked_scopes), tuple(row.resources)) if row else None


async def decide(
    connection: Connection,
    user_code: str,
    grant_id: int | None,
    scopes: Sequence[str],
    auth_time: datetime,
    now: Now,
) -> bool:
    """Whether it is this one that decides."""
    statement = (
        update(oauth_device_codes)
        .where(_device.user_code == user_code, _device.decided_at.is_(None), _device.expires_at > now)
        .values(decided_at=now, grant_id=grant_id, scopes=list(scopes), auth_time=auth_time)
    )
    return await count_changed(connection, statement) == 1


async def poll(connection: Connection, device_hash: bytes, app_id: int, now: Now) -> PolledDevice | None:
    """Notes that this app asked; one that asks too soon has to wait for five seconds more from then on (RFC 8628 §3.5).
    None for what is none, or another app's.
    """
    own = (_device.device_hash == device_hash, _device.app_id == app_id)
    before = select(oauth_device_codes).where(*own).with_for_update().cte("before")
    pause = func.make_interval(0, 0, 0, 0, 0, 0, before.c.interval_seconds)
    too_soon = func.coalesce(before.c.polled_at + pause > now, bindparam("no", value=False))
    statement = (
        update(oauth_device_codes)
        .where(_device.device_hash == before.c.device_hash)
        .values(
            polled_at=now,
            interval_seconds=case((too_soon, before.c.interval_seconds + 5), else_=before.c.interval_seconds),
        )
        .returning(
            (before.c.expires_at <= now).label("expired"),
            too_soon.label("too_soon"),
            before.c.decided_at.is_not(None).label("decided"),
            before.c.used_at.is_not(None).label("used"),
            before.c.grant_id,
            before.c.scopes,
            before.c.resources,
            before.c.auth_time,
        )
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    return PolledDevice(*row)._replace(scopes=tuple(row.scopes or ()), resources=tuple(row.resources))


async def claim(connection: Connection, device_hash: bytes, now: Now) -> bool:
    """Whether it is this one that gets the tokens."""
    unused = (_device.device_hash == device_hash, _device.used_at.is_(None))
    return await count_changed(connection, update(oauth_device_codes).where(*unused).values(used_at=now)) == 1


async def prune(connection: Connection, now: Now, most: int) -> int:
    old = select(_device.device_hash).where(_device.expires_at < now - _KEPT).limit(most)
    return await count_changed(connection, delete(oauth_device_codes).where(_device.device_hash.in_(old)))

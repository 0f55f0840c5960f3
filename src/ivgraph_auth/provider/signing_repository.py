"""The keys that sign tokens of apps, in every state."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection, values_of
from ivgraph_auth.keys.models import SealedTable
from ivgraph_auth.provider.models import SigningKey, SigningKeyState
from ivgraph_auth.provider.tables import oauth_signing_keys

_key = oauth_signing_keys.c
_COLUMNS = tuple(_key[item.name] for item in fields(SigningKey))


def signing_identity(kid: str) -> str:
    """What its private half is bound to, sealed."""
    return f"oauth_signing_key:{kid}"


SEALED_SIGNING_KEYS = SealedTable(
    table=oauth_signing_keys,
    row="signing key",
    id=_key.kid,
    sealed=_key.sealed,
    key_id=_key.key_id,
    bound_to=(_key.kid,),
    identity=lambda row: signing_identity(row["kid"]),
)


async def list_keys(connection: Connection) -> list[SigningKey]:
    rows = await connection.execute(select(*_COLUMNS).order_by(_key.created_at, _key.kid))
    return [replace(SigningKey(*row), state=SigningKeyState(row.state)) for row in rows]


async def add(connection: Connection, keys: Sequence[SigningKey]) -> None:
    """Those in whose state there is no other yet."""
    for key in keys:
        await connection.execute(insert(oauth_signing_keys).values(**values_of(key)).on_conflict_do_nothing())


async def lock(connection: Connection) -> None:
    """Until the transaction ends, nobody else rotates them."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("oauth_signing_keys", 0))))


async def set_state(connection: Connection, kid: str, state: SigningKeyState, retired_at: datetime | None) -> None:
    statement = update(oauth_signing_keys).where(_key.kid == kid)
    await connection.execute(statement.values(state=state.value, retired_at=retired_at))


async def prune(connection: Connection, now: datetime, kept: timedelta) -> int:
    """Those that have been retired for so long. Answers how many went."""
    old = delete(oauth_signing_keys).where(_key.state == SigningKeyState.RETIRED.value, _key.retired_at < now - kept)
    return len(list(await connection.execute(old.returning(_key.kid))))

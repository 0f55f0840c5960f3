import uuid
from datetime import timedelta

from sqlalchemy import Interval, bindparam, delete, func, null, select, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection, count_changed, values_of
from ivgraph_auth.gateway.models import CallKey, KnownCall
from ivgraph_auth.gateway.tables import idempotent_answers, idempotent_calls
from ivgraph_auth.keys.models import SealedTable
from ivgraph_auth.vault.models import SealedCredential

_calls, _answers = idempotent_calls.c, idempotent_answers.c


def answer_identity(key_hash: bytes) -> str:
    """What a kept answer is bound to."""
    return f"idempotent_answer:{key_hash.hex()}"


SEALED_ANSWERS = SealedTable(
    table=idempotent_answers,
    row="kept answer",
    id=_answers.key_hash,
    sealed=_answers.sealed,
    key_id=_answers.key_id,
    bound_to=(_answers.key_hash,),
    identity=lambda row: answer_identity(row["key_hash"]),
)
_EXPIRED = delete(idempotent_calls).where(
    _calls.key_hash == bindparam("key_hash"), _calls.expires_at <= func.clock_timestamp()
)
_CLAIM = (
    insert(idempotent_calls)
    .values(
        key_hash=bindparam("key_hash"),
        account_id=bindparam("account_id"),
        body_hash=bindparam("body_hash"),
        process_id=bindparam("process_id"),
        # By the database's clock, as it is judged: every process must let go of a key at the same moment.
        expires_at=func.clock_timestamp() + bindparam("kept", type_=Interval),
    )
    .on_conflict_do_nothing()
    .returning(_calls.key_hash)
)
_KNOWN = (
    select(_calls.body_hash, _calls.process_id, _answers.sealed, _answers.key_id)
    .outerjoin(idempotent_answers, _answers.key_hash == _calls.key_hash)
    .where(_calls.key_hash == bindparam("key_hash"))
)
_KEEP = insert(idempotent_answers).values(
    key_hash=bindparam("key_hash"), sealed=bindparam("sealed"), key_id=bindparam("key_id")
)
_LEAVE = update(idempotent_calls).where(_calls.key_hash == bindparam("key")).values(process_id=null())
_RELEASE = delete(idempotent_calls).where(_calls.key_hash == bindparam("key_hash"))


async def claim(connection: Connection, key: CallKey, process_id: uuid.UUID, kept: timedelta) -> bool:
    """False when the key is in use. In a transaction of its own."""
    await connection.execute(_EXPIRED, {"key_hash": key.key_hash})
    row = {**values_of(key), "process_id": process_id, "kept": kept}
    return (await connection.execute(_CLAIM, row)).one_or_none() is not None


async def find(connection: Connection, key: CallKey) -> KnownCall | None:
    row = (await connection.execute(_KNOWN, {"key_hash": key.key_hash})).one_or_none()
    if row is None:
        return None
    answer = SealedCredential(row.sealed, row.key_id) if row.sealed is not None else None
    return KnownCall(row.body_hash, row.process_id, answer)


async def keep(connection: Connection, key: CallKey, answer: SealedCredential) -> None:
    await connection.execute(_KEEP, {"key_hash": key.key_hash, **values_of(answer)})


async def mark_unknown(connection: Connection, key: CallKey) -> None:
    """It is over, and what became of it is not known."""
    await connection.execute(_LEAVE, {"key": key.key_hash})


async def release(connection: Connection, key: CallKey) -> None:
    """It is over, and nothing was done."""
    await connection.execute(_RELEASE, {"key_hash": key.key_hash})


async def prune(connection: Connection, most: int) -> int:
    old = select(_calls.key_hash).where(_calls.expires_at < func.clock_timestamp()).limit(most)
    return await count_changed(connection, delete(idempotent_calls).where(_calls.key_hash.in_(old)))

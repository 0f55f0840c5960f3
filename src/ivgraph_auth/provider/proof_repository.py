"""DPoP proofs that were used, until they would be too old anyway."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.provider.tables import oauth_dpop_proofs

_proof = oauth_dpop_proofs.c


async def add(connection: Connection, jti_hash: bytes, kept: timedelta, now: ColumnElement[datetime]) -> bool:
    """Whether it has not been used before."""
    statement = insert(oauth_dpop_proofs).values(jti_hash=jti_hash, expires_at=now + kept)
    added = await connection.execute(statement.on_conflict_do_nothing().returning(_proof.jti_hash))
    return added.one_or_none() is not None


async def prune(connection: Connection, now: ColumnElement[datetime], most: int) -> int:
    old = select(_proof.jti_hash).where(_proof.expires_at < now).limit(most)
    return await count_changed(connection, delete(oauth_dpop_proofs).where(_proof.jti_hash.in_(old)))

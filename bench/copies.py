"""More of what one account has, in one statement: to open thousands one by one takes minutes.

A copy has all that its original has but its identity.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Table, text

from ivgraph_auth.core.secrets import random_alphanumeric, random_bytes, random_token, random_uuid, sha256
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider.refresh_tokens import PREFIX as REFRESH_PREFIX
from ivgraph_auth.provider.tables import oauth_authorizations
from ivgraph_auth.sessions.jwt import new_jti
from ivgraph_auth.sessions.models import Session
from ivgraph_auth.sessions.tables import sessions
from ivgraph_auth.tokens.service import PREFIX
from ivgraph_auth.tokens.tables import service_tokens


class Minted(NamedTuple):
    id: int
    text: str


async def more_sessions(connection: Connection, opened: Sequence[Session], count: int) -> list[Session]:
    if not opened or count < 1:
        return []
    original = opened[0]
    made = [replace(original, id=random_uuid(), refresh_jti=new_jti()) for _ in range(count)]
    alike = _columns(sessions, {"id", "browser_hash", "refresh_jti"})
    statement = text(
        f"INSERT INTO sessions ({alike}, id, browser_hash, refresh_jti) SELECT {alike}, own.* FROM sessions, "
        "unnest(CAST(:ids AS uuid[]), CAST(:hashes AS bytea[]), CAST(:jtis AS text[])) AS own (i, h, j) "
        "WHERE id = :original"
    )
    values = {
        "original": original.id,
        "ids": [each.id for each in made],
        "hashes": [random_bytes(32) for _ in made],
        "jtis": [each.refresh_jti for each in made],
    }
    await connection.execute(statement, values)
    return made


async def more_tokens(connection: Connection, minted: Sequence[Minted], count: int) -> list[Minted]:
    if not minted or count < 1:
        return []
    length = len(minted[0].text) - len(PREFIX)
    texts = {sha256(made): made for made in (PREFIX + random_alphanumeric(length) for _ in range(count))}
    alike = _columns(service_tokens, {"id", "token_hash"})
    statement = text(
        f"INSERT INTO service_tokens ({alike}, token_hash) SELECT {alike}, own.hash FROM service_tokens, "
        "unnest(CAST(:hashes AS bytea[])) AS own (hash) WHERE id = :original RETURNING id, token_hash"
    )
    rows = await connection.execute(statement, {"original": minted[0].id, "hashes": list(texts)})
    return [Minted(row.id, texts[bytes(row.token_hash)]) for row in rows]


async def more_authorizations(connection: Connection, original: uuid.UUID, count: int) -> list[uuid.UUID]:
    """Of an app, each as if it had been let in once more."""
    made = [random_uuid() for _ in range(count)]
    alike = _columns(oauth_authorizations, {"id"})
    statement = text(
        f"INSERT INTO oauth_authorizations ({alike}, id) SELECT {alike}, own.i FROM oauth_authorizations, "
        "unnest(CAST(:ids AS uuid[])) AS own (i) WHERE id = :original"
    )
    await connection.execute(statement, {"original": original, "ids": made})
    return made


async def first_refresh_tokens(connection: Connection, authorizations: Sequence[uuid.UUID]) -> list[str]:
    """One for each."""
    made = [REFRESH_PREFIX + random_token() for _ in authorizations]
    statement = text(
        "INSERT INTO oauth_refresh_tokens (token_hash, authorization_id, sequence, issued_at, expires_at) "
        "SELECT own.hash, own.id, 1, now(), now() + interval '90 days' FROM "
        "unnest(CAST(:hashes AS bytea[]), CAST(:ids AS uuid[])) AS own (hash, id)"
    )
    await connection.execute(statement, {"hashes": [sha256(each) for each in made], "ids": list(authorizations)})
    return made


def _columns(table: Table, but: Iterable[str]) -> str:
    return ", ".join(column.name for column in table.columns if column.name not in but)

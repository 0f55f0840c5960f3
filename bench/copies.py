"""More of what one account has, in one statement: to open thousands one by one takes minutes.

A copy has all that its original has but its identity.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Table, text

from ivgraph_auth.core.secrets import random_alphanumeric, random_bytes, random_uuid, sha256
from ivgraph_auth.database.connection import Connection
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


def _columns(table: Table, but: Iterable[str]) -> str:
    return ", ".join(column.name for column in table.columns if column.name not in but)

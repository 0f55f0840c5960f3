"""Millions of service tokens in the table, beside those that are asked about."""

import time

import asyncpg

from ivgraph_auth.embedded.cluster import SUPERUSER

_TOKENS_EACH = 10
# No token with such a hash was ever made; the server looks them up as it does all others.
_FILL = """
WITH owners AS (
    INSERT INTO accounts (notion_user_id, email_verified, role, created_at, last_login_at)
    SELECT gen_random_uuid(), false, 'member', now(), now() FROM generate_series(1, $1)
    RETURNING id
)
INSERT INTO service_tokens
    (account_id, name, token_hash, prefix, scopes, workspace_ids, all_workspaces, created_at)
SELECT id, 'bench', sha256(convert_to(id || '-' || number, 'UTF8')), 'ivg_000000', '{graph:read}',
    ARRAY[gen_random_uuid()], false, now()
FROM owners, generate_series(1, $2) AS number
"""


async def fill(database: dict[str, str], tokens: int) -> float:
    """Seconds it took. The table is left as maintenance leaves it, or the first figures would be about that."""
    began = time.monotonic()
    connection = await asyncpg.connect(
        host=database["PGHOST"], port=int(database["PGPORT"]), user=SUPERUSER, database=database["PGDATABASE"]
    )
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(_FILL, tokens // _TOKENS_EACH, _TOKENS_EACH)
        await connection.execute("VACUUM ANALYZE accounts, service_tokens")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return time.monotonic() - began

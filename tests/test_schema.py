"""The schema: its migrations, and what holds for every table."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from ivgraph_auth.app.metadata import metadata
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.database.migrations import alembic_config, migrate
from tests.conftest import MakeService
from tests.support.postgres import TestDatabases

MIGRATE = "import sys; from ivgraph_auth.database.migrations import migrate; migrate(sys.argv[1])"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture(scope="module")
async def migrated_url(migrated: TestDatabases) -> AsyncIterator[str]:
    url = await migrated.create()
    yield url
    await migrated.drop(url)


@pytest.fixture
async def empty_url(migrated_url: str) -> AsyncIterator[str]:
    """A database without any table, unlike copies of the template."""
    databases = TestDatabases(migrated_url)
    url = await databases.create()
    yield url
    await databases.drop(url)


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = [tuple(row) for row in await connection.execute(text(query))]
    await engine.dispose()
    return found


async def execute(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def tables(url: str) -> set[str]:
    return {row[0] for row in await rows(url, TABLES)}


async def test_up_down_and_up_again(empty_url: str) -> None:
    assert await tables(empty_url) == set()
    await asyncio.to_thread(migrate, empty_url)
    assert await tables(empty_url) == {*metadata.tables, "alembic_version"}
    await asyncio.to_thread(command.downgrade, alembic_config(empty_url), "base")
    assert await tables(empty_url) == {"alembic_version"}
    assert (
        await rows(
            empty_url, "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'"
        )
        == []
    )
    await asyncio.to_thread(migrate, empty_url)
    assert await tables(empty_url) == {*metadata.tables, "alembic_version"}


async def test_migrating_again_changes_nothing(empty_url: str) -> None:
    await asyncio.to_thread(migrate, empty_url)
    await execute(empty_url, "INSERT INTO key_checks VALUES ('main', '\\x00', now())")
    before = await rows(empty_url, "SELECT version_num FROM alembic_version")
    await asyncio.to_thread(migrate, empty_url)
    assert await rows(empty_url, "SELECT version_num FROM alembic_version") == before
    assert await rows(empty_url, "SELECT key_id FROM key_checks") == [("main",)]


async def test_the_tables_are_those_the_code_knows(migrated_url: str) -> None:
    """Alembic raises when it would generate a migration."""
    await asyncio.to_thread(command.check, alembic_config(migrated_url))
    assert await tables(migrated_url) == {*metadata.tables, "alembic_version"}


@pytest.mark.slow
async def test_processes_that_migrate_together_all_succeed(empty_url: str) -> None:
    async def run() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, empty_url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await process.communicate()
        return process.returncode, output

    assert [code for code, _ in await asyncio.gather(run(), run())] == [0, 0]
    assert await tables(empty_url) == {*metadata.tables, "alembic_version"}
    assert len(await rows(empty_url, "SELECT version_num FROM alembic_version")) == 1


async def test_a_schema_newer_than_the_code_is_left_alone(make_service: MakeService) -> None:
    service = await make_service()
    await service.execute("UPDATE alembic_version SET version_num = '99999999_9999'")
    with pytest.raises(ConfigurationError, match="99999999_9999"):
        await asyncio.to_thread(migrate, service.database_url)
    assert await service.rows("SELECT version_num FROM alembic_version") == [{"version_num": "99999999_9999"}]
    ready = await (await service.browser()).get("/health/ready")
    assert ready.status_code == 503
    assert "99999999_9999" in ready.json()["problems"][0]


async def test_every_table_has_a_primary_key(migrated_url: str) -> None:
    without = await rows(
        migrated_url,
        f"{TABLES} AND NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'p' AND conrelid = tablename::regclass)",
    )
    assert without == []


FOREIGN_KEYS = """
    SELECT c.conrelid::regclass::text, c.conname, EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = c.conrelid AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
    )
    FROM pg_constraint AS c
    WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
"""


async def test_every_foreign_key_has_an_index_that_begins_with_it(migrated_url: str) -> None:
    found = await rows(migrated_url, FOREIGN_KEYS)
    assert len(found) >= 5
    assert [(table, name) for table, name, indexed in found if not indexed] == []


async def test_every_moment_is_stored_with_its_zone(migrated_url: str) -> None:
    naive = await rows(
        migrated_url,
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'",
    )
    assert naive == []


SHARED = """
INSERT INTO accounts (id, notion_user_id, email_verified, role, created_at, last_login_at)
  OVERRIDING SYSTEM VALUE
  SELECT n, gen_random_uuid(), false, 'member', now(), now() FROM generate_series(1, 2) AS n;
INSERT INTO grants (id, client_id, workspace_id, bot_id, owner, status, sealed, key_id, created_at, updated_at)
  OVERRIDING SYSTEM VALUE
  SELECT n, 'client', '11111111-2222-4333-8444-555555555555', 'bot', 'owner ' || n, 'active', '', 'main', now(), now()
  FROM generate_series(1, 2) AS n;
INSERT INTO tenants (account_id, tenant_id, generation) SELECT n, 'team', 1 FROM generate_series(1, 2) AS n;
INSERT INTO connections (account_id, tenant_id, workspace_id, grant_id, usage_count, created_at)
  SELECT n, 'team', '11111111-2222-4333-8444-555555555555', n, 0, now() FROM generate_series(1, 2) AS n
"""


async def test_people_who_share_a_bot_share_a_grant_again_after_a_downgrade(empty_url: str) -> None:
    await asyncio.to_thread(migrate, empty_url)
    for statement in SHARED.split(";"):
        await execute(empty_url, statement)
    await asyncio.to_thread(command.downgrade, alembic_config(empty_url), "20261122_1300")
    assert await rows(empty_url, "SELECT id FROM grants") == [(2,)]
    assert await rows(empty_url, "SELECT account_id, grant_id FROM connections ORDER BY 1") == [(1, 2), (2, 2)]
    await asyncio.to_thread(migrate, empty_url)
    assert await rows(empty_url, "SELECT owner FROM grants") == [("",)]


OLDER = (
    "INSERT INTO process_leases VALUES (gen_random_uuid(), clock_timestamp() + interval '3 seconds')",
    "INSERT INTO key_holders SELECT process_id, ARRAY['main', 'old'], clock_timestamp() FROM process_leases",
    "INSERT INTO key_holders VALUES (gen_random_uuid(), ARRAY['main'], clock_timestamp())",
)


async def test_a_process_that_holds_a_lease_is_known_after_the_upgrade_and_after_the_downgrade(empty_url: str) -> None:
    await asyncio.to_thread(migrate, empty_url)
    await asyncio.to_thread(command.downgrade, alembic_config(empty_url), "20261127_1000")
    for statement in OLDER:
        await execute(empty_url, statement)
    before = await rows(empty_url, "SELECT expires_at FROM process_leases")
    await asyncio.to_thread(migrate, empty_url)
    holding = "SELECT lease_expires_at, key_ids FROM processes WHERE lease_expires_at IS NOT NULL"
    assert await rows(empty_url, holding) == [(*before[0], ["main", "old"])]
    assert await rows(empty_url, "SELECT count(*) FROM processes") == [(2,)]
    await asyncio.to_thread(command.downgrade, alembic_config(empty_url), "20261127_1000")
    assert await rows(empty_url, "SELECT expires_at FROM process_leases") == before
    assert await rows(empty_url, "SELECT count(*) FROM key_holders") == [(2,)]


WITH_WRITE = """
INSERT INTO accounts (id, notion_user_id, email_verified, role, created_at, last_login_at)
  OVERRIDING SYSTEM VALUE VALUES (1, gen_random_uuid(), false, 'member', now(), now());
INSERT INTO service_tokens
  (account_id, name, token_hash, prefix, scopes, workspace_ids, all_workspaces, created_at)
  SELECT 1, scopes::text, sha256(scopes::text::bytea), 'ivg_', scopes, '{}', false, now()
  FROM (VALUES (ARRAY['notion:write', 'graph:read']), (ARRAY['notion:read'])) AS given (scopes);
INSERT INTO oauth_apps (id, client_id, registration, app_type, name, scopes, grant_types, auth_method, created_at)
  OVERRIDING SYSTEM VALUE
  VALUES (1, 'app', 'admin', 'native', 'App', ARRAY['openid', 'notion:write'], '{}', 'none', now());
INSERT INTO oauth_grants (id, account_id, app_id, scopes, workspace_ids, created_at)
  OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, ARRAY['notion:write'], '{}', now());
INSERT INTO oauth_authorizations (id, grant_id, scopes, resources, auth_time, created_at, revoked_jtis)
  VALUES (gen_random_uuid(), 1, ARRAY['notion:write'], '{}', now(), now(), '{}')
"""
SCOPED = ("service_tokens", "oauth_apps", "oauth_grants", "oauth_authorizations")


async def test_whoever_could_comment_by_writing_still_can_after_the_upgrade(empty_url: str) -> None:
    async def scopes() -> list[list[str]]:
        found: list[list[str]] = []
        for table in SCOPED:
            found += [row[0] for row in await rows(empty_url, f"SELECT scopes FROM {table}")]  # noqa: S608
        return sorted(found)

    await asyncio.to_thread(migrate, empty_url)
    await asyncio.to_thread(command.downgrade, alembic_config(empty_url), "20261128_2000")
    for statement in WITH_WRITE.split(";"):
        await execute(empty_url, statement)
    before = await scopes()
    await asyncio.to_thread(migrate, empty_url)
    assert await scopes() == sorted([*each, "notion:comment"] if "notion:write" in each else each for each in before)
    await execute(
        empty_url, "UPDATE service_tokens SET scopes = ARRAY['notion:comment'] WHERE 'notion:read' = ANY(scopes)"
    )
    # What older code does not know is nowhere then, and a token for that alone is gone.
    await asyncio.to_thread(command.downgrade, alembic_config(empty_url), "20261128_2000")
    assert await scopes() == [each for each in before if each != ["notion:read"]]

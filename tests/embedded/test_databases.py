from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from ivgraph_auth.embedded.server import EmbeddedPostgres
from tests.embedded.conftest import StartRun
from tests.support.postgres import TestDatabases, end_leftovers


async def execute(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def migrate(url: str) -> None:
    await execute(url, "CREATE TABLE words (word text)")


async def test_each_database_is_a_copy_of_the_template_of_its_own(shared: EmbeddedPostgres) -> None:
    databases = TestDatabases(shared.database_url("postgres"))
    await databases.create_template(migrate)
    await databases.create_template(migrate)
    first, second = await databases.create(), await databases.create()
    assert first != second
    await execute(first, "INSERT INTO words VALUES ('needle')")
    await execute(second, "INSERT INTO words VALUES ('other')")
    assert b"needle" in databases.dump(first)
    assert b"needle" not in databases.dump(second)

    plain = first.replace("postgresql+asyncpg", "postgresql")
    connection = await asyncpg.connect(plain)
    await databases.drop(first)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.execute("SELECT 1")
    await connection.close()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(plain)
    with pytest.raises(ValueError, match="not one of these"):
        await databases.drop(shared.database_url())
    await databases.drop_all()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(second.replace("postgresql+asyncpg", "postgresql"))


def test_what_a_killed_test_run_left_is_ended(directory: Path, start_run: StartRun) -> None:
    living = start_run(directory)
    left = living.started()["pid"]
    end_leftovers(directory.name)
    assert command_line(left)  # the run lives, so its server stays
    living.kill()
    end_leftovers(directory.name)
    assert not command_line(left)
    assert not directory.exists()


def command_line(pid: int) -> bytes:
    """Nothing when the process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""

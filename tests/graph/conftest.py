import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.migrations import migrate
from tests.graph.kit import Transaction
from tests.support.postgres import TestDatabases


@pytest.fixture(scope="module")
async def database(migrated: TestDatabases) -> AsyncIterator[Database]:
    url = await migrated.create()
    database = Database(url, unit_seconds=20)
    yield database
    await database.close()
    await migrated.drop(url)


@pytest.fixture(params=["engine", "asyncpg"])
def transaction(database: Database, request: pytest.FixtureRequest) -> Transaction:
    """By either way to the database."""
    return database.transaction if request.param == "engine" else database.direct_transaction


@pytest.fixture(scope="module", params=["as-the-server", "C"])
async def database_of_any_locale(migrated: TestDatabases, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """In locale C a database knows no letters beyond ASCII."""
    url = given = await migrated.create()
    if request.param == "C":
        name = f"{make_url(given).database}_c"
        await _order(given, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        url = make_url(given).set(database=name).render_as_string(hide_password=False)
        await asyncio.to_thread(migrate, url)
    database = Database(url, unit_seconds=20)
    yield database
    await database.close()
    if url != given:
        await _order(given, f"DROP DATABASE {name} WITH (FORCE)")
    await migrated.drop(given)


async def _order(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()

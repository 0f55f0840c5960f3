from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ivgraph_auth.database.engine import Database
from tests.graph.kit import Transaction, add_grant
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


@pytest.fixture
def make_grant(database: Database) -> Callable[[], Awaitable[int]]:
    async def make() -> int:
        async with database.transaction() as connection:
            return await add_grant(connection)

    return make

from collections.abc import AsyncIterator

import pytest

from ivgraph_auth.database.engine import Database
from tests.support.postgres import TestDatabases


@pytest.fixture(scope="module")
async def module_database(migrated: TestDatabases) -> AsyncIterator[Database]:
    url = await migrated.create()
    database = Database(url, unit_seconds=20)
    yield database
    await database.close()
    await migrated.drop(url)


@pytest.fixture(params=["engine", "asyncpg"], scope="module")
def pool(request: pytest.FixtureRequest) -> str:
    return str(request.param)

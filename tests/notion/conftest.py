from collections.abc import AsyncIterator, Iterator

import pytest

from ivgraph_auth.core.http import HttpClient
from tests.notion.kit import Wire, wire_of


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[HttpClient]:
    """One for many tests: reading the certificates of all authorities takes longer than any of them."""
    client = HttpClient()
    yield client
    await client.close()


@pytest.fixture
def wire(http: HttpClient) -> Iterator[Wire]:
    with wire_of(http) as opened:
        yield opened

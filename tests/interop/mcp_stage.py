"""The provider with `/mcp`, whose graph has been read, and what its person lets a client do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.interop.oauth_provider import Provider, run_provider
from tests.interop.person import Person
from tests.support.postgres import TestDatabases

SCOPES = ("graph:search", "graph:read", "graph:neighbors", "notion:read", "notion:write", "notion:comment")
# Never ticked beforehand for an app that nobody has verified.
UNTICKED = ("notion:write", "notion:comment")


@dataclass
class Stage:
    provider: Provider
    token: str
    person: Person
    links: int = 0

    @property
    def url(self) -> str:
        return f"{self.provider.url}/mcp"

    async def allow(self, link: str) -> str:
        """The person ticks all that there is. Answers where they arrive."""
        self.links += 1
        return (await self.person.open(link, tick=UNTICKED)).url


@pytest.fixture(scope="module")
async def stage(migrated: TestDatabases) -> AsyncIterator[Stage]:
    url = await migrated.create()
    with pytest.MonkeyPatch.context() as patch:
        lift_rate_limit(patch)
        async with run_provider(url, dynamic_registration=True) as provider:
            ada = await provider.service.guest("ada")
            await synchronize(provider.service, ada)
            token = (await ada.mint(*SCOPES))["token"]
            yield Stage(provider, token, await provider.person("ada"))
    await migrated.drop(url)

"""A new encryption key, and everything sealed anew with it, while agents call tools under idempotency keys."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key
from tests.support.agents import AgentCall as Call
from tests.support.agents import Agents, new_page
from tests.support.cluster import Cluster, Server
from tests.support.keyhouse import EVERYTHING, House

pytestmark = pytest.mark.slow


@pytest.fixture
async def house(cluster: Cluster, tmp_path: Path) -> AsyncIterator[House]:
    await cluster.rows(EVERYTHING)
    file = tmp_path / "keys"
    file.write_text(generate_key("old"))
    file.chmod(0o640)
    yield House(cluster, file)
    await cluster.end_all()


class Writers:
    """Each writes a page under a key, and asks for the answer again at both processes."""

    def __init__(self, agents: Agents, servers: list[Server]) -> None:
        self._agents = agents
        self._servers = servers
        self.kept: list[tuple[Call, str]] = []
        self.over = False

    async def go_on(self, server: Server) -> None:
        while not self.over:
            asked = Call("notion.createPage", new_page("Tides"), {"Idempotency-Key": random_token()})
            made = await self._written(server, asked)
            self.kept.append((asked, made))
            await self.the_same(asked, made)

    async def the_same(self, asked: Call, made: str) -> None:
        for server in self._servers:
            assert await self._written(server, asked) == made

    async def _written(self, server: Server, asked: Call) -> str:
        answer = await self._agents.call(server, asked)
        assert answer.status_code == 200, answer.text
        page: str = answer.json()["result"]["id"]
        return page


async def test_rotate_and_rewrap_while_tools_are_called(house: House) -> None:
    servers = [await house.serve(), await house.serve()]
    for server in servers:
        await server.caches()
    agents = await Agents.at(house.cluster, servers[0])
    writers = Writers(agents, servers)
    going = [asyncio.create_task(writers.go_on(server)) for server in servers]
    await agents.until(lambda: len(writers.kept) >= 4)
    before = len(writers.kept)
    await house.run("rotate")
    await house.run("rewrap")
    await agents.until(lambda: len(writers.kept) >= before + 4)
    writers.over = True
    await asyncio.gather(*going)
    assert list(await house.used()) == [house.ids[0]]
    assert agents.arrived("/v1/pages", "POST") == len(writers.kept)
    # What was written while they turned may have been sealed with the old key; a second round finds it.
    await house.run("rewrap")
    rows = await house.cluster.rows("SELECT DISTINCT key_id FROM idempotent_answers")
    assert [row["key_id"] for row in rows] == [house.ids[0]]
    for asked, made in writers.kept:
        await writers.the_same(asked, made)

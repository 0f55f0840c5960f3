"""A refresh over real processes: fifty uses at once, and `kill -9` at each step from asking Notion to our commit."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from ivgraph_auth.sandbox.faults import Fault
from tests.support.cluster import Cluster, Server, SignedIn, bearer, connect, open_cluster, plain
from tests.support.processes import Starter

pytestmark = pytest.mark.slow

TOKEN = "/v1/oauth/token"
TEAM = "/api/connections/team/"
LIGHTHOUSE = "/api/connections/b99d9983-54c8-49e4-9b4c-0bafb3fef367/"


@dataclass
class Scene:
    """Ada, with a tenant in her notebook whose access token just died."""

    cluster: Cluster
    server: Server
    ada: SignedIn

    async def rows(self, query: str) -> list[Any]:
        return await self.cluster.rows(query)

    async def status(self, server: Server, path: str = TEAM) -> str:
        answer = await server.client.get(path, headers=bearer(self.ada.access))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["status"])

    def refreshes(self) -> int:
        return sum(call.grant_type == "refresh_token" for call in self.cluster.sandbox.instance.calls)


def verify(server: Server, ada: SignedIn) -> Any:
    return server.client.post(f"{TEAM}verify/", headers=bearer(ada.access))


@pytest.fixture
async def scene(starter: Starter) -> AsyncIterator[Scene]:
    async with open_cluster(starter) as cluster:
        server = await cluster.serve()
        ada = await server.sign_in("ada")
        await connect(server, ada)
        assert cluster.sandbox.instance.state.expire_access_tokens(workspace="notebook")
        yield Scene(cluster, server, ada)
        await cluster.end_all()


async def test_fifty_uses_over_two_processes_are_one_refresh(scene: Scene) -> None:
    second = await scene.cluster.serve()
    answers = await asyncio.gather(*(verify(server, scene.ada) for server in (scene.server, second) for _ in range(25)))
    assert [answer.json().get("status") for answer in answers] == 50 * ["active"]
    assert scene.refreshes() == 1


@pytest.mark.parametrize("carry_out", [False, True], ids=["before Notion acts", "before its answer comes"])
async def test_killed_while_notion_is_asked(scene: Scene, *, carry_out: bool) -> None:
    scene.cluster.sandbox.instance.faults.add(Fault(TOKEN, "hang", carry_out=carry_out))
    asked = asyncio.create_task(verify(scene.server, scene.ada))
    while scene.refreshes() == 0:
        await scene.rows("SELECT 1")
    assert len(await scene.rows("SELECT * FROM grant_refreshes")) == 1
    await kill(scene, asked)
    await mended_after(scene, lost=carry_out)


async def test_killed_between_the_answer_and_the_commit(scene: Scene) -> None:
    """Somebody holds the grant's row, so that the new pair has arrived and cannot be stored."""
    holder = await asyncpg.connect(plain(scene.cluster.database_url))
    try:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("SELECT * FROM grants FOR NO KEY UPDATE")
        asked = asyncio.create_task(verify(scene.server, scene.ada))
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE grants%'"
        while not await scene.rows(waiting):
            pass
        await kill(scene, asked)
        await transaction.rollback()
    finally:
        await holder.close()
    await mended_after(scene, lost=True)


async def test_killed_after_the_commit_nothing_is_lost(scene: Scene) -> None:
    assert (await verify(scene.server, scene.ada)).json()["status"] == "active"
    scene.cluster.kill(scene.server)
    again = await scene.cluster.serve()
    assert (await verify(again, scene.ada)).json()["status"] == "active"
    assert scene.refreshes() == 1
    assert await scene.rows("SELECT * FROM grant_refreshes") == []


async def kill(scene: Scene, asked: "asyncio.Task[Any]") -> None:
    scene.cluster.kill(scene.server)
    await asyncio.wait([asked])
    assert asked.exception() is not None
    scene.cluster.sandbox.instance.faults.clear()


async def mended_after(scene: Scene, *, lost: bool) -> None:
    """`doctor` tells it, no other connection is touched, and the next use or the next consent mends it."""
    again = await scene.cluster.serve()
    assert await scene.status(again) == "active"
    # As if the lock had run out: nobody waits half a minute in a test.
    await scene.rows("UPDATE grant_refreshes SET held_until = held_until - interval '30 s'")
    told = (await scene.cluster.run("doctor")).text
    assert "tenant 'team' of account" in told
    assert "a refresh was interrupted at" in told
    assert (await verify(again, scene.ada)).json()["status"] == ("needs_reauth" if lost else "active")
    assert await scene.status(again, LIGHTHOUSE) == "active"
    if lost:
        await connect(again, scene.ada)
        assert (await verify(again, scene.ada)).json()["status"] == "active"
    assert await scene.rows("SELECT * FROM grant_refreshes") == []

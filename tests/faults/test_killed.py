"""`kill -9` under load, again and again: what was promised holds, and what was not answered can be asked again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import httpx
import pytest

from tests.support.cluster import Cluster, Server, SignedIn, open_cluster
from tests.support.processes import Starter

pytestmark = pytest.mark.slow
KILLS = 20
RESTART_WITHIN = 10.0  # seconds
BEFORE_A_KILL = 12  # answers


class Load:
    """People at work until the service goes away under them; each keeps account of what it was promised."""

    def __init__(self) -> None:
        self.server: Server
        self.tokens: list[str] = []
        self.left: list[SignedIn] = []
        self.rotating: list[SignedIn] = []
        self.lost = 0
        self._answers = 0
        self._enough = asyncio.Event()

    async def until_killed(self, cluster: Cluster) -> None:
        self._answers = 0
        self._enough.clear()
        minters = [await self.server.sign_in(person) for person in ("ada", "chiara")]
        for who in minters:
            await empty(self.server, who)
        self.tokens.clear()
        work = [asyncio.create_task(self._until_cut(lambda who=who: self._mint(who))) for who in minters]  # type: ignore[misc]
        work += [asyncio.create_task(self._until_cut(self._come_and_go)) for _ in range(2)]
        work += [asyncio.create_task(self._until_cut(lambda n=n: self._rotate(n))) for n in range(len(self.rotating))]  # type: ignore[misc]
        await self._enough.wait()
        cluster.kill(self.server)
        await asyncio.gather(*work)

    async def _until_cut(self, step: Callable[[], Awaitable[None]]) -> None:
        with suppress(httpx.TransportError):
            while True:
                await step()
                self._answers += 1
                if self._answers >= BEFORE_A_KILL:
                    self._enough.set()

    async def _mint(self, who: SignedIn) -> None:
        answer = await self.server.mint(who)
        assert answer.status_code in (201, 409), answer.text
        if answer.status_code == 201:
            self.tokens.append(answer.json()["token"])

    async def _come_and_go(self) -> None:
        who = await self.server.sign_in("bruno")
        assert (await self.server.logout(who.refresh)).status_code == 200
        self.left.append(who)

    async def _rotate(self, number: int) -> None:
        who = self.rotating[number]
        try:
            answer = await self.server.refresh(who.refresh)
        except httpx.TransportError:
            self.lost += 1
            raise
        assert answer.status_code == 200, answer.text
        who.access, who.refresh = answer.json()["access"], answer.json()["refresh"]


async def empty(server: Server, who: SignedIn) -> None:
    listed = await server.client.get("/api/tokens/", headers={"Authorization": f"Bearer {who.access}"})
    for token in listed.json():
        assert (await server.revoke(who, token)).status_code == 204


async def promises_hold(load: Load) -> None:
    server = load.server
    for token in load.tokens:
        assert await server.status(token) == 200
    for who in load.left[-20:]:
        assert await server.status(who.access) == 401
        assert (await server.refresh(who.refresh, rotate=False)).status_code == 401
    for who in load.rotating:
        again = await server.refresh(who.refresh)
        assert again.status_code == 200, again.text
        who.access, who.refresh = again.json()["access"], again.json()["refresh"]
        assert await server.status(who.access) == 200


@pytest.fixture
async def durable(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter, durable=True) as cluster:
        yield cluster


async def test_killed_twenty_times_it_keeps_every_promise(durable: Cluster) -> None:
    load = Load()
    load.server = await durable.serve()
    port = int(load.server.url.rpartition(":")[2])
    load.rotating = [await load.server.sign_in("ada") for _ in range(6)]
    for _ in range(KILLS):
        await load.until_killed(durable)
        async with asyncio.timeout(RESTART_WITHIN):
            load.server = await durable.serve(port=port)
            assert (await load.server.client.get("/health/ready")).status_code == 200
        await promises_hold(load)
    assert load.lost > 0
    for who in load.left:
        assert await load.server.status(who.access) == 401
    await durable.end_all()

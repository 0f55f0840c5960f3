"""PostgreSQL stopped, frozen, cut off, full, and back: no 401 for a valid credential, no 2xx for a revoked one."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from ivgraph_auth.database.errors import TROUBLE
from tests.support.cluster import ME, Cluster, Server, SignedIn, bearer, plain

pytestmark = pytest.mark.slow
Pair = tuple[Server, Server]
ANSWERED_WITHIN = 6.0  # seconds; promised are five
BACK_WITHIN = 10.0


@dataclass(frozen=True)
class Credentials:
    who: SignedIn
    valid: list[str]
    revoked: list[str]


async def prepare(pair: Pair) -> Credentials:
    """Valid and revoked ones, all of which both processes have seen; the last of the valid ones none has."""
    here, there = pair
    who, gone = await here.sign_in("ada"), await here.sign_in("bruno")
    listed = await here.client.get("/api/tokens/", headers=bearer(who.access))
    for token in listed.json():
        await here.revoke(who, token)
    seen, revoked, unseen = [await here.minted(who) for _ in range(3)]
    for server in pair:
        for credential in (who.access, seen["token"], revoked["token"], gone.access):
            assert await server.status(credential) == 200
    assert (await there.revoke(who, revoked)).status_code == 204
    assert (await there.logout(gone.refresh)).status_code == 200
    return Credentials(who, [who.access, seen["token"], unseen["token"]], [revoked["token"], gone.access])


async def ask(server: Server, credential: str) -> int:
    answer = await server.client.get(ME, headers=bearer(credential), timeout=ANSWERED_WITHIN)
    if answer.status_code == 503:
        assert answer.json()["code"] == "unavailable"
        assert int(answer.headers["retry-after"]) > 0
    return answer.status_code


async def look(pair: Pair, credentials: list[str], times: int = 3) -> Counter[int]:
    asked = [ask(server, credential) for server in pair for credential in credentials for _ in range(times)]
    return Counter(await asyncio.gather(*asked))


async def check(pair: Pair, credentials: Credentials) -> Counter[int]:
    valid, revoked = await asyncio.gather(look(pair, credentials.valid), look(pair, credentials.revoked))
    assert set(valid) <= {200, 503}, valid
    assert set(revoked) <= {401, 503}, revoked
    return valid + revoked


async def out_of_service(pair: Pair, credentials: Credentials) -> None:
    """Until no process has anything left that it could answer from, and a little longer."""
    while set(await check(pair, credentials)) != {503}:
        pass
    for _ in range(2):
        assert set(await check(pair, credentials)) == {503}


async def back_in_service(pair: Pair, credentials: Credentials) -> None:
    async with asyncio.timeout(BACK_WITHIN):
        while 503 in await check(pair, credentials):
            pass
        for server in pair:
            while (await server.mint(credentials.who)).status_code != 201:
                pass
    assert set(await look(pair, credentials.valid)) == {200}
    assert set(await look(pair, credentials.revoked)) == {401}


async def logout_is_not_promised(pair: Pair, credentials: Credentials) -> None:
    server = pair[0]
    answer = await server.client.post(
        "/api/auth/logout/", json={"refresh": credentials.who.refresh}, timeout=ANSWERED_WITHIN
    )
    assert answer.status_code == 503


@asynccontextmanager
async def stopped(cluster: Cluster) -> AsyncIterator[None]:
    await asyncio.to_thread(cluster.postgres.stop)
    try:
        yield
    finally:
        await asyncio.to_thread(cluster.postgres.start)


@asynccontextmanager
async def frozen(cluster: Cluster) -> AsyncIterator[None]:
    cluster.send_to_database(signal.SIGSTOP)
    try:
        yield
    finally:
        cluster.send_to_database(signal.SIGCONT)


@asynccontextmanager
async def full(cluster: Cluster) -> AsyncIterator[None]:
    """Every connection there is, taken by somebody else of the same role."""
    taken: list[Any] = [await asyncpg.connect(plain(cluster.database_url))]
    try:
        await fill(cluster, taken)
        yield
    finally:
        await asyncio.gather(*(connection.close() for connection in taken))


async def fill(cluster: Cluster, taken: list[Any]) -> None:
    """Those of the services are cut, and taken before they are back."""
    while True:
        try:
            taken.append(await asyncpg.connect(plain(cluster.database_url)))
        except TROUBLE:
            if not await cut(taken[0], [each.get_server_pid() for each in taken]):
                return


async def cut(connection: Any, but: list[int]) -> int:
    query = (
        "SELECT count(pg_terminate_backend(pid)) AS cut FROM pg_stat_activity"
        " WHERE usename = current_user AND pid <> ALL($1::int[])"
    )
    count: int = await connection.fetchval(query, but)
    return count


@pytest.mark.parametrize("outage", [stopped, frozen, full])
async def test_through_an_outage_nobody_is_told_anything_wrong(
    cluster: Cluster, pair: Pair, outage: Callable[[Cluster], AbstractAsyncContextManager[None]]
) -> None:
    credentials = await prepare(pair)
    async with outage(cluster):
        await check(pair, credentials)
        await out_of_service(pair, credentials)
        await logout_is_not_promised(pair, credentials)
        live = await pair[0].client.get("/health/live", timeout=ANSWERED_WITHIN)
        ready = await pair[0].client.get("/health/ready", timeout=ANSWERED_WITHIN)
        assert (live.status_code, ready.status_code) == (200, 503)
    await back_in_service(pair, credentials)
    for server in pair:
        await server.caches()
    await check(pair, credentials)


async def test_connections_cut_again_and_again(cluster: Cluster, pair: Pair) -> None:
    credentials = await prepare(pair)
    outsider = await asyncpg.connect(plain(cluster.database_url))
    for _ in range(20):
        checked = asyncio.create_task(check(pair, credentials))
        assert await cut(outsider, [outsider.get_server_pid()]) >= 0
        await checked
    await outsider.close()
    await back_in_service(pair, credentials)


async def test_what_is_revoked_as_the_database_goes_stays_revoked_if_it_was_said(cluster: Cluster, pair: Pair) -> None:
    here, _ = pair
    for _ in range(5):
        credentials = await prepare(pair)
        who = await here.sign_in("chiara")
        assert await look(pair, [who.access]) == {200: 6}
        async with frozen_after(here, who, cluster) as out:
            answer = await out
        if answer.status_code == 200:
            assert set(await look(pair, [who.access])) <= {401, 503}
        else:
            assert answer.status_code == 503
        await back_in_service(pair, credentials)
        if answer.status_code == 200:
            assert await look(pair, [who.access]) == {401: 6}


@asynccontextmanager
async def frozen_after(
    server: Server, who: SignedIn, cluster: Cluster
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """PostgreSQL stops in the middle of somebody's logout."""
    out = asyncio.create_task(server.logout(who.refresh))
    await asyncio.wait([out], timeout=0.005)
    async with frozen(cluster):
        yield out

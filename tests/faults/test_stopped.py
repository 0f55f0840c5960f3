"""A process that stands still, or is no more, while others revoke."""

import asyncio
import signal
from collections import Counter

import pytest

from tests.support.cluster import Cluster, Line, Server

pytestmark = pytest.mark.slow
Pair = tuple[Server, Server]


async def ten_seconds() -> None:
    process = await asyncio.create_subprocess_exec("/bin/sleep", "10")
    await process.wait()


async def answers(lines: list[Line]) -> Counter[int]:
    found = Counter(await asyncio.gather(*(line.answered() for line in lines)))
    for line in lines:
        await line.close()
    return found


async def test_one_stopped_for_ten_seconds_accepts_nothing_revoked_meanwhile(pair: Pair) -> None:
    here, there = pair
    who, other = await here.sign_in("ada"), await here.sign_in("bruno")
    token, kept = await here.minted(who), await here.minted(who)
    for credential in (token["token"], kept["token"], who.access, other.access):
        assert await there.status(credential) == 200
    there.running.send(signal.SIGSTOP)
    try:
        slept = asyncio.create_task(ten_seconds())
        async with asyncio.timeout(10):
            assert (await here.revoke(who, token)).status_code == 204
            assert (await here.logout(other.refresh)).status_code == 200
        # Asked while it stands still, to be answered by its first instructions.
        early = {
            credential: [await Line.open(there.url) for _ in range(20)] for credential in (token["token"], other.access)
        }
        for credential, lines in early.items():
            for line in lines:
                line.ask(credential)
        await slept
    finally:
        there.running.send(signal.SIGCONT)
    for lines in early.values():
        assert await answers(lines) == {401: 20}
    for credential in (token["token"], other.access):
        assert await there.statuses(credential, 100) == {401: 100}
    assert await there.status(kept["token"]) == 200
    assert await there.status(who.access) == 200
    await there.caches()
    for credential in (token["token"], other.access):
        assert await there.statuses(credential, 100) == {401: 100}


async def test_one_stopped_shortly_accepts_nothing_revoked_meanwhile(pair: Pair) -> None:
    """Its lease outlasts the stop, so that the revocation waits for it."""
    here, there = pair
    who = await here.sign_in("ada")
    for _ in range(5):
        token = await here.minted(who)
        assert await there.status(token["token"]) == 200
        there.running.send(signal.SIGSTOP)
        revoked = asyncio.create_task(here.revoke(who, token))
        while await here.status(token["token"]) == 200:
            pass
        there.running.send(signal.SIGCONT)
        assert (await revoked).status_code == 204
        assert await there.statuses(token["token"], 50) == {401: 50}


async def test_one_killed_delays_a_revocation_by_seconds_and_another_serves_on(cluster: Cluster, pair: Pair) -> None:
    here, there = pair
    killed = await cluster.serve()
    await killed.caches()
    who, other = await here.sign_in("ada"), await here.sign_in("chiara")
    token = await here.minted(who)
    assert [await server.status(token["token"]) for server in (there, killed)] == [200, 200]
    cluster.kill(killed)
    async with asyncio.timeout(5):  # three, and the time of two slow machines
        assert (await here.revoke(who, token)).status_code == 204
    assert await there.statuses(token["token"], 50) == {401: 50}
    assert (await there.logout(other.refresh)).status_code == 200
    assert await here.statuses(other.access, 50) == {401: 50}
    next_one = await cluster.serve(port=int(killed.url.rpartition(":")[2]))
    assert await next_one.status(who.access) == 200
    assert await next_one.status(token["token"]) == 401
    assert await next_one.status(other.access) == 401

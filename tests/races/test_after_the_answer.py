"""What one process answered as ended, no other accepts: not one request that leaves after the answer came."""

import asyncio
import os
import signal
from collections import Counter

import pytest

from tests.support.cluster import Cluster, Server, SignedIn, bearer, connect

Pair = tuple[Server, Server]
REQUESTS = 200


@pytest.mark.slow
@pytest.mark.parametrize("direction", [1, -1], ids=["there", "back"])
async def test_no_token_is_accepted_after_its_deletion(pair: Pair, direction: int) -> None:
    here, there = pair[::direction]
    who = await here.sign_in("ada")
    for _ in range(25):
        token = await here.minted(who)
        assert await there.status(token["token"]) == 200
        assert (await here.revoke(who, token)).status_code == 204
        assert await there.statuses(token["token"], REQUESTS) == {401: REQUESTS}


@pytest.mark.slow
@pytest.mark.parametrize("direction", [1, -1], ids=["there", "back"])
async def test_no_session_is_accepted_after_its_logout(pair: Pair, direction: int) -> None:
    here, there = pair[::direction]
    for _ in range(25):
        who = await here.sign_in("bruno")
        assert await there.status(who.access) == 200
        assert (await here.logout(who.refresh)).status_code == 200
        assert await there.statuses(who.access, REQUESTS) == {401: REQUESTS}


@pytest.mark.slow
async def test_requests_under_way_through_the_deletion_leave_nothing_behind(pair: Pair) -> None:
    here, there = pair
    who = await here.sign_in("ada")
    for _ in range(10):
        token = await here.minted(who)
        meanwhile = asyncio.create_task(there.statuses(token["token"], REQUESTS))
        assert (await here.revoke(who, token)).status_code == 204
        after = await there.statuses(token["token"], 20)
        assert set(await meanwhile) <= {200, 401}
        assert after == {401: 20}


async def forgotten(server: Server, who: SignedIn) -> None:
    """Until this process knows that the session has ended; its own answer may be yet to come."""
    while await server.status(who.access) == 200:
        pass


@pytest.mark.slow
async def test_a_second_logout_answers_no_sooner_than_it_is_true(cluster: Cluster, pair: Pair) -> None:
    """A client whose first logout hangs, because a notification does, tries again."""
    here, there = pair
    who = await here.sign_in("ada")
    assert await there.statuses(who.access, 20) == {200: 20}
    backends = await cluster.listening_backends()
    assert len(backends) == 2
    os.kill(backends[1], signal.SIGSTOP)  # the one that brings them there
    try:
        first = asyncio.create_task(here.logout(who.refresh))
        await forgotten(here, who)
        assert (await here.logout(who.refresh)).status_code == 200
        after = await there.statuses(who.access, 20)
    finally:
        os.kill(backends[1], signal.SIGCONT)
    assert after == {401: 20}
    assert (await first).status_code == 200


async def on_new_lines(server: Server, credential: str) -> Counter[int]:
    """Whichever process takes each of them."""
    return await server.statuses(credential, 20) + await server.statuses(credential, 20)


@pytest.mark.slow
async def test_both_workers_of_one_command_refuse_what_either_revoked(cluster: Cluster) -> None:
    others = await cluster.holding_leases()
    server = await cluster.serve("--workers", "2", workers=2)
    while await cluster.holding_leases() < others + 2:
        pass
    who = await server.sign_in("ada")
    for _ in range(5):
        token = await server.minted(who)
        assert await on_new_lines(server, token["token"]) == {200: 40}
        assert (await server.revoke(who, token)).status_code == 204
        assert await on_new_lines(server, token["token"]) == {401: 40}
    await server.logout(who.refresh)
    assert await on_new_lines(server, who.access) == {401: 40}


@pytest.mark.slow
@pytest.mark.parametrize("direction", [1, -1], ids=["there", "back"])
async def test_no_token_reaches_a_workspace_after_its_disconnection(pair: Pair, direction: int) -> None:
    here, there = pair[::direction]
    who = await here.sign_in("ada")
    for _ in range(10):
        await connect(here, who)
        me = (await here.client.get("/api/auth/me/", headers=bearer(who.access))).json()
        who.workspace_ids = [item["id"] for item in me["workspaces"]]
        token = await here.minted(who)
        assert len(await reach(there, token["token"])) == 2
        gone = await here.client.delete("/api/connections/team/", headers=bearer(who.access))
        assert gone.json() == {"status": "removed", "revoked_upstream": True}
        for _ in range(20):
            assert len(await reach(there, token["token"])) == 1
        await here.revoke(who, token)


async def reach(server: Server, token: str) -> list[str]:
    answer = await server.client.get("/api/auth/validate/", headers=bearer(token))
    found: list[str] = answer.json()["workspace_ids"]
    return found

"""Two processes, and everybody at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import cycle, islice

import httpx
import jwt
import pytest

from tests.support.cluster import Cluster, Server, SignedIn, bearer, fragment_of

Pair = tuple[Server, Server]


async def both(pair: Pair, count: int, call: Callable[[Server], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """`count` calls at once, half of them at either."""
    return await asyncio.gather(*(call(server) for server in islice(cycle(pair), count)))


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def jti(token: str) -> str:
    found: str = jwt.decode(token, options={"verify_signature": False})["jti"]
    return found


async def sessions_of(server: Server, access: str) -> int:
    answer = await server.client.get("/api/auth/sessions/", headers=bearer(access))
    return len(answer.json()["results"])


@pytest.mark.slow
async def test_fifty_callbacks_give_one_session_and_one_exchange(cluster: Cluster, pair: Pair) -> None:
    path, cookie = await pair[0].way_back("bruno")
    exchanges = cluster.sandbox.exchanges()
    answers = await both(pair, 50, lambda server: server.arrive(path, cookie))
    assert statuses(answers) == {302: 1, 403: 49}
    arrived = next(fragment_of(answer) for answer in answers if answer.status_code == 302)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 403} == {"invalid_state"}
    assert cluster.sandbox.exchanges() == exchanges + 1
    assert [await sessions_of(server, arrived["access"]) for server in pair] == [1, 1]


async def test_fifty_creates_give_ten_tokens(pair: Pair) -> None:
    who = await pair[0].sign_in("chiara")
    answers = await both(pair, 50, lambda server: server.mint(who))
    assert statuses(answers) == {201: 10, 409: 40}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"token_limit_reached"}
    minted = [answer.json()["token"] for answer in answers if answer.status_code == 201]
    for server in pair:
        assert Counter([await server.status(token) for token in minted]) == {200: 10}
        listed = await server.client.get("/api/tokens/", headers=bearer(who.access))
        assert len(listed.json()) == 10


async def test_twenty_rotations_give_one_successor_and_a_living_session(pair: Pair) -> None:
    who = await pair[0].sign_in("ada")
    answers = await both(pair, 20, lambda server: server.refresh(who.refresh))
    assert statuses(answers) == {200: 20}
    successors = {answer.json()["refresh"] for answer in answers}
    assert len({jti(token) for token in successors}) == 1
    for server in pair:
        assert Counter([await server.status(answer.json()["access"]) for answer in answers]) == {200: 20}
    last = await pair[1].refresh(successors.pop())
    assert last.status_code == 200
    assert await pair[0].status(last.json()["access"]) == 200


async def nothing_lives(pair: Pair, who: SignedIn, answers: list[httpx.Response]) -> None:
    given = [answer.json() for answer in answers if answer.status_code == 200]
    for server in pair:
        for access in [who.access, *(each["access"] for each in given)]:
            assert await server.status(access) == 401
        for refresh in {who.refresh, *(each["refresh"] for each in given if "refresh" in each)}:
            assert (await server.refresh(refresh, rotate=False)).status_code == 401


@pytest.mark.parametrize("rotate", [False, True])
@pytest.mark.parametrize("head_start", [0, 4])
async def test_refreshes_racing_a_logout_leave_nothing_alive(pair: Pair, *, rotate: bool, head_start: int) -> None:
    who = await pair[0].sign_in("ada")
    refreshes = [asyncio.ensure_future(pair[n % 2].refresh(who.refresh, rotate=rotate)) for n in range(10)]
    if head_start:
        await asyncio.wait(refreshes[:head_start], return_when=asyncio.FIRST_COMPLETED)
    out = await pair[1].logout(who.refresh)
    answers = await asyncio.gather(*refreshes)
    assert out.status_code == 200
    assert set(statuses(answers)) <= {200, 401}
    await nothing_lives(pair, who, answers)

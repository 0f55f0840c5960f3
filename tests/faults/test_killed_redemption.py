"""`kill -9` when a code is redeemed, or a token replaced, and nobody has been answered yet."""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from tests.provider.kit import Client
from tests.support.apps import Person, make_admin, redeem, refresh, register, works
from tests.support.cluster import Cluster, Server
from tests.support.gate import Gate, gate

pytestmark = pytest.mark.slow


def at_commit(cluster: Cluster) -> AbstractAsyncContextManager[Gate]:
    """Of what gives refresh tokens."""
    return gate(cluster, "oauth_refresh_tokens", at_commit=True)


async def cut(cluster: Cluster, server: Server, held: Gate, request: Awaitable[httpx.Response]) -> int:
    """Killed while the commit is under way. Answers whose commit it is."""
    under_way = asyncio.ensure_future(request)
    pid = await held.waiting()
    cluster.kill(server)
    with pytest.raises(httpx.TransportError):
        await under_way
    return pid


async def begin(cluster: Cluster) -> tuple[Server, Person, Client]:
    server = await cluster.serve()
    ada = await make_admin(cluster, server)
    return server, ada, await register(server, ada)


async def authorizations(cluster: Cluster) -> int:
    """What codes have given, and still stands."""
    return int((await cluster.rows("SELECT count(*) AS found FROM oauth_authorizations"))[0]["found"])


async def test_a_code_whose_answer_was_lost_gives_nothing_to_anybody(cluster: Cluster) -> None:
    server, ada, web = await begin(cluster)
    code, before = await ada.code(server, web), await authorizations(cluster)
    async with at_commit(cluster) as held:
        await cut(cluster, server, held, redeem(server, web, code))
        await held.open()
    again = await cluster.serve()
    assert await authorizations(cluster) == before + 1
    late = await redeem(again, web, code)
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")
    # What nobody has been given has ended, too; and the person lets the app in once more.
    assert await authorizations(cluster) == before
    tokens = await ada.tokens(again, web)
    assert await works(again, tokens["access_token"])
    await cluster.end_all()


async def test_a_code_whose_redemption_was_never_committed_is_good(cluster: Cluster) -> None:
    server, ada, web = await begin(cluster)
    code = await ada.code(server, web)
    async with at_commit(cluster) as held:
        await held.throw_away(await cut(cluster, server, held, redeem(server, web, code)))
    again = await cluster.serve()
    answer = await redeem(again, web, code)
    assert answer.status_code == 200, answer.text
    assert await works(again, answer.json()["access_token"])
    await cluster.end_all()


@pytest.mark.parametrize("committed", [True, False])
async def test_nobody_is_signed_out_by_a_refresh_whose_answer_was_lost(cluster: Cluster, *, committed: bool) -> None:
    server, ada, web = await begin(cluster)
    tokens = await ada.tokens(server, web)
    async with at_commit(cluster) as held:
        pid = await cut(cluster, server, held, refresh(server, web, tokens["refresh_token"]))
        await (held.open() if committed else held.throw_away(pid))
    again = await cluster.serve()
    answers = [await refresh(again, web, tokens["refresh_token"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    successors = {answer.json()["refresh_token"] for answer in answers}
    assert len(successors) == 1
    assert (await refresh(again, web, successors.pop())).status_code == 200
    await cluster.end_all()

"""`kill -9` when a code is redeemed, or a token replaced, and nobody has been answered yet."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from tests.provider.kit import Client
from tests.support.apps import Person, make_admin, redeem, refresh, register, works
from tests.support.cluster import Cluster, Server, plain

pytestmark = pytest.mark.slow
PATIENCE = 30  # seconds, for what takes less than one
_GATE = 4711
_HOLD_COMMITS = f"""
    CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared({_GATE}); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON oauth_refresh_tokens
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
"""
_LET_COMMITS_GO = "DROP TRIGGER wait_at_commit ON oauth_refresh_tokens; DROP FUNCTION wait_at_commit()"
_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' AND wait_event_type = 'Lock'"


class Gate:
    """Commits of what gives refresh tokens wait here."""

    def __init__(self, connection: asyncpg.Connection, cluster: Cluster) -> None:
        self._connection = connection
        self._cluster = cluster

    async def waiting(self) -> int:
        """PostgreSQL's process whose commit waits, once one does."""
        async with asyncio.timeout(PATIENCE):
            while not (found := await self._cluster.rows(_WAITING)):
                pass
        return int(found[0]["pid"])

    async def open(self) -> None:
        """Whoever waited commits, whether anybody still waits for its answer or not."""
        await self._connection.execute("SELECT pg_advisory_unlock($1)", _GATE)
        async with asyncio.timeout(PATIENCE):
            while await self._cluster.rows(_WAITING):
                pass

    async def throw_away(self, pid: int) -> None:
        """Whoever waited has never committed."""
        await self._connection.execute("SELECT pg_terminate_backend($1)", pid)
        await self.open()


@asynccontextmanager
async def gate(cluster: Cluster) -> AsyncIterator[Gate]:
    connection = await asyncpg.connect(plain(cluster.database_url))
    try:
        await connection.execute(_HOLD_COMMITS)
        await connection.execute("SELECT pg_advisory_lock($1)", _GATE)
        yield Gate(connection, cluster)
        await connection.execute(_LET_COMMITS_GO)
    finally:
        await connection.close()


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
    async with gate(cluster) as held:
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
    async with gate(cluster) as held:
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
    async with gate(cluster) as held:
        pid = await cut(cluster, server, held, refresh(server, web, tokens["refresh_token"]))
        await (held.open() if committed else held.throw_away(pid))
    again = await cluster.serve()
    answers = [await refresh(again, web, tokens["refresh_token"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    successors = {answer.json()["refresh_token"] for answer in answers}
    assert len(successors) == 1
    assert (await refresh(again, web, successors.pop())).status_code == 200
    await cluster.end_all()

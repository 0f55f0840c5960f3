"""`kill -9` at random moments of a synchronization: the next process goes on, reads nothing twice, and ends alike."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import asyncpg
import pytest

from ivgraph_auth.sandbox.content.node import Node
from tests.graph.description import Description, describe
from tests.graph.edits import random_edits
from tests.graph.sync_kit import assert_same, stored
from tests.support.cluster import Cluster, Json, Server, SignedIn, bearer, open_cluster, plain
from tests.support.processes import Starter

pytestmark = pytest.mark.slow
KILLS = 10
SYNC = "/api/notion-graph/sync/"
# As if nobody had heard of whoever has the run for the five minutes that it is held.
GIVE_UP_HOLD = "UPDATE graph_runs SET held_until = clock_timestamp() WHERE status = 'running'"
FILL_BUCKETS = "UPDATE grant_budgets SET full_at = clock_timestamp()"
# Between two of them a run makes a few calls, of which a full bucket has fifteen to spare.
FILL_SECONDS = 0.02


@asynccontextmanager
async def without_rate_limit(cluster: Cluster) -> AsyncIterator[None]:
    """Three calls a second would make minutes of it."""
    connection = await asyncpg.connect(plain(cluster.database_url))

    async def fill() -> None:
        while True:
            await connection.execute(FILL_BUCKETS)
            await asyncio.sleep(FILL_SECONDS)

    filling = asyncio.create_task(fill())
    yield
    filling.cancel()
    with suppress(asyncio.CancelledError):
        await filling
    await connection.close()


@pytest.fixture
async def durable(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter, durable=True) as cluster, without_rate_limit(cluster):
        yield cluster


async def start(server: Server, who: SignedIn) -> Json:
    answer = await server.client.post(SYNC, json={"workspace_id": who.workspace_ids[0]}, headers=bearer(who.access))
    assert answer.status_code == 202, answer.text
    return answer.json()


async def end(server: Server, who: SignedIn, run: Json) -> None:
    while True:
        answer = await server.client.get(f"{SYNC}{run['id']}", headers=bearer(who.access))
        if (followed := answer.json())["status"] != "running":
            break
    assert followed["status"] == "done", followed


class Reads:
    """What one grant has asked the sandbox for since this was made, told by the object that it is part of."""

    def __init__(self, cluster: Cluster, grant: str) -> None:
        self._instance = cluster.sandbox.instance
        self._grant = grant
        self._instance.calls.clear()

    def paths(self, begin: int = 0) -> Counter[str]:
        return Counter(call.path for call in self._instance.calls[begin:] if call.grant == self._grant)

    def since(self, begin: int) -> "Again":
        """Of the calls from the one with this number on, what those before it had asked for already."""
        before, again = self.paths() - self.paths(begin), self.paths(begin)
        repeated = [path for path in again if path in before]
        holders = [self._holder(path) for path in repeated if path != "/v1/search"]
        sources = {node.id for node in holders if node.kind == "data_source"}
        return Again(repeated.count("/v1/search"), sources, {node.id for node in holders} - sources)

    def _holder(self, path: str) -> Node:
        """The page of a block, and what is none itself."""
        content = self._instance.state.content
        node = content.get(path.split("/")[3])
        assert node is not None, path
        return next(step for step in content.ancestry(node) if step.kind != "block")


class Again(NamedTuple):
    searches: int
    sources: set[str]
    pages: set[str]


async def kill_after(cluster: Cluster, server: Server, calls: int, turns: int) -> None:
    """Once the sandbox has had so many, and this loop so many turns more, in which the last may be answered."""
    seen = cluster.sandbox.instance.calls
    while len(seen) < calls:  # noqa: ASYNC110 -- the moment is the sandbox's, which runs in this loop
        await asyncio.sleep(0)
    for _ in range(turns):
        await asyncio.sleep(0)
    cluster.kill(server)


async def kill_again_and_again(
    cluster: Cluster, server: Server, who: SignedIn, run: Json, *, seed: int, calls: int
) -> None:
    """Ten times within the first `calls` calls, and then to the end. Each next process reads nothing again but the page
    that was being read, and the lists in which it was met.
    """
    rng = random.Random(seed)  # noqa: S311 -- repeatable is what it has to be
    instance, port = cluster.sandbox.instance, int(server.url.rpartition(":")[2])
    begin, reads = 0, Reads(cluster, "ada@lighthouse")
    for moment in sorted(rng.sample(range(1, calls), KILLS)):
        await kill_after(cluster, server, moment, rng.randint(0, 60))
        assert_only_what_was_in_flight(reads.since(begin), moment)
        begin = len(instance.calls)
        assert await cluster.rows("SELECT status FROM graph_runs WHERE id = $1", run["id"]) == [{"status": "running"}]
        await cluster.rows(GIVE_UP_HOLD)
        server = await cluster.serve(port=port)
    await end(server, who, run)
    assert_only_what_was_in_flight(reads.since(begin), len(instance.calls))


def assert_only_what_was_in_flight(again: Again, moment: int) -> None:
    assert again.searches <= 1, (moment, again)
    assert len(again.sources) <= 1, (moment, again)
    assert len(again.pages) <= 1, (moment, again)


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_ten_times_a_first_run_reads_nothing_twice_and_comes_to_the_same(
    durable: Cluster, seed: int
) -> None:
    server = await durable.serve()
    ada = await server.sign_in("ada")
    await kill_again_and_again(durable, server, ada, await start(server, ada), seed=seed, calls=70)
    instance = durable.sandbox.instance
    assert_same(await stored(durable), describe(instance, "ada"))
    await durable.end_all()


async def test_killed_ten_times_a_run_after_many_edits_comes_to_the_same(durable: Cluster) -> None:
    server = await durable.serve()
    ada = await server.sign_in("ada")
    await end(server, ada, await start(server, ada))
    instance = durable.sandbox.instance
    edits = random_edits(instance, 7, 200)
    await kill_again_and_again(durable, server, ada, await start(server, ada), seed=3, calls=60)
    assert_same(await stored(durable), describe(instance, "ada"), edits)
    await durable.end_all()


async def test_two_processes_have_one_run_of_a_grant_and_one_goes_on_with_what_the_other_had(durable: Cluster) -> None:
    here, there = await durable.pair()
    ada, chiara = await here.sign_in("ada"), await there.sign_in("chiara")
    reads = Reads(durable, "ada@lighthouse")
    body = {"workspace_id": ada.workspace_ids[0]}
    answers = await asyncio.gather(
        *(server.client.post(SYNC, json=body, headers=bearer(ada.access)) for server in (here, there) * 10)
    )
    assert Counter(answer.status_code for answer in answers) == {202: 1, 409: 19}
    run = next(answer.json() for answer in answers if answer.status_code == 202)
    other = await start(there, chiara)
    await asyncio.gather(end(there, chiara, other), end(here, ada, run))
    assert max(reads.paths().values()) == 1
    await kill_one_of_two(durable, here, there, ada)
    instance = durable.sandbox.instance
    shared, harbour = describe(instance, "ada"), describe(instance, "chiara", "harbour")
    both = Description({**shared.nodes, **harbour.nodes}, shared.edges | harbour.edges)
    assert_same(await stored(durable), both)
    await durable.end_all()


async def test_what_two_processes_find_due_at_the_same_time_is_read_once(durable: Cluster) -> None:
    settings = {"IVGRAPH_SYNC_INTERVAL": "900"}
    servers = [await durable.serve(settings=settings) for _ in range(2)]
    durable.sandbox.instance.calls.clear()
    for number, person in enumerate(("ada", "bruno", "chiara", "farah")):
        await servers[number % 2].sign_in(person)
    while True:
        runs = await durable.rows("SELECT graph_id, status FROM graph_runs ORDER BY graph_id")
        if len(runs) >= 4 and all(run["status"] != "running" for run in runs):
            break
    assert [run["status"] for run in runs] == ["done"] * 4
    assert len({run["graph_id"] for run in runs}) == 4
    asked = Counter(
        (call.grant, call.path)
        for call in durable.sandbox.instance.calls
        if call.grant is not None and call.path != "/v1/users/me"
    )
    assert {grant for grant, _ in asked} == {"ada@lighthouse", "bruno@lighthouse", "farah@lighthouse", "chiara@harbour"}
    assert max(asked.values()) == 1
    await durable.end_all()


async def kill_one_of_two(cluster: Cluster, here: Server, there: Server, ada: SignedIn) -> None:
    """Whichever has the run."""
    await cluster.rows("UPDATE graph_nodes SET edited_at = NULL")
    calls = len(cluster.sandbox.instance.calls)
    run = await start(here, ada)
    await kill_after(cluster, here, calls + 20, 0)
    await cluster.rows(GIVE_UP_HOLD)
    await end(there, ada, run)

"""How often a call reaches Notion when its answer is lost: on the way from there, on the way back, by `kill -9`."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.sandbox.faults import Fault, Kind
from tests.support.agents import PAGES, AgentCall, Agents, code_of, get_self, new_page, statuses
from tests.support.cluster import Cluster, Server, plain
from tests.support.processes import PATIENCE

pytestmark = pytest.mark.slow

Pair = tuple[Server, Server]
ME = "/v1/users/me"
DROP_IN_READ = AgentCall(f"GET {ME}")
CALLING_PROCESSES = "(SELECT process_id FROM idempotent_calls WHERE process_id IS NOT NULL)"


def create_page(title: str = "Tides", *, seconds: int = 30) -> AgentCall:
    return AgentCall("notion.createPage", new_page(title), {"X-Ivgraph-Timeout": str(seconds)})


def post_page(title: str = "Tides") -> AgentCall:
    return AgentCall(f"POST {PAGES}", new_page(title))


BOTH_WAYS = pytest.mark.parametrize("write", [create_page(), post_page()], ids=["tool", "drop-in"])


@pytest.fixture(scope="module")
async def module_agents(cluster: Cluster, pair: Pair) -> Agents:
    return await Agents.at(cluster, pair[0])


@pytest.fixture
async def agents(module_agents: Agents) -> AsyncIterator[Agents]:
    await module_agents.rest()
    yield module_agents
    module_agents.cluster.sandbox.instance.faults.clear()


def fault(agents: Agents, path: str, kind: Kind, *, times: int = 1, carry_out: bool = False) -> None:
    agents.cluster.sandbox.instance.faults.add(Fault(path, kind, times=times, carry_out=carry_out))


def written(agents: Agents) -> int:
    return agents.arrived(PAGES, "POST")


async def settled(agents: Agents, server: Server, asked: AgentCall) -> httpx.Response:
    """The answer to whoever asks again for as long as the first call is under way."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await agents.call(server, asked)
            if answer.status_code != 409 or not in_progress(answer):
                return answer


def in_progress(answer: httpx.Response) -> bool:
    """A caller is told when to look again, and only then."""
    return "Retry-After" in answer.headers


@pytest.mark.parametrize("carry_out", [False, True], ids=["before", "after"])
@BOTH_WAYS
async def test_a_write_that_is_cut_is_not_sent_again(
    agents: Agents, pair: Pair, write: AgentCall, *, carry_out: bool
) -> None:
    fault(agents, PAGES, "drop", carry_out=carry_out)
    answer = await agents.call(pair[0], write)
    assert answer.status_code == (503 if write.dropped_in else 502)
    assert written(agents) == 1


async def test_a_write_that_is_late_is_not_sent_again(agents: Agents, pair: Pair) -> None:
    fault(agents, PAGES, "hang")
    answer = await agents.call(pair[0], create_page(seconds=2))
    assert (answer.status_code, code_of(answer)) == (504, "upstream_timeout")
    assert written(agents) == 1


async def test_a_read_is_tried_three_times(agents: Agents, pair: Pair) -> None:
    fault(agents, ME, "drop", times=2)
    answer = await agents.call(pair[0], get_self())
    assert (answer.status_code, answer.json()["metadata"]["attempts"]) == (200, 3)
    fault(agents, ME, "drop", times=5)
    refused = await agents.call(pair[0], get_self())
    assert (refused.status_code, refused.json()["metadata"]["attempts"]) == (502, 3)
    assert agents.arrived(ME) == 6
    # Notion's own clients try again by themselves.
    assert (await agents.call(pair[0], DROP_IN_READ)).status_code == 503
    assert agents.arrived(ME) == 7


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "when Notion was reached"])
@BOTH_WAYS
async def test_a_keyed_write_whose_caller_went_away_runs_once(
    agents: Agents, pair: Pair, write: AgentCall, *, at_once: bool
) -> None:
    """One that went away at once may not have been heard at all."""
    asked = write.with_headers(Idempotency_Key=random_token())
    line = await agents.sent(pair[0], asked)
    if not at_once:
        await agents.until(lambda: written(agents) == 1)
    line.close()
    answers = [await settled(agents, server, asked) for server in (*pair, *pair)]
    assert statuses(answers) == {200: 4}, answers[0].text
    ids = {(answer.json() if write.dropped_in else answer.json()["result"])["id"] for answer in answers}
    assert len(ids) == 1
    assert written(agents) == 1


@BOTH_WAYS
async def test_many_at_once_under_one_key_run_once(agents: Agents, pair: Pair, write: AgentCall) -> None:
    asked = write.with_headers(Idempotency_Key=random_token())
    answers = await asyncio.gather(*(settled(agents, server, asked) for server in pair for _ in range(25)))
    assert statuses(list(answers)) == {200: 50}
    assert written(agents) == 1


@pytest.mark.parametrize("carry_out", [False, True], ids=["before", "after"])
@BOTH_WAYS
async def test_a_keyed_write_that_notion_never_answered_is_not_run_again(
    agents: Agents, pair: Pair, write: AgentCall, *, carry_out: bool
) -> None:
    asked = write.with_headers(Idempotency_Key=random_token())
    fault(agents, PAGES, "drop", carry_out=carry_out)
    assert (await agents.call(pair[0], asked)).status_code == (503 if write.dropped_in else 502)
    for server in pair:
        await is_unknown(agents, server, asked)
    assert written(agents) == 1


async def is_unknown(agents: Agents, server: Server, asked: AgentCall) -> None:
    again = await agents.call(server, asked)
    assert again.status_code == 409, again.text
    assert code_of(again) == ("conflict_error" if asked.dropped_in else "outcome_unknown")
    assert not in_progress(again)


async def test_a_keyed_write_that_was_late_is_not_run_again(agents: Agents, pair: Pair) -> None:
    asked = create_page(seconds=1).with_headers(Idempotency_Key=random_token())
    fault(agents, PAGES, "hang", carry_out=True)
    assert (await agents.call(pair[0], asked)).status_code == 504
    for server in pair:
        await is_unknown(agents, server, asked)
    assert written(agents) == 1


async def test_an_answer_is_kept_when_the_deadline_comes_first(agents: Agents, pair: Pair) -> None:
    """Somebody holds the table in which it is kept."""
    asked = create_page(seconds=1).with_headers(Idempotency_Key=random_token())
    holder = await asyncpg.connect(plain(agents.cluster.database_url))
    try:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("LOCK TABLE idempotent_answers IN EXCLUSIVE MODE")
        assert (await agents.call(pair[0], asked)).status_code == 504
        for server in pair:
            await is_under_way(agents, server, asked)
        await transaction.rollback()
    finally:
        await holder.close()
    answers = [await settled(agents, server, asked) for server in pair]
    assert statuses(answers) == {200: 2}, answers[0].text
    assert written(agents) == 1


@BOTH_WAYS
async def test_a_keyed_write_cut_by_kill_is_not_run_again(agents: Agents, pair: Pair, write: AgentCall) -> None:
    cluster, other = agents.cluster, pair[1]
    dying = await cluster.serve()
    asked = write.with_headers(Idempotency_Key=random_token())
    fault(agents, PAGES, "hang", carry_out=True)
    call = asyncio.create_task(agents.call(dying, asked))
    await agents.until(lambda: cluster.sandbox.instance.held == 1)
    await is_under_way(agents, other, asked)
    cluster.kill(dying)
    with pytest.raises(ConnectionResetError):
        await call
    await is_under_way(agents, other, asked)
    # As if it had not been heard of for so long.
    await cluster.rows(
        f"UPDATE processes SET seen_at = seen_at - interval '16 s' WHERE id IN {CALLING_PROCESSES}"  # noqa: S608 -- no input
    )
    await is_unknown(agents, other, asked)
    assert written(agents) == 1


async def is_under_way(agents: Agents, server: Server, asked: AgentCall) -> None:
    again = await agents.call(server, asked)
    assert again.status_code == 409, again.text
    assert int(again.headers["Retry-After"]) >= 1
    assert code_of(again) == ("conflict_error" if asked.dropped_in else "idempotency_in_progress")


@pytest.mark.parametrize("asked", [get_self(), DROP_IN_READ, create_page()], ids=["tool", "drop-in", "write"])
async def test_notion_is_let_go_when_the_caller_goes_away(agents: Agents, pair: Pair, asked: AgentCall) -> None:
    instance = agents.cluster.sandbox.instance
    fault(agents, PAGES if asked.body else ME, "hang")
    name = f"gone-{random_token()[:20]}"
    line = await agents.sent(pair[0], asked.with_headers(X_Request_ID=name))
    await agents.until(lambda: instance.held == 1)
    line.close()
    await agents.until(lambda: instance.held == 0)
    assert await agents.until_told(name) == "caller_gone"
    assert len(instance.calls) == 1

"""Notion's rate limit over two processes: what arrives there, in which order, and what those are told who wait."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from itertools import cycle

import httpx
import pytest

from ivgraph_auth.sandbox.faults import Fault
from tests.support.agents import BUSY, PAGES, QUIET, AgentCall, Agents, code_of, get_page, get_self, page_id, statuses
from tests.support.cluster import Cluster, Server

pytestmark = pytest.mark.slow

Pair = tuple[Server, Server]
BURST, PER_SECOND, PROCESSES = 30, 3, 2
CROWD = 300
ME = "/v1/users/me"
BUSY_GRANT = f"(SELECT grant_id FROM connections WHERE tenant_id = '{BUSY}')"  # noqa: S608 -- no input


@pytest.fixture(scope="module")
async def module_agents(cluster: Cluster, pair: Pair) -> Agents:
    return await Agents.at(cluster, pair[0])


@pytest.fixture
async def agents(module_agents: Agents) -> Agents:
    await module_agents.rest()
    return module_agents


def over_both(agents: Agents, pair: Pair, asked: Iterable[AgentCall]) -> "list[asyncio.Task[httpx.Response]]":
    return [asyncio.create_task(agents.call(*each)) for each in zip(cycle(pair), asked, strict=False)]


def limited(path: str, seconds: int, *, times: int = 1) -> Fault:
    return Fault(path, "status", status=429, retry_after=seconds, times=times)


async def given_up(tasks: "list[asyncio.Task[httpx.Response]]") -> None:
    """The callers go away."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def most_in_a_window(times: list[float]) -> float:
    """By how many calls the worst window of a second or more is above what Notion allows."""
    return max(
        (last - first + 1) - BURST - PER_SECOND * max(1.0, times[last] - times[first])
        for first in range(len(times))
        for last in range(first, len(times))
    )


async def test_a_crowd_over_two_processes_keeps_to_notions_rate(agents: Agents, pair: Pair) -> None:
    instance = agents.cluster.sandbox.instance
    for number in (4, 15, 33):
        instance.faults.add(limited(f"{PAGES}/{page_id(number)}", 1))
    # Each of the two ways at each of the two processes.
    crowd = [asyncio.create_task(agents.call(pair[number // 2 % 2], get_page(number))) for number in range(CROWD)]
    await agents.until(lambda: len(instance.calls) >= BURST)
    # Other pages than those that Notion is told to refuse.
    others = over_both(agents, pair, [get_page(number, tenant=QUIET) for number in range(1000, 1020)])
    elsewhere = await asyncio.gather(*others)
    assert not all(task.done() for task in crowd)
    answers = await asyncio.gather(*crowd)
    # Nobody there was queued behind the crowd: the bucket was never empty.
    assert statuses(elsewhere) == {404: 20}
    assert min(int(answer.headers["X-Ivgraph-Budget-Remaining"]) for answer in elsewhere) > 0
    arrivals = sorted(call.at for call in instance.calls if call.grant == "ada@notebook")
    assert BURST < len(arrivals) < CROWD
    assert most_in_a_window(arrivals) <= PROCESSES
    assert set(statuses(answers)) == {404, 429}
    for answer in answers:
        if answer.status_code == 429:
            assert code_of(answer) == "rate_limited"
            assert int(answer.headers["Retry-After"]) >= 1


async def test_who_waits_is_served_in_the_order_of_coming(agents: Agents, pair: Pair) -> None:
    here, _ = pair
    burst = await agents.all(here, *(get_page(number) for number in range(BURST)))
    assert statuses(burst) == {404: BURST}
    waiting = []
    for number in range(100, 112):
        waiting.append(asyncio.create_task(agents.call(here, get_page(number))))
        await until_issued(agents, BURST + len(waiting))
    done: list[int] = []
    for number, task in enumerate(waiting, 100):
        task.add_done_callback(lambda _, number=number: done.append(number))  # type: ignore[misc]
    answers = await asyncio.gather(*waiting)
    assert statuses(answers) == {404: 12}
    paths = [call.path for call in agents.cluster.sandbox.instance.calls[BURST:]]
    assert paths == [f"{PAGES}/{page_id(number)}" for number in range(100, 112)]
    assert done == list(range(100, 112))


async def until_issued(agents: Agents, places: int) -> None:
    query = f"SELECT issued FROM grant_budgets WHERE grant_id = {BUSY_GRANT}"  # noqa: S608 -- no input
    while [row["issued"] for row in await agents.cluster.rows(query)] != [places]:
        pass


async def refused(tasks: "list[asyncio.Task[httpx.Response]]") -> AsyncIterator[httpx.Response]:
    """As they are told it."""
    for next_done in asyncio.as_completed(tasks):
        answer = await next_done
        if answer.status_code == 429:
            yield answer


async def after(agents: Agents, seconds: str) -> None:
    """As if nobody had called for so long."""
    await agents.cluster.rows(
        f"UPDATE grant_budgets SET full_at = full_at - $1 * interval '1 s', "  # noqa: S608 -- no input
        f"stopped_until = stopped_until - $1 * interval '1 s' WHERE grant_id = {BUSY_GRANT}",
        int(seconds),
    )


async def test_retry_after_is_true_when_the_queue_is_full(agents: Agents, pair: Pair) -> None:
    crowd = over_both(agents, pair, [get_page(number) for number in range(70)])
    told = await anext(refused(crowd))
    await after(agents, told.headers["Retry-After"])
    # Within a second it would not get a place further back.
    answer = await agents.call(pair[1], get_self(seconds=1))
    assert answer.status_code == 200, answer.text
    await given_up(crowd)


async def test_retry_after_is_true_for_who_gave_up_because_notion_asked_to_wait(agents: Agents, pair: Pair) -> None:
    """Their places stay taken."""
    here, there = pair
    burst = await agents.all(here, *(get_page(number) for number in range(BURST)))
    assert statuses(burst) == {404: BURST}
    instance = agents.cluster.sandbox.instance
    instance.faults.add(limited(ME, 3))
    crowd = over_both(agents, pair, [get_self(seconds=2) for _ in range(6)])
    told = refused(crowd)
    await anext(told)  # who asked Notion
    first_in_the_queue = await anext(told)
    await after(agents, first_in_the_queue.headers["Retry-After"])
    answer = await agents.call(there, get_self(seconds=1))
    assert answer.status_code == 200, answer.text
    await given_up(crowd)


async def test_a_pause_that_notion_asks_for_holds_at_both_processes(agents: Agents, pair: Pair) -> None:
    here, there = pair
    instance = agents.cluster.sandbox.instance
    instance.faults.add(limited(ME, 3))
    first = asyncio.create_task(agents.call(here, get_self()))
    stopped = f"SELECT 1 FROM grant_budgets WHERE grant_id = {BUSY_GRANT} AND stopped_until > now()"  # noqa: S608 -- no input
    while not await agents.cluster.rows(stopped):
        pass
    others = await agents.all(there, get_self(seconds=1), get_self(seconds=1))
    assert statuses(others) == {429: 2}
    assert {code_of(answer) for answer in others} == {"rate_limited"}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 4 for answer in others)
    assert len(instance.calls) == 1
    elsewhere = await agents.call(there, get_self(seconds=1, tenant=QUIET))
    assert elsewhere.status_code == 200
    answered = await first
    assert answered.status_code == 200, answered.text
    assert answered.json()["metadata"]["attempts"] == 2
    asked, *_, again = [call.at for call in instance.calls if call.grant == "ada@notebook"]
    assert again - asked >= 3.0


async def test_the_drop_in_address_stops_both_processes_too(agents: Agents, pair: Pair) -> None:
    here, there = pair
    agents.cluster.sandbox.instance.faults.add(limited(ME, 3))
    told = await agents.call(here, AgentCall(f"GET {ME}"))
    assert told.status_code == 429
    assert told.headers["Retry-After"] == "3"
    assert (await agents.call(there, get_self(seconds=1))).status_code == 429
    assert agents.arrived(ME) == 1

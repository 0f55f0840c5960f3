"""One audit row for each call, whatever became of it, and nothing in it of what was said."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.sandbox.faults import Fault
from tests.support.agents import PAGES, QUIET, AgentCall, Agents, new_page, page_id, tool
from tests.support.cluster import Cluster, open_cluster
from tests.support.processes import Starter

pytestmark = pytest.mark.slow

SENTINEL = "quartz-heron-7731"
CALLS = 100
BEFORE_THE_KILL = 20  # answers of the process that is killed
HUNG, DROPPED, BROKEN = (f"{PAGES}/{page_id(number)}" for number in (901, 902, 903))


@dataclass(frozen=True)
class Case:
    asked: AgentCall
    outcome: str
    reads_only: bool = False  # with a token that may not write


def short(asked: AgentCall) -> AgentCall:
    return asked.with_headers(X_Ivgraph_Timeout="2")


def cases() -> list[Case]:
    page = new_page(SENTINEL)
    return [
        Case(tool("search", query=SENTINEL), "success"),
        Case(AgentCall("POST /v1/search", {"query": SENTINEL}), "success"),
        Case(tool("createPage", **page), "success"),
        Case(AgentCall(f"POST {PAGES}", page), "success"),
        Case(AgentCall("notion.createPage", page, {"Idempotency-Key": f"{SENTINEL}-{random_token()}"}), "success"),
        Case(tool("getPage", page_id=page_id(1)), "object_not_found"),
        Case(AgentCall(f"GET {PAGES}/{page_id(2)}?filter_properties={SENTINEL}", tenant=QUIET), "object_not_found"),
        Case(AgentCall(f"POST {PAGES}", {"parent": SENTINEL}), "validation_error"),
        Case(tool("getPage", page_id=SENTINEL), "invalid_parameters"),
        Case(tool("getSelf", **{SENTINEL: 1}), "invalid_parameters"),
        Case(tool("conjure", query=SENTINEL), "unknown_tool"),
        Case(AgentCall("notion.search", {"query": SENTINEL}, tenant="nobody"), "unknown_tenant"),
        Case(AgentCall(f"GET /v1/files?name={SENTINEL}"), "invalid_request_url"),
        Case(tool("createPage", **page), "insufficient_scope", reads_only=True),
        Case(AgentCall(f"POST {PAGES}", page), "insufficient_scope", reads_only=True),
        Case(short(tool("getPage", page_id=page_id(901))), "upstream_timeout"),
        Case(tool("getPage", page_id=page_id(902)), "upstream_error"),
        Case(AgentCall(f"GET {DROPPED}"), "upstream_error"),
        Case(AgentCall(f"GET {BROKEN}"), "internal_server_error"),
        Case(tool("getBlockChildren", block_id=page_id(3)), "object_not_found"),
    ]


@pytest.fixture
async def cluster(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter) as cluster:
        yield cluster


class Trail:
    """The calls of a test, each under its own request id, and which of them were answered."""

    def __init__(self, agents: Agents, reader: str) -> None:
        self._agents = agents
        self._reader = reader
        self.sent: dict[str, Case] = {}
        self.answered: set[str] = set()
        self.enough = asyncio.Event()

    async def call(self, server: object, name: str, case: Case) -> None:
        asked = case.asked.with_headers(X_Request_ID=name)
        self.sent[name] = case
        try:
            await self._agents.call(server, asked, token=self._reader if case.reads_only else None)  # type: ignore[arg-type]
        except OSError:
            return
        self.answered.add(name)
        if sum(each.startswith("call-dying") for each in self.answered) >= BEFORE_THE_KILL:
            self.enough.set()


async def test_each_call_has_one_row_even_when_a_process_is_killed(cluster: Cluster) -> None:
    dying, living = await cluster.pair()
    agents = await Agents.at(cluster, dying)
    trail = Trail(agents, await agents.minted(dying, "notion:read"))
    instance = cluster.sandbox.instance
    instance.faults.add(Fault(HUNG, "hang", times=None))
    instance.faults.add(Fault(DROPPED, "drop", times=None))
    instance.faults.add(Fault(BROKEN, "status", status=500, times=None))
    work = [
        asyncio.create_task(
            trail.call((dying, living)[number % 2], f"call-{('dying', 'living')[number % 2]}-{number}", case)
        )
        for number in range(CALLS)
        for kinds in [cases()]
        for case in [kinds[number // 2 % len(kinds)]]
    ]
    await trail.enough.wait()
    cluster.kill(dying)
    await asyncio.gather(*work)
    await one_row_each(agents, trail)
    await nothing_was_kept_of_it(cluster)
    await cluster.end_all()


async def one_row_each(agents: Agents, trail: Trail) -> None:
    for name in trail.answered:
        if name.startswith("call-living"):
            told = await agents.until_told(name)
            assert told in (trail.sent[name].outcome, "rate_limited"), (name, trail.sent[name])
    found = await agents.outcomes("call-")
    assert max(map(len, found.values())) == 1
    assert set(found) <= set(trail.sent)
    assert trail.answered <= set(found)
    for name in trail.sent:
        if name.startswith("call-dying") and name in found:
            # What it had not yet written down when it was killed is left as it was begun.
            assert found[name][0] in (trail.sent[name].outcome, "started", "rate_limited", "caller_gone"), name
    assert len(trail.sent) == CALLS
    assert all(name in trail.answered for name in trail.sent if name.startswith("call-living"))
    assert ["started"] in found.values()


async def nothing_was_kept_of_it(cluster: Cluster) -> None:
    rows = await cluster.rows("SELECT audit_events::text AS row FROM audit_events")
    assert len(rows) > CALLS // 2
    assert not [row for row in rows if SENTINEL in row["row"]]
    for server in cluster._servers:
        assert SENTINEL not in server.running.output

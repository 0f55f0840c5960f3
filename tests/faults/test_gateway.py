"""A Notion that hangs, drips, lies or floods: the documented error in time, and everybody else is served as before."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ivgraph_auth.sandbox.faults import Fault
from tests.support.agents import AgentCall, Agents, code_of, get_self, statuses
from tests.support.cluster import Cluster, Server

pytestmark = pytest.mark.slow

ME, USERS = "/v1/users/me", "/v1/users"
MANY = 20
OTHERS = 200
FLOOD = 30
LARGEST = 16 * 1024 * 1024  # what is read of one answer
DROP_IN = AgentCall(f"GET {ME}")

NONSENSE: list[dict[str, Any]] = [
    {"kind": "redirect"},
    {"kind": "html", "status": 403},
    {"kind": "html", "status": 401},
    {"kind": "html", "status": 520},
    {"kind": "garbage", "garbage": "truncated"},
    {"kind": "garbage", "garbage": "deep"},
    {"kind": "garbage", "garbage": "binary"},
    {"kind": "garbage", "garbage": "list"},
    {"kind": "gzip"},
    {"kind": "huge"},
]


@pytest.fixture(scope="module")
async def server(cluster: Cluster) -> AsyncIterator[Server]:
    server = await cluster.serve()
    await server.caches()
    yield server
    await cluster.end_all()


@pytest.fixture(scope="module")
async def module_agents(cluster: Cluster, server: Server) -> Agents:
    return await Agents.at(cluster, server)


@pytest.fixture
async def agents(module_agents: Agents) -> AsyncIterator[Agents]:
    await module_agents.rest()
    yield module_agents
    # Nothing that went wrong at Notion was held against the connection.
    await module_agents.rest()
    assert await module_agents.cluster.rows("SELECT 1 FROM grants WHERE status <> 'active'") == []


def fault(agents: Agents, members: dict[str, Any], *, times: int | None = None) -> None:
    location = f"{agents.cluster.sandbox.url}{USERS}" if members["kind"] == "redirect" else None
    agents.cluster.sandbox.instance.faults.add(Fault(ME, times=times, location=location, **members))


async def others_are_served(agents: Agents, server: Server) -> None:
    assert await server.statuses(agents.ada.access, OTHERS) == {200: OTHERS}


def is_notions_error(answer: httpx.Response, code: str) -> None:
    body = answer.json()
    assert (body["object"], body["status"], body["code"]) == ("error", answer.status_code, code)
    assert body["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("members", NONSENSE, ids=lambda each: "-".join(map(str, each.values())))
async def test_nonsense_is_told_as_such(agents: Agents, server: Server, members: dict[str, Any]) -> None:
    fault(agents, members)
    answer = await agents.call(server, get_self())
    assert (answer.status_code, code_of(answer)) == (502, "upstream_error")
    passed_on = await agents.call(server, DROP_IN)
    assert passed_on.status_code == 503
    is_notions_error(passed_on, "service_unavailable")
    assert agents.arrived(USERS) == 0  # where the redirect led
    assert "cf-ray" not in {*answer.headers, *passed_on.headers}


@pytest.mark.parametrize("kind", ["hang", "drip"])
async def test_silence_ends_at_the_deadline(agents: Agents, server: Server, kind: str) -> None:
    instance = agents.cluster.sandbox.instance
    fault(agents, {"kind": kind, "interval": 0.05})
    asked = asyncio.create_task(agents.all(server, *[get_self(seconds=2)] * MANY))
    await agents.until(lambda: agents.arrived(ME) == MANY)
    await others_are_served(agents, server)
    answers = await asked
    assert statuses(answers) == {504: MANY}
    assert {code_of(answer) for answer in answers} == {"upstream_timeout"}
    # Notion was let go.
    await agents.until(lambda: instance.held == 0)
    assert agents.arrived(ME) == MANY


async def test_silence_on_the_drop_in_address_ends_too(agents: Agents, server: Server) -> None:
    instance = agents.cluster.sandbox.instance
    fault(agents, {"kind": "hang"}, times=MANY // 2)
    fault(agents, {"kind": "drip", "interval": 0.5}, times=MANY // 2)
    asked = asyncio.create_task(agents.all(server, *[DROP_IN.with_headers(X_Ivgraph_Timeout="5")] * MANY))
    await agents.until(lambda: instance.held == MANY)
    await others_are_served(agents, server)
    assert instance.held == MANY
    answers = await asked
    assert statuses(answers) == {504: MANY}
    for answer in answers:
        is_notions_error(answer, "gateway_timeout")
    await agents.until(lambda: instance.held == 0)


def resident(server: Server, what: str = "VmRSS") -> int:
    """In bytes; `VmHWM` is the most there was since `watch`."""
    for line in Path(f"/proc/{server.running.pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(what)


def watch(server: Server) -> int:
    Path(f"/proc/{server.running.pid}/clear_refs").write_text("5")
    return resident(server)


@pytest.mark.parametrize("kind", ["huge", "gzip"])
async def test_a_flood_leaves_memory_as_it_was(agents: Agents, server: Server, kind: str) -> None:
    fault(agents, {"kind": kind})
    at_first = watch(server)
    await flood(agents, server)
    # Held at once they would take all of FLOOD * LARGEST. How many are read at the same moment is chance.
    assert resident(server, "VmHWM") - at_first < FLOOD * LARGEST * 2 // 3
    after_one = watch(server)
    await flood(agents, server)
    assert resident(server) - after_one < 2 * LARGEST


async def flood(agents: Agents, server: Server) -> None:
    await agents.cluster.rows("DELETE FROM grant_budgets")
    asked = asyncio.create_task(agents.all(server, *[DROP_IN] * FLOOD))
    await others_are_served(agents, server)
    assert statuses(await asked) == {503: FLOOD}

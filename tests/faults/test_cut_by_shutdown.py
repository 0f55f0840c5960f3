"""What still runs when the time of grace ends is answered by us, in the form of its address, and told as cut."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.sandbox.faults import Fault
from tests.support.agents import PAGES, AgentCall, Agents, code_of, get_self, new_page
from tests.support.cluster import Cluster, Server, children, open_cluster
from tests.support.processes import PATIENCE, Finished, Starter, free_port

# The time of grace itself is waited for.
pytestmark = pytest.mark.slow
ME = "/v1/users/me"


@pytest.fixture
async def cluster(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter) as cluster:
        yield cluster


async def stop(cluster: Cluster, server: Server, *, at_once: bool) -> Finished:
    server.running.send(signal.SIGTERM)
    await asyncio.to_thread(server.running.line, "Waiting for connections to close")
    if at_once:
        server.running.send(signal.SIGTERM)
    finished = await asyncio.to_thread(server.running.wait)
    cluster.gone(server)
    assert finished.code == 0, finished.text
    assert "Traceback" not in finished.text, finished.text
    return finished


@pytest.mark.parametrize(("workers", "at_once"), [(1, False), (1, True), (2, False)])
async def test_a_call_that_is_cut_is_answered_and_told(cluster: Cluster, workers: int, *, at_once: bool) -> None:
    server = await cluster.serve("--workers", str(workers), workers=workers)
    agents = await Agents.at(cluster, server)
    instance = cluster.sandbox.instance
    for path in (ME, PAGES):
        instance.faults.add(Fault(path, "hang", times=9))
    keyed = AgentCall("notion.createPage", new_page("Tides"), {"Idempotency-Key": random_token()})
    asked = [get_self(), AgentCall(f"GET {ME}"), keyed]
    calls = [
        asyncio.create_task(agents.call(server, each.with_headers(X_Request_ID=f"cut-{number}")))
        for number, each in enumerate(asked)
    ]
    await agents.until(lambda: instance.held == 3)
    await stop(cluster, server, at_once=at_once)
    tool, drop_in, write = await asyncio.gather(*calls)
    for answer in (tool, drop_in, write):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert "stopping" in answer.text
    assert tool.json()["success"] is False
    assert (code_of(tool), code_of(drop_in), code_of(write)) == (
        "shutting_down",
        "service_unavailable",
        "shutting_down",
    )
    assert await agents.outcomes("cut-") == {f"cut-{number}": ["shutdown"] for number in range(3)}
    instance.faults.clear()
    again = await cluster.serve()
    # Notion may have written it.
    answer = await agents.call(again, keyed)
    assert (answer.status_code, code_of(answer)) == (409, "outcome_unknown")
    await cluster.end_all()


@pytest.mark.parametrize(
    ("accept", "media_type"), [("*/*", "application/problem+json"), ("text/html", "text/html; charset=utf-8")]
)
async def test_a_request_whose_body_never_ends_is_answered_too(cluster: Cluster, accept: str, media_type: str) -> None:
    server = await cluster.serve()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    path = "/api/auth/refresh/" if accept == "*/*" else "/oauth/callback/notion"
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nContent-Type: "
        f"{'application/json' if accept == '*/*' else 'application/x-www-form-urlencoded'}\r\n"
        "Content-Length: 20\r\nExpect: 100-continue\r\n\r\n".encode()
    )
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    await stop(cluster, server, at_once=True)
    head = (await reader.read()).lower()
    writer.close()
    assert head.startswith(b"http/1.1 503 ")
    assert b"retry-after: " in head
    assert f"content-type: {media_type}".encode() in head


@pytest.mark.parametrize("when", ["serving", "starting", "busy"])
async def test_workers_leave_when_their_supervisor_is_killed(cluster: Cluster, when: str) -> None:
    port = free_port()
    if when == "starting":
        running = cluster._commands.start("serve", "--port", str(port), "--workers", "3", **cluster.settings)
        await until(cluster, lambda: len(children(running.pid)) >= 3)
        workers = children(running.pid)
    else:
        server = await cluster.serve("--workers", "3", port=port, workers=3)
        running, workers = server.running, children(server.running.pid)
        cluster.gone(server)
    if when == "busy":
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
    # Not `end`, which waits for all who hold its output: those are the workers.
    running.send(signal.SIGKILL)
    for pid in workers if when == "busy" else ():
        os.kill(pid, signal.SIGCONT)
    await until(cluster, lambda: not any(alive(pid) for pid in workers))
    assert bindable(port)
    await asyncio.to_thread(running.wait)
    again = await cluster.serve(port=port)
    assert (await again.client.get("/health/live")).status_code == 200
    await cluster.end_all()


async def test_a_worker_with_a_call_that_hangs_gives_up_the_port_as_well(cluster: Cluster) -> None:
    server = await cluster.serve("--workers", "2", workers=2)
    agents = await Agents.at(cluster, server)
    workers = children(server.running.pid)
    cluster.sandbox.instance.faults.add(Fault(ME, "hang"))
    call = asyncio.create_task(agents.call(server, get_self()))
    await agents.until(lambda: cluster.sandbox.instance.held == 1)
    server.running.send(signal.SIGKILL)
    cluster.gone(server)
    port = int(server.url.rpartition(":")[2])
    await until(cluster, lambda: bindable(port))
    again = await cluster.serve(port=port)
    assert (await again.client.get("/health/live")).status_code == 200
    await until(cluster, lambda: not any(alive(pid) for pid in workers))
    assert (await call).status_code == 503
    await cluster.end_all()


async def until(cluster: Cluster, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await cluster.rows("SELECT 1")


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 -- a line of the kernel's
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
        return True

"""SIGTERM: whatever it had begun it answers, what takes too long in words of its own, and it ends by itself."""

import asyncio
import json
import signal

import httpx
import pytest

from ivgraph_auth.sandbox.faults import Fault
from tests.support.cluster import ME, Cluster, Server, SignedIn, bearer

LEFT_WITHIN = 15.0  # seconds
CALLERS = 16


class Caller:
    """Asks until nobody listens any more, and remembers which of the requests were answered."""

    def __init__(self, server: Server, who: SignedIn, number: int) -> None:
        self.answered: set[str] = set()
        self.warm = asyncio.Event()
        self._server = server
        self._who = who
        self._number = number

    async def work(self) -> None:
        while True:
            name = f"load-{self._number}-{len(self.answered)}"
            try:
                answer = await self._ask(name)
            except httpx.TransportError:
                # Turned away, or its connection was idle when all of those were closed; the log tells which.
                return
            assert answer.status_code == 200, answer.text
            self.answered.add(name)
            if len(self.answered) > 5:
                self.warm.set()

    async def _ask(self, name: str) -> httpx.Response:
        client, headers = self._server.client, {**bearer(self._who.access), "X-Request-ID": name}
        if self._number % 4:
            return await client.get(ME, headers=headers)
        body = {"refresh": self._who.refresh, "rotate": False}
        return await client.post("/api/auth/refresh/", json=body, headers=headers)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.slow
async def test_sigterm_under_load_cuts_no_request(cluster: Cluster, workers: int) -> None:
    server = await cluster.serve("--workers", str(workers), workers=workers)
    who = await server.sign_in("ada")
    callers = [Caller(server, who, number) for number in range(CALLERS)]
    work = [asyncio.create_task(caller.work()) for caller in callers]
    await asyncio.gather(*(caller.warm.wait() for caller in callers))
    server.running.send(signal.SIGTERM)
    async with asyncio.timeout(LEFT_WITHIN):
        finished = await asyncio.to_thread(server.running.wait)
    await asyncio.gather(*work)
    assert finished.code == 0, finished.text
    assert "Traceback" not in finished.text
    begun = {each.get("request_id") for each in map(json.loads, finished.lines) if each.get("event") == "request"}
    answered = set[str]().union(*(caller.answered for caller in callers))
    assert {name for name in begun if name and name.startswith("load-")} == answered
    cluster.gone(server)


# A supervisor passes a second SIGTERM on to nobody.
@pytest.mark.parametrize(("workers", "signals"), [(1, 1), (1, 2), (2, 1)])
@pytest.mark.slow
async def test_what_outlasts_the_grace_is_answered_in_the_form_of_its_address(
    cluster: Cluster, workers: int, signals: int
) -> None:
    server = await cluster.serve("--workers", str(workers), workers=workers)
    who = await server.sign_in("ada")
    cluster.sandbox.box.faults.add(Fault("/v1/users/me", "hang", times=2))
    tool = {"toolId": "notion.getSelf", "tenantId": who.workspace_ids[0], "parameters": {}}
    before = (await cluster.rows("SELECT coalesce(max(id), 0) AS id FROM audit_events"))[0]["id"]
    asked = [
        asyncio.create_task(server.client.post("/api/v1/tools/invoke", json=tool, headers=bearer(who.access))),
        asyncio.create_task(server.client.get("/notion/v1/users/me", headers=bearer(who.access))),
    ]
    while cluster.sandbox.box.held < len(asked):
        await server.client.get("/health/live")
    server.running.send(signal.SIGTERM)
    if signals > 1:
        await asyncio.to_thread(server.running.line, "Waiting for connections to close")
        server.running.send(signal.SIGTERM)
    by_tool, by_path = await asyncio.gather(*asked)
    finished = await asyncio.to_thread(server.running.wait)
    cluster.gone(server)
    assert finished.code == 0, finished.text
    assert "Traceback" not in finished.text, finished.text
    assert by_tool.status_code == by_path.status_code == 503
    assert int(by_tool.headers["retry-after"]) > 0
    assert by_tool.json()["success"] is False
    assert by_tool.json()["error"]["code"] == "shutting_down"
    assert by_path.json()["object"] == "error"
    assert by_path.json()["code"] == "service_unavailable"
    rows = await cluster.rows(
        "SELECT outcome FROM audit_events WHERE id > $1 AND event = 'agent:notion:called'", before
    )
    assert [row["outcome"] for row in rows] == ["shutdown", "shutdown"]


@pytest.mark.slow
async def test_workers_leave_when_their_supervisor_is_killed(cluster: Cluster) -> None:
    server = await cluster.serve("--workers", "2", workers=2)
    who = await server.sign_in("ada")
    port = int(server.url.rpartition(":")[2])
    # Ends when the last of the workers has closed what it prints to.
    await asyncio.to_thread(server.running.end, signal.SIGKILL)
    cluster.gone(server)
    again = await cluster.serve("--workers", "2", port=port, workers=2)
    assert await again.status(who.access) == 200

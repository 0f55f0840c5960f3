"""SIGTERM under load: whatever it had begun it answers, and it ends by itself."""

import asyncio
import json
import signal

import httpx
import pytest

from tests.support.cluster import ME, Cluster, Server, SignedIn, bearer

LEFT_WITHIN = 15.0  # seconds
CALLERS = 16


class ClientInfo:
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
    callers = [ClientInfo(server, who, number) for number in range(CALLERS)]
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

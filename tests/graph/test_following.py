"""Runs: listed, and followed while they go on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from ivgraph_auth.api import notion_graph
from ivgraph_auth.cli.running import Server, bind, url_of
from ivgraph_auth.web import open_streams
from tests.conftest import MakeService
from tests.graph.sync_kit import end, lift_rate_limit, start
from tests.support.service import Json, Service, Session, run_server

RUNS = "/api/notion-graph/sync/"
PATIENCE = 60


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    lift_rate_limit(monkeypatch)
    monkeypatch.setattr(notion_graph, "_LOOK_SECONDS", 0.02)


class Stream:
    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def event(self) -> tuple[str, Json]:
        """The next one, past heartbeats."""
        async with asyncio.timeout(PATIENCE):
            while not (line := await anext(self._lines)).startswith("event: "):
                assert line in ("", ":")
            data = await anext(self._lines)
        return line.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def heartbeat(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while await anext(self._lines) != ":":
                pass

    async def last(self) -> list[tuple[str, Json]]:
        """All that still come."""
        found = [await self.event()]
        while found[-1][0] != "end":
            found.append(await self.event())
        async with asyncio.timeout(PATIENCE):
            assert [line async for line in self._lines] == [""]
        return found


@asynccontextmanager
async def followed(url: str, session: Session, run: Json) -> AsyncIterator[Stream]:
    headers = {**session.bearer, "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client,
        client.stream("GET", f"{RUNS}{run['id']}", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-store"
        yield Stream(answer)


async def halted(service: Service, session: Session) -> Json:
    """A run that nobody takes."""
    run = await start(session)
    await service.execute("UPDATE graph_runs SET held_by = gen_random_uuid(), held_until = now() + interval '1 day'")
    return run


@pytest.mark.slow
async def test_a_run_is_followed_to_its_end(service: Service) -> None:
    ada = await service.sign_in("ada")
    async with run_server(service.app) as url:
        run = await start(ada)
        async with followed(url, ada, run) as stream:
            assert (await stream.event())[1]["id"] == run["id"]
            ended = await end(service, ada, run)
            *_, (name, progress), (last, why) = await stream.last()
        assert (name, progress["status"], progress["seen"]) == ("progress", "done", ended["seen"])
        assert (last, why) == ("end", {"reason": "finished"})
        async with followed(url, ada, run) as stream:
            assert [name for name, _ in await stream.last()] == ["progress", "end"]


async def test_a_silent_run_is_heard_of_and_ends_with_its_listener_s_session(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notion_graph, "_MOST_SILENT", 2)
    ada = await service.sign_in("ada")
    run = await halted(service, ada)
    async with run_server(service.app) as url, followed(url, ada, run) as stream:
        assert (await stream.event())[0] == "progress"
        await stream.heartbeat()
        await service.execute("UPDATE graph_runs SET seen = 7")
        assert (await stream.event())[1]["seen"] == 7
        assert (await ada.client.post("/api/auth/logout-all/", headers=ada.bearer)).status_code == 200
        assert await stream.last() == [("end", {"reason": "credential_ended"})]


async def test_it_ends_with_its_connection(service: Service) -> None:
    ada = await service.sign_in("ada")
    run = await halted(service, ada)
    async with run_server(service.app) as url, followed(url, ada, run) as stream:
        await stream.event()
        removed = await ada.client.delete(f"/api/connections/{ada.workspace_ids[0]}/", headers=ada.bearer)
        assert removed.status_code == 200
        assert await stream.last() == [("end", {"reason": "gone"})]


async def test_a_shutdown_does_not_wait_for_listeners(service: Service) -> None:
    ada = await service.sign_in("ada")
    run = await halted(service, ada)
    listener = bind("127.0.0.1", 0)
    server = Server(service.app, listener)
    server.config.lifespan = "off"
    serving = asyncio.create_task(server.run_here())
    await server.listening.wait()
    async with followed(url_of(listener), ada, run) as stream:
        await stream.event()
        server.should_exit = True
        assert await stream.last() == [("end", {"reason": "shutting_down"})]
    async with asyncio.timeout(PATIENCE):
        await serving


async def test_listeners_hold_no_database_connection_and_are_counted(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than the service has connections."""
    monkeypatch.setattr(open_streams, "_MOST", 25)
    service = await make_service()
    ada = await service.sign_in("ada")
    run = await halted(service, ada)
    path, headers = f"{RUNS}{run['id']}", {**ada.bearer, "Accept": "text/event-stream"}
    async with run_server(service.app) as url, httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        answers = [
            await client.send(client.build_request("GET", path, headers=headers), stream=True) for _ in range(25)
        ]
        assert {answer.status_code for answer in answers} == {200}
        refused = await client.get(path, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        assert (await client.get(path, headers=ada.bearer)).json()["id"] == run["id"]
        for answer in answers:
            await answer.aclose()
        async with asyncio.timeout(PATIENCE):
            while service.app.composition.services.streams._open:  # noqa: ASYNC110 -- nothing tells of it
                await asyncio.sleep(0.01)


async def test_runs_are_listed_newest_first_and_to_their_owner_alone(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    runs = []
    for _ in range(3):
        runs.append(await start(ada))
        await service.execute("UPDATE graph_runs SET status = 'stopped', finished_at = now()")
    ids = [run["id"] for run in reversed(runs)]
    page = (await ada.client.get(RUNS, params={"limit": 2}, headers=ada.bearer)).json()
    rest = (await ada.client.get(RUNS, params={"limit": 2, "cursor": page["next_cursor"]}, headers=ada.bearer)).json()
    assert [run["id"] for run in page["results"] + rest["results"]] == ids
    assert rest["next_cursor"] is None
    of_one = await ada.client.get(RUNS, params={"workspace_id": ada.workspace_ids[0]}, headers=ada.bearer)
    assert [run["id"] for run in of_one.json()["results"]] == ids
    assert (await bruno.client.get(RUNS, headers=bruno.bearer)).json()["results"] == []
    foreign = await bruno.client.get(RUNS, params={"cursor": page["next_cursor"]}, headers=bruno.bearer)
    assert (foreign.status_code, foreign.json()["code"]) == (400, "invalid_cursor")

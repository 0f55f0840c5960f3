"""A run brings the graph of a grant up to what the sandbox says of itself."""

import asyncio

import pytest
from structlog.testing import capture_logs

from ivgraph_auth.connect.errors import NeedsConsent
from tests.conftest import MakeService
from tests.graph.description import describe
from tests.graph.edits import random_edits
from tests.graph.sync_kit import assert_same, end, follow, lift_rate_limit, start, stored, synchronize


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    lift_rate_limit(monkeypatch)


async def test_after_the_first_run_the_graph_is_what_the_person_shared(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    run = await synchronize(service, ada)
    assert run["status"] == "done", run
    (grant,) = service.sandbox.instance.state.grants
    assert_same(await stored(service), describe(service.sandbox.instance, grant))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_after_random_edits_an_incremental_run_finds_them_all(make_service: MakeService, seed: int) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    await synchronize(service, ada)
    instance = service.sandbox.instance
    (grant,) = instance.state.grants
    for _ in range(4):
        service.clock.advance(minutes=10)
        edits = random_edits(instance, seed, 50)
        run = await synchronize(service, ada)
        assert run["status"] == "done", run
        assert_same(await stored(service), describe(instance, grant), edits)


@pytest.mark.parametrize(
    "calls", [pytest.param(2, marks=pytest.mark.slow), 30, pytest.param(60, marks=pytest.mark.slow)]
)
async def test_a_run_that_is_cut_short_is_gone_on_with(make_service: MakeService, calls: int) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    instance = service.sandbox.instance
    run = await start(ada)
    instance.calls.clear()
    sync = service.app.composition.sync
    await sync.work()
    while len(instance.calls) < calls:  # noqa: ASYNC110 -- as somebody would, who watches Notion
        await asyncio.sleep(0)
    await sync.close()
    assert (await follow(ada, run))["status"] == "running"
    # As if it had not been heard of for so long.
    await service.execute("UPDATE graph_runs SET held_until = clock_timestamp()")
    assert (await end(service, ada, run))["status"] == "done"
    (grant,) = instance.state.grants
    assert_same(await stored(service), describe(instance, grant))


async def test_one_run_of_a_workspace_at_a_time_which_its_person_may_stop(make_service: MakeService) -> None:
    service = await make_service()
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    run = await start(ada)
    body = {"workspace_id": ada.workspace_ids[0]}
    again = await ada.client.post("/api/notion-graph/sync/", json=body, headers=ada.bearer)
    assert (again.status_code, again.json()["code"]) == (409, "sync_running")
    path = f"/api/notion-graph/sync/{run['id']}"
    for method in ("GET", "DELETE"):
        assert (await bruno.client.request(method, path, headers=bruno.bearer)).status_code == 404
    assert (await ada.client.delete(path, headers=ada.bearer)).status_code == 204
    assert (await end(service, ada, run))["status"] == "stopped"
    assert (await synchronize(service, ada))["status"] == "done"


async def test_a_workspace_of_nobody_here(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    body = {"workspace_id": "0" * 32}
    answer = await ada.client.post("/api/notion-graph/sync/", json=body, headers=ada.bearer)
    assert answer.status_code == 404


@pytest.mark.slow
async def test_every_so_often_by_itself(make_service: MakeService) -> None:
    service = await make_service(sync_interval=900)
    await service.sign_in("ada")
    sync = service.app.composition.sync

    async def ended(count: int) -> list[str]:
        """Once there are as many runs, and none goes on."""
        while True:
            await sync.work()
            await sync.wait()
            found = [row["status"] for row in await service.rows("SELECT status FROM graph_runs ORDER BY id")]
            if len(found) >= count and "running" not in found:
                return found

    assert await ended(1) == ["done"]
    assert await ended(1) == ["done"]
    await service.execute("UPDATE graph_runs SET finished_at = finished_at - interval '901 seconds'")
    assert await ended(2) == ["done", "done"]


async def test_a_connection_that_needs_consent_fails_and_says_so(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    service.sandbox.instance.state.revoke_authorization()
    with capture_logs() as lines:
        for _ in range(2):
            run = await synchronize(service, ada)
            assert (run["status"], run["error"]) == ("failed", NeedsConsent.code)
    assert "error" not in {line["log_level"] for line in lines}


@pytest.mark.slow
async def test_a_connection_that_is_removed_during_a_run_ends_it_quietly(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    run = await start(ada)
    sync = service.app.composition.sync
    service.sandbox.instance.calls.clear()
    with capture_logs() as lines:
        await sync.work()
        while len(service.sandbox.instance.calls) < 20:  # noqa: ASYNC110 -- as somebody would, who watches Notion
            await asyncio.sleep(0)
        await ada.client.delete(f"/api/connections/{ada.workspace_ids[0]}/", headers=ada.bearer)
        await sync.wait()
    # A call that was under way may be told that its credential is gone, which is a warning.
    assert [line for line in lines if line["log_level"] == "error"] == []
    answer = await ada.client.get(f"/api/notion-graph/sync/{run['id']}", headers=ada.bearer)
    assert answer.status_code == 404

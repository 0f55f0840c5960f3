"""How runs end, what is told of them, and what is kept."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from ivgraph_auth.app.workers import prune
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.database.engine import Database
from ivgraph_auth.graph import sync_service
from ivgraph_auth.graph.change_repository import changes, is_lost, latest
from ivgraph_auth.graph.prune_repository import prune_changes, prune_runs
from ivgraph_auth.graph.repository import save
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.sandbox.faults import Fault
from tests.conftest import MakeService
from tests.graph.kit import Transaction, add_graph, new_id, reading
from tests.graph.sync_kit import end, lift_rate_limit, start, synchronize
from tests.graph.test_api import read
from tests.support.service import Json, Service, Session

SYNC = "/api/notion-graph/sync/"
MONTH = sync_service._KEPT
AGE = text("UPDATE graph_changes SET at = at - interval '31 days' WHERE graph_id = ANY (CAST(:graphs AS bigint[]))")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    lift_rate_limit(monkeypatch)


async def told_of_runs(service: Service) -> list[tuple[str, str, Any, Any]]:
    rows = await service.rows("SELECT * FROM audit_events WHERE event LIKE '%:sync:%' ORDER BY id")
    return [(row["event"], row["outcome"], row["account_id"], row["operation"]) for row in rows]


@pytest.mark.slow
async def test_a_run_that_somebody_starts_is_told_of_at_both_ends(service: Service) -> None:
    ada = await service.sign_in("ada")
    run = await synchronize(service, ada)
    account, name = int(ada.me["id"]), f"run {run['id']}"
    assert await told_of_runs(service) == [
        ("account:sync:started", "success", account, name),
        ("service:sync:ended", "success", account, name),
    ]
    rows = await service.rows("SELECT * FROM audit_events WHERE event = 'service:sync:ended'")
    assert (rows[0]["tenant_id"], rows[0]["actor_kind"]) == (ada.workspace_ids[0], "service")


async def test_so_is_one_that_somebody_stops(service: Service) -> None:
    ada = await service.sign_in("ada")
    run = await start(ada)
    for _ in range(2):
        assert (await ada.client.delete(f"{SYNC}{run['id']}", headers=ada.bearer)).status_code == 204
    assert (await end(service, ada, run))["status"] == "stopped"
    assert (await ada.client.delete(f"{SYNC}{run['id']}", headers=ada.bearer)).status_code == 204
    told = [(event, outcome) for event, outcome, *_ in await told_of_runs(service)]
    assert told[0] == ("account:sync:started", "success")
    assert set(told[1:-1]) == {("account:sync:stopped", "success")}
    assert told[-1] == ("service:sync:ended", "stopped")


async def run_by_itself(service: Service) -> None:
    """One that is due, to its end."""
    sync = service.app.composition.sync
    grants = await service.rows("SELECT id, workspace_id FROM grants")
    async with service.app.composition.database.transaction() as connection:
        await sync._start(connection, grants[0]["id"], grants[0]["workspace_id"], None)
    while await service.rows("SELECT id FROM graph_runs WHERE status = 'running'"):
        await sync.work()
        await sync.wait()
        await asyncio.sleep(0)


@pytest.mark.slow
async def test_of_those_that_nobody_starts_the_first_failure_is_told(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await service.sign_in("ada")
    account = int(ada.me["id"])

    async def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    await run_by_itself(service)
    assert await told_of_runs(service) == []
    with monkeypatch.context() as patch:
        patch.setattr("ivgraph_auth.graph.walk.Walk.search", fail)
        await run_by_itself(service)
        await run_by_itself(service)
    ((event, outcome, whose, _),) = await told_of_runs(service)
    assert (event, outcome, whose) == ("service:sync:ended", "internal_error", account)
    await run_by_itself(service)
    with monkeypatch.context() as patch:
        patch.setattr("ivgraph_auth.graph.walk.Walk.search", fail)
        await run_by_itself(service)
    assert len(await told_of_runs(service)) == 2


@pytest.mark.slow
async def test_when_a_process_ends_another_goes_on_at_once(make_service: MakeService) -> None:
    keys = {"secret_key": random_token(), "encryption_keys": generate_key("test")}
    here, there = await make_service(**keys), await make_service(**keys)
    ada = await here.sign_in("ada")
    instance = here.sandbox.instance
    instance.faults.add(Fault("/v1/search", "hang", times=1))
    run = await start(ada)
    while not await held_by(here):
        await here.app.composition.sync.work()
    await until_hanging(here)
    first, second = (one.app.composition.sync for one in sorted_by_holder(await held_by(here), here, there))
    await second.work()
    assert await held_by(here) == first.sync.process_id
    await first.close()
    # It would be held for minutes. The first one's own worker, which goes on in this test, may be quicker.
    await second.work()
    await second.wait()
    assert (await follow_end(ada, run))["status"] == "done"


def sorted_by_holder(holder: object, *services: Service) -> list[Service]:
    """The one whose process it is first."""
    return sorted(services, key=lambda one: one.app.composition.sync.sync.process_id != holder)


async def held_by(service: Service) -> Any:
    return (await service.rows("SELECT held_by FROM graph_runs"))[0]["held_by"]


async def until_hanging(service: Service) -> None:
    async with asyncio.timeout(60):
        while not service.sandbox.instance.held:  # noqa: ASYNC110 -- nothing tells of it
            await asyncio.sleep(0.01)


async def follow_end(session: Session, run: Json) -> Json:
    async with asyncio.timeout(60):
        while True:
            found = (await session.client.get(f"{SYNC}{run['id']}", headers=session.bearer)).json()
            if found["status"] != "running":
                return found
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_copy_is_made_anew_when_changes_behind_it_have_been_pruned(service: Service) -> None:
    ada = await read(service, "ada")
    copied, page = set(), await ada.get("/changes", limit=40)
    first = page["next_cursor"]
    while page["results"]:
        assert {item["what"] for item in page["results"]} == {"appeared"}
        copied |= {item["id"] for item in page["results"]}
        page = await ada.get("/changes", since=page["next_cursor"], limit=40)
        assert page["start_again"] is False
    assert copied == {str(node) for node in ada.wanted.living}
    behind = page["next_cursor"]
    await service.execute(
        "UPDATE graph_changes SET at = at - interval '31 days' WHERE seq < (SELECT max(seq) FROM graph_changes)",
        "INSERT INTO graph_changes (graph_id, notion_id, what, at) SELECT graph_id, notion_id, 'changed', now() "
        "FROM graph_nodes LIMIT 1",
    )
    assert (await ada.get("/changes", since=behind))["start_again"] is False
    await service.execute("UPDATE graph_changes SET at = at - interval '31 days'")
    await prune(service.app.composition)
    assert await service.rows("SELECT * FROM graph_changes") == []
    for cursor in (first, behind):
        assert (await ada.get("/changes", since=cursor))["start_again"] is True
    page = await ada.get("/changes", limit=100)
    assert {item["id"] for item in page["results"]} <= copied
    assert page["start_again"] is False
    assert (await ada.get("/changes", since=page["next_cursor"]))["start_again"] is False


async def test_changes_are_pruned_from_the_oldest_on(database: Database, transaction: Transaction) -> None:
    async with transaction() as connection:
        graphs = [await add_graph(connection) for _ in range(2)]
        grants = [grant_id for grant_id, _ in graphs]
        for _, graph_id in graphs:
            await save(connection, graph_id, [reading(new_id()) for _ in range(5)], 1)
        positions = (await changes(connection, grants, {}, 3)).positions
        await connection.execute(AGE, {"graphs": [graph_id for _, graph_id in graphs]})
        await save(connection, graphs[0][1], [reading(new_id())], 1)
    for expected in (4, 4, 2, 0):
        async with database.transaction() as connection:
            assert await prune_changes(connection, MONTH, most=4) == expected
            assert await is_lost(connection, grants, positions)
    async with transaction() as connection:
        assert len((await changes(connection, grants, {}, 10)).changes) == 1
        now = await latest(connection, grants)
        assert not await is_lost(connection, grants, now)
        page = await changes(connection, grants, now, 10)
        assert (page.changes, page.lost) == ((), False)


async def test_old_runs_go_but_for_the_latest(database: Database) -> None:
    async with database.transaction() as connection:
        _, graph_id = await add_graph(connection)
        for _ in range(5):
            await connection.execute(
                text(
                    "INSERT INTO graph_runs (graph_id, status, phase, seen, total, stop_asked, held_until, started_at, "
                    "finished_at) VALUES (:graph_id, 'done', 'verify', 0, 0, false, now(), now(), "
                    "now() - interval '31 days')"
                ),
                {"graph_id": graph_id},
            )
        assert [await prune_runs(connection, MONTH, most=3) for _ in range(3)] == [3, 1, 0]

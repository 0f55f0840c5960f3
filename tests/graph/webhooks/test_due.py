"""What a webhook names is read again, hidden, or left, by whichever process has time for it."""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.graph.webhooks import due as due_module
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.lighthouse import (
    ADA,
    BRUNO,
    FIRST_DAY,
    FIRST_WEEK,
    GLOSSARY,
    HANDBOOK,
    ONBOARDING,
    PROJECTS,
    PROJECTS_SOURCE,
    TOOLS,
    WINTER,
)
from ivgraph_auth.sandbox.faults import Fault
from ivgraph_auth.sandbox.v1 import writing
from tests.conftest import MakeService
from tests.graph.description import describe
from tests.graph.phrases import words
from tests.graph.sync_kit import assert_same, end, start, stored, synchronize
from tests.graph.webhooks.kit import (
    TOKEN,
    change,
    due,
    event_of,
    rename,
    send,
    subscribe,
    tell,
    title_of,
    trash,
    work_off,
)
from tests.support.service import Json, Service


@pytest.fixture
async def service(synced: Service) -> AsyncIterator[Service]:
    yield synced
    synced.sandbox.instance.faults.clear()
    await work_off(synced)
    # Each test leaves it right.
    instance = synced.sandbox.instance
    assert_same(await stored(synced), describe(instance, instance.state.grants[0]))


def new_page(service: Service, parent: str, title: str = "New") -> str:
    body = {"parent": {"page_id": parent}, "properties": {"title": {"title": words(title)}}}
    return str(change(service, writing.create_page, body)["id"])


@pytest.mark.slow
async def test_an_edited_page_is_read_whatever_its_time_says(service: Service) -> None:
    """Read a moment ago, and edited within the same minute again."""
    for title in ("Words", "Other words"):
        rename(service, GLOSSARY, title)
        await tell(service, event_of("page.properties_updated", GLOSSARY))
        await work_off(service)
        assert await title_of(service, GLOSSARY) == title


async def test_a_page_that_is_not_in_the_graph_is_read_with_all_that_stands_in_it(service: Service) -> None:
    page = new_page(service, HANDBOOK)
    below = new_page(service, new_page(service, page), "Far below")
    await tell(service, event_of("page.created", page))
    await work_off(service)
    assert await title_of(service, below) == "Far below"


async def test_what_is_deleted_is_hidden_before_notion_is_asked(service: Service) -> None:
    trash(service, ONBOARDING)
    service.sandbox.instance.faults.add(Fault("/v1/**", "hang", times=None))
    await tell(service, event_of("page.deleted", ONBOARDING))
    worker = service.app.composition.services.webhooks.due
    await worker.work()
    for page in (ONBOARDING, FIRST_WEEK, FIRST_DAY):
        assert await title_of(service, page) is None
    service.sandbox.instance.faults.clear()
    await worker.close()
    await free(service)
    await work_off(service)
    trash(service, ONBOARDING, in_trash=False)
    await tell(service, event_of("page.undeleted", ONBOARDING))
    await work_off(service)
    for page in (ONBOARDING, FIRST_WEEK, FIRST_DAY):
        assert await title_of(service, page)


async def free(service: Service) -> None:
    """As if nobody had been heard of for so long."""
    await service.execute("UPDATE graph_due SET held_until = clock_timestamp()")


async def test_in_the_wrong_order_the_end_is_right_all_the_same(service: Service) -> None:
    """It was deleted and restored; that it was deleted is told last, and twice."""
    await tell(service, event_of("page.undeleted", ONBOARDING))
    told = event_of("page.deleted", ONBOARDING)
    for each in (told, told, event_of("page.deleted", ONBOARDING)):
        await tell(service, each)
    await work_off(service)
    assert await title_of(service, FIRST_WEEK)


async def test_a_deletion_that_did_not_happen_passes(service: Service) -> None:
    await tell(service, event_of("data_source.deleted", PROJECTS_SOURCE))
    await tell(service, event_of("database.deleted", PROJECTS))
    await work_off(service)
    assert await title_of(service, PROJECTS_SOURCE) is not None
    assert await title_of(service, lighthouse.LAMP) is not None


async def test_a_row_is_read_by_its_data_source(service: Service) -> None:
    kind = "data_source_id"
    body = {
        "parent": {"type": kind, kind: PROJECTS_SOURCE},
        "properties": {"title": {"title": words("A new project")}},
    }
    row = change(service, writing.create_page, body)["id"]
    told = event_of("data_source.content_updated", PROJECTS_SOURCE)
    told["data"] = {"updated_blocks": [{"id": row, "type": "page"}]}
    await tell(service, told)
    await work_off(service)
    assert await title_of(service, row) == "A new project"


async def test_what_was_under_a_block_that_is_gone_is_asked_for(service: Service) -> None:
    """A page goes with the toggle that holds it, and nobody says its name."""
    content = service.sandbox.instance.state.content
    holder = content[content[lighthouse.UNINDEXED].parent or ""]
    assert holder.kind == "block"
    for in_trash in (True, False):
        change(service, writing.update_block, {"in_trash": in_trash}, holder.id)
        await tell(service, event_of("page.content_updated", WINTER))
        await work_off(service)
        assert (await title_of(service, lighthouse.UNINDEXED) is None) == in_trash


async def test_an_object_that_the_connection_does_not_see_is_left(service: Service) -> None:
    await tell(service, event_of("page.created", lighthouse.PRIVATE))
    await tell(service, event_of("database.created", str(uuid.uuid4())))
    await work_off(service)
    assert await title_of(service, lighthouse.PRIVATE) is None


@pytest.mark.parametrize(("kind", "status"), [("status", 503), ("html", 502), ("garbage", None), ("drop", None)])
async def test_when_notion_is_away_it_is_tried_again_later(
    service: Service, monkeypatch: pytest.MonkeyPatch, kind: Json, status: Json
) -> None:
    monkeypatch.setattr(due_module, "_SHORTEST_PAUSE", timedelta(0))
    monkeypatch.setattr(Retries, "should_retry", lambda *_, **__: False)
    rename(service, TOOLS, f"Tools {kind}")
    path = f"/v1/pages/{TOOLS}"
    service.sandbox.instance.faults.add(Fault(path, kind, status=status, times=2))
    await tell(service, event_of("page.properties_updated", TOOLS))
    await work_off(service)
    assert await title_of(service, TOOLS) == f"Tools {kind}"


async def test_what_notion_never_shows_is_given_up(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_module, "_SHORTEST_PAUSE", timedelta(0))
    monkeypatch.setattr(Retries, "should_retry", lambda *_, **__: False)
    before = await title_of(service, TOOLS)
    service.sandbox.instance.faults.add(Fault(f"/v1/pages/{TOOLS}", "status", status=500, times=None))
    service.sandbox.instance.faults.add(Fault(f"/v1/pages/{GLOSSARY}", "status", status=403, times=None))
    with capture_logs() as lines:
        await tell(service, event_of("page.properties_updated", TOOLS))
        await tell(service, event_of("page.properties_updated", GLOSSARY))
        await work_off(service)
    events = [line["event"] for line in lines]
    assert events.count("webhooks.given_up") == 1
    assert events.count("webhooks.object_refused") == 1
    assert await title_of(service, TOOLS) == before


@pytest.mark.slow
async def test_only_the_graphs_of_those_whom_it_names(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    bruno = await service.sign_in("bruno", pages=[WINTER])
    await subscribe(service)
    for person in (ada, bruno):
        await synchronize(service, person)
    owners = {
        ADA: (await service.rows("SELECT id FROM grants WHERE owner_notion_user_id = :id", id=ADA))[0]["id"],
        BRUNO: (await service.rows("SELECT id FROM grants WHERE owner_notion_user_id = :id", id=BRUNO))[0]["id"],
    }
    bots = {row["id"]: row["bot_id"] for row in await service.rows("SELECT id, bot_id FROM grants")}

    async def seers(page: str) -> set[int]:
        query = """
            SELECT grant_id FROM graph_nodes JOIN graphs ON graphs.id = graph_id
            WHERE notion_id = :page AND NOT hidden
        """
        return {row["grant_id"] for row in await service.rows(query, page=page)}

    for readers, wanted in (
        ([{"id": BRUNO, "type": "person"}], {owners[BRUNO]}),
        ([{"id": bots[owners[ADA]], "type": "bot"}], {owners[ADA]}),
        ([{"id": ADA, "type": "person"}, {"id": BRUNO, "type": "person"}], set(owners.values())),
        ([], set(owners.values())),
    ):
        page = new_page(service, WINTER)
        await tell(service, event_of("page.created", page, accessible_by=readers))
        await work_off(service)
        assert await seers(page) == wanted
    # Whoever has it already is told of it too: it may be theirs no more.
    await tell(service, event_of("page.deleted", page, accessible_by=[{"id": str(uuid.uuid4()), "type": "person"}]))
    await work_off(service)
    trash(service, page)
    await tell(service, event_of("page.deleted", page, accessible_by=[{"id": str(uuid.uuid4()), "type": "person"}]))
    await work_off(service)
    assert await seers(page) == set()


@pytest.mark.slow
async def test_two_processes_share_the_work_and_none_reads_what_another_reads(make_service: MakeService) -> None:
    service = await make_service()
    other = await make_service(encryption_keys=service.settings.encryption_keys)
    ada = await service.sign_in("ada")
    await subscribe(service)
    await synchronize(service, ada)
    instance = service.sandbox.instance
    pages = (await pages_of(service))[:20]
    instance.calls.clear()
    for page in pages:
        rename(service, page, f"Page {page}")
        body = json.dumps(event_of("page.properties_updated", page)).encode()
        answers = await asyncio.gather(*(send(receiver, body) for receiver in (service, other)))
        assert {answer.status_code for answer in answers} == {200}
    await asyncio.gather(*(work_off(each) for each in (service, other)))
    asked = Counter(call.path for call in instance.calls)
    assert {asked[f"/v1/pages/{page}"] for page in pages} == {1}
    assert_same(await stored(service), describe(instance, instance.state.grants[0]))


async def pages_of(service: Service) -> list[str]:
    rows = await service.rows("SELECT notion_id FROM graph_nodes WHERE type = 'page' AND NOT hidden ORDER BY notion_id")
    return [str(row["notion_id"]) for row in rows]


@pytest.mark.slow
async def test_a_process_that_is_killed_leaves_its_work_to_another(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    await subscribe(service)
    await synchronize(service, ada)
    other = await make_service(encryption_keys=service.settings.encryption_keys)
    instance = service.sandbox.instance
    for calls in range(6):
        page = new_page(service, HANDBOOK, f"Page {calls}")
        new_page(service, page, f"Inside {calls}")
        instance.calls.clear()
        await tell(service, event_of("page.created", page))
        worker = service.app.composition.services.webhooks.due
        await worker.work()
        while len(instance.calls) < calls and await due(service):  # noqa: ASYNC110 -- as somebody who watches Notion
            await asyncio.sleep(0)
        await worker.close()
        await free(service)
        await work_off(other)
    assert_same(await stored(service), describe(instance, instance.state.grants[0]))


@pytest.mark.slow
async def test_what_changes_while_a_run_goes_on_is_read_once_more_after_it(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    await subscribe(service)
    await synchronize(service, ada)
    run = await start(ada)
    # Nobody goes on with it for now.
    await service.execute("UPDATE graph_runs SET held_until = clock_timestamp() + interval '1 hour'")
    rename(service, GLOSSARY, "Words")
    await tell(service, event_of("page.properties_updated", GLOSSARY))
    worker = service.app.composition.services.webhooks.due
    while await title_of(service, GLOSSARY) != "Words":
        await worker.work()
        await worker.wait()
    assert await due(service) == [GLOSSARY]
    # As a run does that had asked for it before.
    await service.execute("UPDATE graph_nodes SET title = 'Glossary', digest = '' WHERE notion_id = :id", id=GLOSSARY)
    await worker.work()
    await worker.wait()
    assert await due(service) == [GLOSSARY]
    await service.execute("UPDATE graph_runs SET held_until = clock_timestamp()")
    await end(service, ada, run)
    await work_off(service)
    assert_same(await stored(service), describe(service.sandbox.instance, service.sandbox.instance.state.grants[0]))


@pytest.mark.slow
async def test_a_connection_that_is_lost_or_removed_owes_nothing(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    await subscribe(service)
    await synchronize(service, ada)
    service.sandbox.instance.state.revoke_authorization()
    with capture_logs() as lines:
        await tell(service, event_of("page.properties_updated", GLOSSARY))
        await work_off(service)
        await ada.client.delete(f"/api/connections/{ada.workspace_ids[0]}/", headers=ada.bearer)
        await tell(service, event_of("page.deleted", GLOSSARY))
        await work_off(service)
    assert "error" not in {line["log_level"] for line in lines}
    assert TOKEN not in str(lines)

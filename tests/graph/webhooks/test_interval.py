"""The time between two runs grows while webhooks tell of what changes, and only then."""

import pytest

from ivgraph_auth.sandbox.content import lighthouse
from tests.conftest import MakeService
from tests.graph.webhooks.kit import NOBODY, rename, settle, subscribe_sandbox
from tests.support.service import Service


async def pass_time(service: Service, minutes: int) -> None:
    """For everything that the database has noted."""
    await service.execute(
        "UPDATE graph_runs SET started_at = started_at - make_interval(mins => :minutes)",
        "UPDATE graph_runs SET finished_at = finished_at - make_interval(mins => :minutes)",
        "UPDATE graphs SET trusted_since = trusted_since - make_interval(mins => :minutes)",
        "UPDATE webhook_workspaces SET last_event_at = last_event_at - make_interval(mins => :minutes)",
        "UPDATE graph_changes SET at = at - make_interval(mins => :minutes)",
        minutes=minutes,
    )


async def count_runs(service: Service) -> int:
    """Once what is due has ended."""
    sync = service.app.composition.sync
    await sync.work()
    await sync.wait()
    while await service.rows("SELECT 1 FROM graph_runs WHERE status = 'running'"):
        await sync.work()
        await sync.wait()
    (found,) = await service.rows("SELECT count(*) FROM graph_runs WHERE status = 'done'")
    return int(found["count"])


async def edit(service: Service, title: str) -> None:
    rename(service, lighthouse.ROADMAP, title)
    await settle(service)


async def minutes_until_next(service: Service) -> int:
    """How long it lasts, asked every quarter of an hour, while somebody edits a page each time and webhooks arrive."""
    before, minutes = await count_runs(service), 0
    while await count_runs(service) == before:
        await pass_time(service, 15)
        minutes += 15
        await edit(service, f"Roadmap {minutes}")
    return minutes


async def grow(service: Service) -> int:
    """To a time between two runs that is longer than an hour. Answers how many runs there were."""
    await service.sign_in("ada")
    await subscribe_sandbox(service)
    assert await count_runs(service) == 1
    await edit(service, "Roadmap 0")
    while await minutes_until_next(service) < 60:
        pass
    before = await count_runs(service)
    await pass_time(service, 60)
    assert await count_runs(service) == before
    return before


@pytest.mark.slow
async def test_it_doubles_and_falls_back_when_a_run_finds_what_nobody_told_of(make_service: MakeService) -> None:
    service = await make_service(sync_interval=900)
    await service.sign_in("ada")
    await subscribe_sandbox(service)
    assert await count_runs(service) == 1
    await edit(service, "Roadmap 0")
    assert [await minutes_until_next(service) for _ in range(4)] == [15, 15, 30, 60]
    # Lost on its way.
    rename(service, lighthouse.GLOSSARY, "Words")
    service.sandbox.instance.webhooks._gathered.clear()
    assert await minutes_until_next(service) == 120
    assert await minutes_until_next(service) == 15


@pytest.mark.slow
async def test_it_falls_back_when_webhooks_stay_away(make_service: MakeService) -> None:
    service = await make_service(sync_interval=900)
    before = await grow(service)
    await service.execute("UPDATE webhook_workspaces SET last_event_at = last_event_at - interval '6 hours'")
    assert await count_runs(service) == before + 1


@pytest.mark.slow
async def test_it_falls_back_when_the_subscription_is_removed(make_service: MakeService) -> None:
    service = await make_service(sync_interval=900)
    before = await grow(service)
    await service.app.composition.services.webhooks.subscription.remove(None, NOBODY)
    assert await count_runs(service) == before + 1

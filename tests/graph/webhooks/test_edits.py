"""What is changed at Notion is right in the graph once its webhooks are worked off."""

from collections import Counter
from dataclasses import replace

import pytest

from ivgraph_auth.sandbox.webhooks.models import Disturbance
from tests.graph.description import describe
from tests.graph.edits import random_edits
from tests.graph.sync_kit import assert_same, stored, synchronize
from tests.graph.webhooks.conftest import Told
from tests.graph.webhooks.kit import settle


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (3, 4, 5))])
async def test_after_random_edits_the_graph_is_right_by_webhooks_alone(told: Told, seed: int) -> None:
    service, _, instance, grant = told
    edits = random_edits(instance, seed, 20, sharing=False)
    await settle(service)
    assert_same(await stored(service), describe(instance, grant), edits)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_doubled_late_mixed_and_lost_a_run_finds_the_rest(told: Told, seed: int) -> None:
    service, ada, instance, grant = told
    instance.webhooks.disturbance = Disturbance(drop=0.2, double=0.3, delay=0.3, reorder=True, seed=seed)
    edits: list[str] = []
    for _ in range(10):
        service.clock.advance(minutes=10)
        edits += random_edits(instance, seed * 100 + len(edits), 20)
        await settle(service)
    outcomes = Counter(attempt.outcome for attempt in instance.webhooks.attempts)
    assert min(outcomes["taken"], outcomes["dropped"]) > 20
    run = await synchronize(service, ada)
    assert run["status"] == "done", run
    assert_same(await stored(service), describe(instance, grant), edits)


@pytest.mark.slow
async def test_what_the_service_refuses_is_sent_again_and_found(told: Told) -> None:
    service, _, instance, grant = told
    edits = random_edits(instance, 4, 30, sharing=False)
    subscription = instance.state.subscription
    assert subscription is not None
    instance.state.keep_subscription(replace(subscription, url=f"{subscription.url}/elsewhere"))
    assert (await instance.webhooks.flush())["sent"] == 0
    instance.state.keep_subscription(subscription)
    await settle(service)
    assert_same(await stored(service), describe(instance, grant), edits)

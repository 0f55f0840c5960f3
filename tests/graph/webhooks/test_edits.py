"""What is changed at Notion is right in the graph once its webhooks are worked off."""

import pytest

from tests.conftest import MakeService
from tests.graph.description import describe
from tests.graph.edits import random_edits
from tests.graph.sync_kit import assert_same, lift_rate_limit, stored, synchronize
from tests.graph.webhooks.kit import flush, subscribe_sandbox, work_off


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    lift_rate_limit(monkeypatch)


async def test_after_random_edits_the_graph_is_right_by_webhooks_alone(make_service: MakeService) -> None:
    service = await make_service()
    ada = await service.sign_in("ada")
    await subscribe_sandbox(service)
    await synchronize(service, ada)
    instance = service.sandbox.instance
    (grant,) = instance.state.grants
    edits = random_edits(instance, 1, 20, sharing=False)
    await flush(service)
    await work_off(service)
    assert_same(await stored(service), describe(instance, grant), edits)

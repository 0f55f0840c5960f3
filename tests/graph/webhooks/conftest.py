from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from ivgraph_auth.sandbox.app import Sandbox
from ivgraph_auth.sandbox.state import Grant
from tests.conftest import MakeService
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.graph.webhooks.kit import subscribe, subscribe_sandbox
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import Service, Session, run_sandbox, run_service


class Told(NamedTuple):
    """Ada's graph, which the sandbox's webhooks tell of changes."""

    service: Service
    ada: Session
    instance: Sandbox
    grant: Grant


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    lift_rate_limit(monkeypatch)


@pytest.fixture
async def told(make_service: MakeService) -> Told:
    service = await make_service()
    ada = await service.sign_in("ada")
    await subscribe_sandbox(service)
    await synchronize(service, ada)
    (grant,) = service.sandbox.instance.state.grants
    return Told(service, ada, service.sandbox.instance, grant)


@pytest.fixture(scope="module")
async def synced(migrated: TestDatabases) -> AsyncIterator[Service]:
    """Ada's graph, and webhooks that the tests sign themselves."""
    clock = ManualClock()
    url = await migrated.create()
    with pytest.MonkeyPatch.context() as patch:
        lift_rate_limit(patch)
        async with run_sandbox(clock) as sandbox, run_service(clock, sandbox, database_url=url) as service:
            ada = await service.sign_in("ada")
            await subscribe(service)
            await synchronize(service, ada)
            yield service
    await migrated.drop(url)

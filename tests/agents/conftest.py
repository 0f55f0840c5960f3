from collections.abc import AsyncIterator

import pytest

from tests.agents.kit import Model
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.support.service import Service


@pytest.fixture(scope="module")
async def ada(shared_service: Service) -> AsyncIterator[Model]:
    """Connected to two workspaces, both of which have been read; for all tests that change nothing."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_rate_limit(monkeypatch)
        await shared_service.sign_in("ada")
        session = await shared_service.sign_in("ada", workspace="notebook")
        assert len(session.workspace_ids) == 2
        for workspace_id in session.workspace_ids:
            run = await synchronize(shared_service, session, workspace_id)
            assert run["status"] == "done", run
        yield await Model.of(shared_service, session)

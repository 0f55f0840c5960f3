import pytest

from tests.support.service import Service

# Everything hangs on these three. TRUNCATE takes what refers to them along.
SWEEP = "TRUNCATE accounts, grants, audit_events CASCADE"


@pytest.fixture
async def service(shared_service: Service) -> Service:
    """The module's one service, with nobody in it: several times quicker than a service and a database each. What
    changes the schema or the settings needs `make_service`.
    """
    await shared_service.execute(SWEEP)
    box = shared_service.sandbox.box
    box.state.revoke_authorization()
    box.faults.clear()
    box.calls.clear()
    return shared_service

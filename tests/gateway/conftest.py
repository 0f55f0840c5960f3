import pytest

from tests.gateway.kit import Agent
from tests.support.service import Service, Session


@pytest.fixture
def service(swept_service: Service) -> Service:
    return swept_service


@pytest.fixture
async def ada(service: Service) -> Session:
    return await service.sign_in("ada")


@pytest.fixture
async def agent(service: Service, ada: Session) -> Agent:
    return await Agent.of(service, ada)

import pytest

from tests.gateway.kit import Agent
from tests.next_steps.kit import World
from tests.support.service import Service

SCOPES = ("graph:search", "graph:read", "graph:neighbors", "notion:read", "notion:write", "notion:connect")


@pytest.fixture
async def world(swept_service: Service) -> World:
    ada = await swept_service.sign_in("ada")
    return World(swept_service, ada, await Agent.of(swept_service, ada, *SCOPES))

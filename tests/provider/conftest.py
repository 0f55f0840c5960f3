import pytest

from tests.provider.kit import make_admin, register
from tests.provider.world import World
from tests.support.service import Service


@pytest.fixture(scope="module")
async def world(shared_service: Service) -> World:
    ada = await make_admin(shared_service)
    web, other = await register(ada), await register(ada, name="Another")
    return World(shared_service, ada, web, other, await register(ada, "spa", name="Page"))

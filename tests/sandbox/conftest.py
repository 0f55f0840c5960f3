from collections.abc import AsyncIterator

import httpx
import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, create_sandbox
from tests.sandbox.api import Api
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET, Script
from tests.support.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def config() -> SandboxConfig:
    return SandboxConfig(CLIENT_ID, Secret(CLIENT_SECRET))


@pytest.fixture
def instance(config: SandboxConfig, clock: ManualClock) -> Sandbox:
    return create_sandbox(config, clock=clock)


@pytest.fixture
async def client(instance: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(instance.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notion.test") as opened:
        yield opened


@pytest.fixture
def script(client: httpx.AsyncClient) -> Script:
    return Script(client)


@pytest.fixture
async def api(client: httpx.AsyncClient) -> Api:
    """Ada's connection to the large workspace, with every page ticked, in the newest version."""
    return await Api.connected(client)

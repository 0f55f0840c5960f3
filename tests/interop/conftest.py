import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from tests.interop.agents_stage import demo_url, stage
from tests.interop.notion_target import target
from tests.interop.oauth_provider import hosts, provider
from tests.support.service import Service, Session

__all__ = ["demo_url", "hosts", "provider", "stage", "target"]

pytest.register_assert_rewrite("tests.interop.walk", "tests.interop.walk_further", "tests.interop.promises")

ROOT = Path(__file__).parents[2]
# They name what their packages call things, and go with them.
NEEDED = {"test_oauth_clients.py": "authlib", "test_oauth_mcp.py": "mcp"}
collect_ignore = [name for name, package in NEEDED.items() if find_spec(package) is None]


@pytest.fixture(scope="module")
async def ada(shared_service: Service) -> Session:
    """Signed in now, by everybody's clock: the peer's is the machine's."""
    shared_service.clock.moment = datetime.now(UTC)
    return await shared_service.sign_in("ada")


@pytest.fixture(scope="module")
async def django(shared_service: Service, ada: Session) -> AsyncIterator[httpx.AsyncClient]:
    """Django with the service's key, in a process of its own; its one user has Ada's id."""
    key = shared_service.settings.secret_key
    assert key
    environment = {**os.environ, "PEER_SIGNING_KEY": key.get_secret_value()}
    command = (sys.executable, "-m", "tests.interop.peer.serve", ada.me["id"])
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout
    assert process.stdin
    port = (await process.stdout.readline()).decode().strip()
    if port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    process.stdin.close()
    _, complaints = await process.communicate()
    if not port:
        pytest.fail(f"The Django peer did not start. It needs the extra `interop`.\n{complaints.decode()}")

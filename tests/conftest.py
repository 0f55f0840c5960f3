import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack
from importlib.util import find_spec
from typing import Any, Protocol

import pytest

from ivgraph_auth.core.logging import configure_logging
from ivgraph_auth.core.proxies import VARIABLES as PROXY_VARIABLES
from ivgraph_auth.core.variables import NOT_OURS, forget
from ivgraph_auth.database.libpq import VARIABLES as LIBPQ_VARIABLES
from ivgraph_auth.database.migrations import migrate
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases, postgres
from tests.support.processes import NO_AUTHORITIES, starter
from tests.support.service import RunningSandbox, Service, run_sandbox, run_service

__all__ = ["postgres", "starter"]

# What the environment of whoever runs the tests says of networks is not meant for them.
forget((*PROXY_VARIABLES, *NOT_OURS))
if not os.environ.get("IVGRAPH_TEST_DATABASE_URL"):
    forget(LIBPQ_VARIABLES)

if find_spec("sniffio") is None:
    # httpx looks for it at every request. So it is known to be absent, and not all that is installed is searched again.
    sys.modules["sniffio"] = None  # type: ignore[assignment]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end, and is not looked through again and again for what could go."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def logging() -> None:
    configure_logging("DEBUG", "json")


@pytest.fixture(scope="session", autouse=True)
def authorities() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in NO_AUTHORITIES.items():
            patch.setenv(name, value)
        yield


class MakeService(Protocol):
    """Starts the service with settings of the test's own; several on one database by passing `database_url`."""

    async def __call__(self, **settings: Any) -> Service: ...


@pytest.fixture(scope="session")
async def migrated(postgres: TestDatabases) -> TestDatabases:
    async def run(url: str) -> None:
        await asyncio.to_thread(migrate, url)

    await postgres.create_template(run)
    return postgres


@pytest.fixture
async def database_url(migrated: TestDatabases) -> AsyncIterator[str]:
    url = await migrated.create()
    yield url
    await migrated.drop(url)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def sandbox(clock: ManualClock) -> AsyncIterator[RunningSandbox]:
    async with run_sandbox(clock) as running:
        yield running


@pytest.fixture
async def make_service(database_url: str, clock: ManualClock, sandbox: RunningSandbox) -> AsyncIterator[MakeService]:
    async with AsyncExitStack() as stack:

        async def make(**settings: Any) -> Service:
            values = {"database_url": database_url, **settings}
            return await stack.enter_async_context(run_service(clock, sandbox, **values))

        yield make


@pytest.fixture
async def service(make_service: MakeService) -> Service:
    return await make_service()


@pytest.fixture(scope="module")
async def shared_service(migrated: TestDatabases) -> AsyncIterator[Service]:
    """One for all tests of a module that leave no trace which another would trip over; quicker than one each."""
    clock = ManualClock()
    url = await migrated.create()
    async with run_sandbox(clock) as sandbox, run_service(clock, sandbox, database_url=url) as service:
        yield service
    await migrated.drop(url)


# Everything hangs on these three, and goes with them. TRUNCATE would make new files for all of it, and take far longer.
SWEEP = ("DELETE FROM accounts", "DELETE FROM grants", "DELETE FROM oauth_apps", "DELETE FROM audit_events")


@pytest.fixture
async def swept_service(shared_service: Service) -> Service:
    """The module's one service, with nobody in it: several times quicker than a service and a database each. What
    changes the schema or the settings needs `make_service`.
    """
    await shared_service.execute(*SWEEP)
    instance = shared_service.sandbox.instance
    instance.state.revoke_authorization()
    instance.faults.clear()
    instance.calls.clear()
    return shared_service

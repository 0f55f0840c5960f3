"""The provider on a socket, at the address that it names everywhere, and its people without a browser."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.interop.person import Person
from tests.provider.documents import Hosts, run_hosts
from tests.provider.kit import Client, make_admin, register
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import Json, Service, run_sandbox, run_server, run_service

CONSENT = "/oauth2/consent/"
SIGNED_OUT = "https://app.example.com/signed-out"


class MachineClock(ManualClock):
    """The machine's time, which strangers look at, and what a test has moved it on by."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return self.now().timestamp()

    def database_offset(self) -> timedelta:
        return self.ahead

    def advance(self, **span: float) -> None:
        self.ahead += timedelta(**span)


@dataclass
class Provider:
    service: Service
    clock: MachineClock
    url: str
    _stack: AsyncExitStack

    async def register(
        self, app_type: str = "regular_web", *callbacks: str, logout: str = SIGNED_OUT, **body: Json
    ) -> Client:
        """An app of an admin. `logout` is where its people may come back to after signing out."""
        admin = await make_admin(self.service)
        app = await register(admin, app_type, *callbacks, **body)
        answer = await admin.client.post(
            f"/api/oauth/apps/{app.id}/redirect-uris/", json={"uri": logout, "uri_type": "logout"}, headers=admin.bearer
        )
        assert answer.status_code == 201, answer.text
        return app

    async def person(self, name: str = "bruno") -> Person:
        """Not signed in yet."""
        client = httpx.AsyncClient(verify=False)  # noqa: S501 -- loopback http; loading certificates takes long
        return Person(await self._stack.enter_async_context(client), self.service.sandbox.url, name)

    async def account_id(self, name: str) -> str:
        return str((await self.service.guest(name)).me["id"])


class _Later:
    """An app whose address is known before it is made."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@asynccontextmanager
async def run_provider(database_url: str, **settings: Any) -> AsyncIterator[Provider]:
    clock, later = MachineClock(), _Later()
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(run_sandbox(clock))
        url = await stack.enter_async_context(run_server(later))
        service = await stack.enter_async_context(
            run_service(clock, sandbox, database_url=database_url, public_url=url, **settings)
        )
        later.app = service.app
        yield Provider(service, clock, url, stack)


@pytest.fixture(scope="module")
async def provider(migrated: TestDatabases) -> AsyncIterator[Provider]:
    """One for all tests of a module, where clients may register themselves, too."""
    url = await migrated.create()
    async with run_provider(url, dynamic_registration=True) as running:
        yield running
    await migrated.drop(url)


@pytest.fixture(scope="module")
async def hosts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hosts]:
    """Where metadata documents stand, once the service is led there."""
    async with run_hosts(tmp_path_factory.mktemp("hosts")) as running:
        yield running

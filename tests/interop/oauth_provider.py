"""The provider on a socket, at the address that it names everywhere, and its person without a browser."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from tests.provider.kit import PAGE, decide, make_admin
from tests.support.clock import ManualClock
from tests.support.service import Service, Session, run_sandbox, run_server, run_service


@dataclass
class Provider:
    service: Service
    ada: Session
    url: str

    async def allow(self, authorization_url: str) -> str:
        """What the person does at the link of an app: reads, allows what is ticked, and is sent back to this URL."""
        parts = urlsplit(authorization_url)
        assert f"{parts.scheme}://{parts.netloc}" == self.url
        begun = await self.ada.client.get(parts.path, params=parts.query, headers=PAGE)
        answer = await self.ada.client.get(begun.headers["location"], headers=PAGE)
        if answer.status_code == 200:
            answer = await decide(self.ada, answer)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])


class _Later:
    """An app whose address is known before it is made."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@asynccontextmanager
async def run_provider(database_url: str, **settings: Any) -> AsyncIterator[Provider]:
    """Strangers look at the machine's clock, so the service has its time."""
    clock, later = ManualClock(), _Later()
    clock.moment = datetime.now(UTC)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(run_sandbox(clock))
        url = await stack.enter_async_context(run_server(later))
        service = await stack.enter_async_context(
            run_service(clock, sandbox, database_url=database_url, public_url=url, **settings)
        )
        later.app = service.app
        yield Provider(service, await make_admin(service), url)

"""Where Notion's own clients are pointed, and what both of them are asked in one form."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import httpx
import pytest

from ivgraph_auth.core.secrets import Secret, random_token
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, create_sandbox
from ivgraph_auth.sandbox.config import CAPABILITIES
from tests.sandbox.kit import ASK, CALLBACK, outcome
from tests.support.clock import ManualClock
from tests.support.service import CLIENT_ID, Json, run_sandbox, run_server, run_service


@dataclass(frozen=True)
class Door:
    base_url: str  # without /v1: both clients put it there themselves
    token: str = field(repr=False)

    def with_a_wrong_token(self) -> "Door":
        return replace(self, token=f"{self.token[:-1]}{'A' if self.token.endswith('B') else 'B'}")


@dataclass(frozen=True)
class Target:
    door: Door  # Ada's, to everything in the large workspace
    reader: Door  # may read, and write nothing
    instance: Sandbox  # the Notion behind `door`

    def answered(self) -> list[tuple[str, str]]:
        """What Notion was called with and answered, whoever passed it on."""
        return [(call.method, call.path) for call in self.instance.calls if call.status == 200]

    def statuses(self) -> list[int | None]:
        return [call.status for call in self.instance.calls]


@dataclass(eq=False)
class Refused(Exception):
    """What a client's own typed error tells."""

    known: bool  # an API error whose code is one of the client's own list
    kind: str  # the class of the error: `APIResponseError`, `UnknownHTTPResponseError`
    code: str
    message: str
    status: int
    request_id: str | None
    retry_after: str | None = None


class Sdk(Protocol):
    """One of the clients, at one door and in one version. Names are told in Python's way: `data_sources.query`."""

    async def call(self, name: str, /, **args: Any) -> Json: ...

    async def request(self, method: str, path: str, body: Json | None = None) -> Json: ...

    async def send(self, upload_id: str, content: str, **part: str) -> Json:
        """A file of this content, by the client's own method for it."""
        ...

    async def collect(self, name: str, **args: Any) -> list[Json]:
        """All of a list, by the client's own helper."""
        ...


class Connect(Protocol):
    def __call__(self, door: Door, version: str, *, retry: bool = True) -> Sdk: ...


@pytest.fixture(params=["notion", "gateway"])
async def target(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Target]:
    """The sandbox itself; and through the service, by its drop-in address with service tokens."""
    async with AsyncExitStack() as stack:
        if request.param == "notion":
            instance, door = await _sandbox(stack, tuple(CAPABILITIES))
            _, reader = await _sandbox(stack, tuple(name for name in CAPABILITIES if name.startswith("read_")))
        else:
            instance, door, reader = await _gateway(stack, database_url)
        instance.calls.clear()
        yield Target(door, reader, instance)


# The bucket is written as ever, and always full: what is proven here is what passes, not how fast.
_ALWAYS_FULL = (
    (
        "CREATE FUNCTION always_full() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.full_at = '2000-01-01'; RETURN NEW; END $$"
    ),
    "CREATE TRIGGER always_full BEFORE INSERT OR UPDATE ON grant_budgets FOR EACH ROW EXECUTE FUNCTION always_full()",
)


async def _gateway(stack: AsyncExitStack, database_url: str) -> tuple[Sandbox, Door, Door]:
    clock = ManualClock()
    sandbox = await stack.enter_async_context(run_sandbox(clock))
    service = await stack.enter_async_context(run_service(clock, sandbox, database_url=database_url))
    await service.execute(*_ALWAYS_FULL)
    url = await stack.enter_async_context(run_server(service.app))
    ada = await service.sign_in("ada")
    whole = await ada.mint("notion:read", "notion:write", "notion:comment")
    reading = await ada.mint("notion:read")
    return sandbox.instance, Door(f"{url}/notion", whole["token"]), Door(f"{url}/notion", reading["token"])


async def _sandbox(stack: AsyncExitStack, capabilities: tuple[str, ...]) -> tuple[Sandbox, Door]:
    secret = random_token()
    config = SandboxConfig(CLIENT_ID, Secret(secret), capabilities=capabilities)
    instance = create_sandbox(config, clock=ManualClock())
    url = await stack.enter_async_context(run_server(instance.app, on_close=instance.close))
    async with httpx.AsyncClient(base_url=url) as client:
        asked = await client.post("/v1/oauth/authorize", data={**ASK, "client_id": CLIENT_ID})
        grant = {"grant_type": "authorization_code", "code": outcome(asked)["code"], "redirect_uri": CALLBACK}
        answer = await client.post("/v1/oauth/token", json=grant, auth=(CLIENT_ID, secret))
    assert answer.status_code == 200, answer.text
    return instance, Door(url, answer.json()["access_token"])

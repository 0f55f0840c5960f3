"""The service as a test meets it: real PostgreSQL, a sandbox Notion on a real socket, browsers with cookie jars."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ivgraph_auth.api.docs import describe
from ivgraph_auth.app.factory import Application, create_app
from ivgraph_auth.app.preflight import check_for_serving
from ivgraph_auth.cli.running import server_options
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.secrets import Secret, random_token
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, create_sandbox
from ivgraph_auth.web.deadlines import Deadlines
from tests.support.clock import ManualClock

PUBLIC_URL = "http://127.0.0.1:8000"
DASHBOARD = f"{PUBLIC_URL}/dashboard/"
START = "/api/integrations/auth/notion/"
CALLBACK = "/api/integrations/auth/notion/callback"
CLIENT_ID = "sandbox-client"

Json = Any


@dataclass
class RunningSandbox:
    instance: Sandbox
    url: str
    client_secret: str

    def exchanges(self) -> int:
        """How many codes were brought to Notion."""
        return sum(call.grant_type == "authorization_code" for call in self.instance.calls)


@asynccontextmanager
async def run_sandbox(clock: ManualClock) -> AsyncIterator[RunningSandbox]:
    client_secret = random_token()
    instance = create_sandbox(SandboxConfig(CLIENT_ID, Secret(client_secret)), clock=clock)
    async with run_server(instance.app, on_close=instance.close) as url:
        yield RunningSandbox(instance, url, client_secret)


@asynccontextmanager
async def run_server(
    app: Any, on_close: Any = lambda: None, *, deadlines: Deadlines | None = None
) -> AsyncIterator[str]:
    """Serves an ASGI app on a free port of the loopback, in this very event loop."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", **server_options(deadlines or Deadlines()))
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # Without uvicorn's own main loop, which looks only every tenth of a second whether it shall end.
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    on_close()
    await server.shutdown()


_documented: list[tuple[re.Pattern[str], Json]] = []


class Documented:
    """Every answer that a test sees must stand in OpenAPI."""

    def __init__(self, app: Application) -> None:
        # The document does not depend on settings, and making it takes longer than most tests.
        if not _documented:
            for path, operations in describe(app)["paths"].items():
                _documented.append((re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path.rstrip("/")) + "/?"), operations))

    async def __call__(self, response: httpx.Response) -> None:
        request = response.request
        for pattern, operations in _documented:
            operation = operations.get(request.method.lower())
            if operation and pattern.fullmatch(request.url.path):
                documented = operation["responses"]
                assert str(response.status_code) in documented, (request.method, request.url.path, response.status_code)


@dataclass
class Session:
    """Somebody signed in."""

    client: httpx.AsyncClient
    fragment: dict[str, str]
    access: str = ""
    refresh: str = ""
    me: Json = field(default_factory=dict)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}

    @property
    def workspace_ids(self) -> list[str]:
        return [workspace["id"] for workspace in self.me["workspaces"]]

    async def mint(self, *scopes: str, **more: Json) -> Json:
        """A service token for all workspaces of this account, as the answer tells it."""
        body = {"name": "agent", "scopes": list(scopes or ("graph:read",)), "workspace_ids": self.workspace_ids}
        answer = await self.client.post("/api/tokens/", json={**body, **more}, headers=self.bearer)
        assert answer.status_code == 201, answer.text
        return answer.json()


class Service:
    def __init__(
        self, settings: Settings, app: Application, clock: ManualClock, sandbox: RunningSandbox, stack: AsyncExitStack
    ) -> None:
        self.settings = settings
        self.app = app
        self.clock = clock
        self.sandbox = sandbox
        self._stack = stack
        self._documented = Documented(app)
        self.notion = httpx.AsyncClient(verify=False)  # noqa: S501 -- loopback http; loading certificates takes long
        self.database_url = settings.database_url.get_secret_value() if settings.database_url else ""
        self._engine: AsyncEngine | None = None
        self._guests: dict[str, Session] = {}

    async def browser(self, *, base_url: str | None = None, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A client with a cookie jar of its own; redirects are not followed."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 40000))
        client = httpx.AsyncClient(
            transport=transport,
            base_url=base_url or self.settings.public_url,
            event_hooks={"response": [self._documented]},
        )
        return await self._stack.enter_async_context(client)

    async def consent(self, authorization_url: str, **form: Json) -> str:
        """What a person does at Notion; answers where the browser is sent back to."""
        answer = await self.notion.post(authorization_url, data=form)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def arrive(self, client: httpx.AsyncClient, *, start: Json = None, **form: Json) -> httpx.Response:
        """From the start of a sign-in to the callback's answer."""
        started = await client.get(START, params=start or {})
        assert started.status_code == 302, started.text
        return await client.get(await self.consent(started.headers["location"], **form))

    async def sign_in(self, person: str = "ada", *, client: httpx.AsyncClient | None = None, **form: Json) -> Session:
        client = client or await self.browser()
        arrived = await self.arrive(client, person=person, **form)
        fragment = fragment_of(arrived)
        session = Session(client, fragment, fragment["access"], fragment["refresh"])
        session.me = (await client.get("/api/auth/me/", headers=session.bearer)).json()
        return session

    async def guest(self, person: str = "ada") -> Session:
        """Signed in once for many tests, which leave session and account as they are; again when one did not."""
        known = self._guests.get(person)
        if known:
            answer = await known.client.get("/api/auth/me/", headers=known.bearer)
            if answer.status_code == 200 and answer.json() == known.me:
                return known
        self._guests[person] = await self.sign_in(person)
        return self._guests[person]

    async def rows(self, query: str, **values: Json) -> list[Json]:
        """Straight from the database."""
        async with self._straight().connect() as connection:
            return [dict(row._mapping) for row in await connection.execute(text(query), values)]

    async def audit(self) -> list[tuple[str, str]]:
        rows = await self.rows("SELECT event, outcome FROM audit_events ORDER BY id")
        return [(row["event"], row["outcome"]) for row in rows]

    async def execute(self, *statements: str, **values: Json) -> None:
        """Straight into the database; then every account's cache entries go, as after a change of the service's own."""
        self._guests.clear()
        async with self._straight().begin() as connection:
            for statement in statements:
                await connection.execute(text(statement), values)
            whole = (await connection.execute(text("SELECT to_regclass('invalidations')"))).scalar()
            ids = (await connection.execute(text("SELECT id FROM accounts"))).scalars().all() if whole else ()
        if ids:
            await self._forget(ids)

    def _straight(self) -> AsyncEngine:
        """One for all of a test's questions: an engine and a connection each took longer than most of them."""
        if self._engine is None:
            # A test may have cut its connections, or dropped what its statements were prepared for.
            self._engine = create_async_engine(
                self.database_url, pool_pre_ping=True, connect_args={"prepared_statement_cache_size": 0}
            )
            self._stack.push_async_callback(self._engine.dispose)
        return self._engine

    async def _forget(self, account_ids: Sequence[int]) -> None:
        # Once more when the statement cut the pool's connections.
        for attempt in range(20):
            try:
                async with self.app.composition.services.liveness.change() as change:
                    for account_id in account_ids:
                        await change.touches(account_id)
            except DatabaseUnavailable:
                assert attempt < 19
            else:
                return


def fragment_of(response: httpx.Response) -> dict[str, str]:
    """The members of the fragment that a redirect hands to the dashboard."""
    assert response.status_code == 302, response.text
    parts = urlsplit(response.headers["location"])
    return {name: values[0] for name, values in parse_qs(parts.fragment, strict_parsing=True).items()}


@asynccontextmanager
async def run_service(
    clock: ManualClock,
    sandbox: RunningSandbox,
    *,
    notion_seconds: float = 10.0,
    database_seconds: float = 20.0,
    **given: Json,
) -> AsyncIterator[Service]:
    """`database_seconds`: more than the service has otherwise, since a busy machine is no outage."""
    values: dict[str, Json] = {
        "secret_key": random_token(),
        "sync_interval": 0,
        "encryption_keys": generate_key("test"),
        "notion_client_id": CLIENT_ID,
        "notion_client_secret": sandbox.client_secret,
        "notion_api_url": sandbox.url,
        "public_url": PUBLIC_URL,
        **given,
    }
    settings = Settings(**values)
    check_for_serving(settings, "127.0.0.1")
    app = create_app(settings, clock=clock, notion_seconds=notion_seconds, database_seconds=database_seconds)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        service = Service(settings, app, clock, sandbox, stack)
        stack.push_async_callback(service.notion.aclose)
        yield service

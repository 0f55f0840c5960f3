"""Several `serve`, processes of their own, on one PostgreSQL of their own; the sandbox Notion is in the test's loop."""

import asyncio
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from ivgraph_auth.core.secrets import Secret, random_token
from ivgraph_auth.database.migrations import migrate
from ivgraph_auth.embedded.lock import DirectoryLock
from ivgraph_auth.embedded.server import EmbeddedPostgres
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.sandbox.app import SandboxConfig, create_sandbox
from tests.support.postgres import new_directory
from tests.support.processes import Commands, Finished, Running, Starter, free_port, open_commands
from tests.support.service import CLIENT_ID, START, RunningSandbox, run_server

LISTENS = "Application startup complete"
ME = "/api/auth/me/"
_LINES = 20
Json = Any


@dataclass
class SignedIn:
    access: str
    refresh: str
    workspace_ids: list[str]


class Line:
    """A connection that is kept alive, without a client's overhead: what is measured out in thousands goes over it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> Self:
        address = urlsplit(url)
        return cls(*await asyncio.open_connection(address.hostname, address.port))

    async def status(self, credential: str) -> int:
        self.ask(credential)
        return await self.answered()

    def ask(self, credential: str) -> None:
        """It leaves at once."""
        head = f"GET {ME} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {credential}\r\n\r\n"
        self._writer.write(head.encode())

    async def answered(self) -> int:
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"content-length: (\d+)", head)
        assert length, head
        await self._reader.readexactly(int(length[1]))
        return int(head.split(b" ", 2)[1])

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


class Server:
    """One `serve`, met over connections that are kept alive."""

    def __init__(self, running: Running, url: str, client: httpx.AsyncClient) -> None:
        self.running = running
        self.url = url
        self.client = client

    async def listens(self, workers: int = 1) -> None:
        for _ in range(workers):
            await asyncio.to_thread(self.running.line, LISTENS)

    async def caches(self) -> None:
        """Until it answers from its memory."""
        while (await self.client.get("/health/ready")).json().get("cache") != "on":
            pass

    async def status(self, credential: str) -> int:
        return (await self.client.get(ME, headers=bearer(credential))).status_code

    async def statuses(self, credential: str, count: int) -> Counter[int]:
        """Of so many requests, over twenty new connections."""
        shares = [len(range(n, count, _LINES)) for n in range(min(_LINES, count))]
        return sum(await asyncio.gather(*(self._share(credential, share) for share in shares)), Counter())

    async def _share(self, credential: str, count: int) -> Counter[int]:
        line = await Line.open(self.url)
        try:
            return Counter([await line.status(credential) for _ in range(count)])
        finally:
            await line.close()

    async def refresh(self, refresh: str, *, rotate: bool = True) -> httpx.Response:
        return await self.client.post("/api/auth/refresh/", json={"refresh": refresh, "rotate": rotate})

    async def logout(self, refresh: str) -> httpx.Response:
        return await self.client.post("/api/auth/logout/", json={"refresh": refresh})

    async def mint(self, who: SignedIn) -> httpx.Response:
        body = {"name": "agent", "scopes": ["graph:read"], "workspace_ids": who.workspace_ids}
        return await self.client.post("/api/tokens/", json=body, headers=bearer(who.access))

    async def minted(self, who: SignedIn) -> Json:
        answer = await self.mint(who)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def revoke(self, who: SignedIn, token: Json) -> httpx.Response:
        return await self.client.delete(f"/api/tokens/{token['id']}/", headers=bearer(who.access))

    async def way_back(self, person: str) -> tuple[str, str]:
        """What a browser asks for and which cookie it sends, when somebody has consented at Notion."""
        started = await self.client.get(START)
        assert started.status_code == 302, started.text
        cookie = started.headers["set-cookie"].partition(";")[0]
        allowed = await self.client.post(started.headers["location"], data={"person": person})
        assert allowed.status_code == 302, allowed.text
        back = urlsplit(allowed.headers["location"])
        self.client.cookies.clear()
        return f"{back.path}?{back.query}", cookie

    async def arrive(self, path: str, cookie: str) -> httpx.Response:
        answer = await self.client.get(path, headers={"Cookie": cookie})
        self.client.cookies.clear()
        return answer

    async def sign_in(self, person: str = "ada") -> SignedIn:
        fragment = fragment_of(await self.arrive(*await self.way_back(person)))
        me = await self.client.get(ME, headers=bearer(fragment["access"]))
        assert me.status_code == 200, me.text
        ids = [workspace["id"] for workspace in me.json()["workspaces"]]
        return SignedIn(fragment["access"], fragment["refresh"], ids)


class Cluster:
    def __init__(self, directory: Path, commands: Commands, sandbox: RunningSandbox, *, durable: bool) -> None:
        self._directory = directory
        self._commands = commands
        self._durable = durable
        self._stack = AsyncExitStack()
        self._servers: list[Server] = []
        self.sandbox = sandbox
        self.postgres = EmbeddedPostgres(directory / "pg", durable=durable)
        self.settings: dict[str, str] = {}

    @property
    def database_url(self) -> str:
        return self.settings["DATABASE_URL"]

    async def open(self) -> None:
        self.postgres.start()
        self.postgres.ensure_database()
        url = self.postgres.database_url()
        await asyncio.to_thread(migrate, url)
        self.settings = {
            "DATABASE_URL": url,
            "IVGRAPH_SECRET_KEY": random_token(),
            "IVGRAPH_ENCRYPTION_KEYS": generate_key("test"),
            "IVGRAPH_RATE_LIMIT": "0",
            "IVGRAPH_SYNC_INTERVAL": "0",
            "IVGRAPH_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
            "NOTION_CLIENT_ID": CLIENT_ID,
            "NOTION_CLIENT_SECRET": self.sandbox.client_secret,
            "NOTION_API_URL": self.sandbox.url,
        }

    async def close(self) -> None:
        try:
            await self._stack.aclose()
        finally:
            self._commands.close()
            self.postgres.stop()

    async def serve(
        self, *options: str, port: int | None = None, workers: int = 1, settings: dict[str, str] | None = None
    ) -> Server:
        """One more process, which listens when this returns."""
        port = port or free_port()
        running = self._commands.start("serve", "--port", str(port), *options, **{**self.settings, **(settings or {})})
        url = f"http://127.0.0.1:{port}"
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=50, keepalive_expiry=600)
        client = httpx.AsyncClient(base_url=url, timeout=30, limits=limits, verify=False)  # noqa: S501 -- loopback http
        await self._stack.enter_async_context(client)
        server = Server(running, url, client)
        await server.listens(workers)
        self._servers.append(server)
        return server

    async def run(self, *arguments: str) -> Finished:
        """A command beside the processes that serve."""
        return await asyncio.to_thread(self._commands.run, *arguments, **self.settings)

    async def pair(self) -> tuple[Server, Server]:
        here, there = await self.serve(), await self.serve()
        await here.caches()
        await there.caches()
        return here, there

    async def end_all(self) -> None:
        """Every process that still runs; none of them has stumbled over anything."""
        while self._servers:
            server = self._servers.pop()
            finished = await asyncio.to_thread(server.running.end, signal.SIGTERM)
            assert finished.code == 0, finished.text
            assert "Traceback" not in finished.text, finished.text

    def kill(self, server: Server) -> None:
        server.running.end(signal.SIGKILL)
        self.gone(server)

    def gone(self, server: Server) -> None:
        """It has ended already."""
        self._servers.remove(server)

    async def listening_backends(self) -> list[int]:
        """PostgreSQL's processes that bring notifications, oldest first."""
        query = (
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'ivgraph-auth listener' ORDER BY backend_start"
        )
        return [row["pid"] for row in await self.rows(query)]

    async def holding_leases(self) -> int:
        query = "SELECT count(*) AS held FROM processes WHERE lease_expires_at > clock_timestamp()"
        held: int = (await self.rows(query))[0]["held"]
        return held

    async def rows(self, query: str, *values: Json) -> list[dict[str, Json]]:
        connection = await asyncpg.connect(plain(self.database_url))
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    def send_to_database(self, number: signal.Signals) -> None:
        os.kill(self.postgres.pid, number)
        for pid in children(self.postgres.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


def plain(url: str) -> str:
    """As asyncpg itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def connect(server: Server, ada: SignedIn) -> None:
    """Her notebook, as the tenant `team`."""
    started = await server.client.get(
        "/oauth/authorize/notion", params={"tenant_id": "team"}, headers=bearer(ada.access)
    )
    assert started.status_code == 200, started.text
    cookie = started.headers["set-cookie"].partition(";")[0]
    allowed = await server.client.post(
        started.json()["authorizationUrl"], data={"person": "ada", "workspace": "notebook"}
    )
    back = urlsplit(allowed.headers["location"])
    done = await server.client.get(f"{back.path}?{back.query}", headers={"Cookie": cookie})
    assert "Authorization Successful" in done.text, done.text
    server.client.cookies.clear()


def fragment_of(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    found = parse_qs(urlsplit(answer.headers["location"]).fragment)
    return {name: values[0] for name, values in found.items()}


@asynccontextmanager
async def open_cluster(starter: Starter, *, durable: bool = False) -> AsyncIterator[Cluster]:
    directory = new_directory()
    # PostgreSQL has one of its own; this one also says that the directory is in use while PostgreSQL is stopped.
    lock = DirectoryLock(directory / "lock")
    lock.acquire()
    secret = random_token()
    instance = create_sandbox(SandboxConfig(CLIENT_ID, Secret(secret)))
    try:
        with open_commands(starter) as commands:
            async with run_server(instance.app, on_close=instance.close) as url:
                cluster = Cluster(directory, commands, RunningSandbox(instance, url, secret), durable=durable)
                await cluster.open()
                try:
                    yield cluster
                finally:
                    await cluster.close()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        lock.release()


@pytest.fixture(scope="module")
async def cluster(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def pair(cluster: Cluster) -> AsyncIterator[tuple[Server, Server]]:
    yield await cluster.pair()
    await cluster.end_all()

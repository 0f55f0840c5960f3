"""`/mcp` when things go wrong: clients that leave, a Notion that hangs, a shutdown, and processes that are killed."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.faults import Fault
from tests.mcp.kit import LEGACY, MODERN, message_of
from tests.support.agents import AgentCall, Agents
from tests.support.cluster import Cluster, Server, SignedIn, bearer, open_cluster
from tests.support.processes import Starter
from tests.support.service import run_server

pytestmark = pytest.mark.slow

VERSIONS = (*LEGACY, MODERN)
COMMENTS = "/v1/comments"
MANY = 50
ON = {"IVGRAPH_MCP": "true"}
SCOPES = ("graph:search", "notion:read")


@dataclass(frozen=True)
class McpCall(AgentCall):
    """`what` is the tool, `body` its arguments."""

    version: str = MODERN

    def request(self, credential: str) -> tuple[str, str, dict[str, str], bytes]:
        message, headers = message_of(self.version, "tools/call", name=self.what, arguments=self.body)
        fixed = {**bearer(credential), "Content-Type": "application/json", "Accept": "*/*"}
        return "POST", "/mcp", {**fixed, **headers, **self.headers}, json.dumps(message).encode()


def comments(version: str) -> McpCall:
    """Asks Notion."""
    return McpCall("comments", {"id": lighthouse.ROADMAP}, version=version)


def search(version: str) -> McpCall:
    """Asks the graph."""
    return McpCall("search", {"query": "reading"}, version=version)


def result_of(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def make_agents(cluster: Cluster, server: Server) -> Agents:
    """With one workspace, so that no call has to say which it means."""
    ada = await server.sign_in("ada")
    agents = Agents(cluster, ada, "")
    agents.token = await agents.minted(server, *SCOPES)
    return agents


@pytest.fixture
async def cluster(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def shared_cluster(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def server(shared_cluster: Cluster) -> AsyncIterator[Server]:
    server = await shared_cluster.serve(settings=ON)
    await server.caches()
    yield server
    await shared_cluster.end_all()


@pytest.fixture(scope="module")
async def agents(shared_cluster: Cluster, server: Server) -> Agents:
    return await make_agents(shared_cluster, server)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_client_that_leaves_takes_its_call_along(agents: Agents, server: Server, version: str) -> None:
    await agents.rest()
    instance, name = agents.cluster.sandbox.instance, f"left-{version}"
    instance.faults.add(Fault(COMMENTS, "hang"))
    caller = await agents.sent(server, comments(version).with_headers(X_Request_ID=name))
    await agents.until(lambda: instance.held == 1)
    caller.close()
    assert await agents.until_told(name) == "caller_gone"
    await agents.until(lambda: instance.held == 0)
    said = [json.loads(line) for line in server.running.lines if name in line]
    assert [(each["event"], each["status"]) for each in said] == [("request", 0)]
    assert "Traceback" not in server.running.output


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_notion_that_hangs_is_a_tools_error(agents: Agents, server: Server, version: str) -> None:
    await agents.rest()
    agents.cluster.sandbox.instance.faults.add(Fault(COMMENTS, "hang"))
    line = await Line.open(server, agents.token)
    late = result_of(await line.ask(comments(version).with_headers(X_Ivgraph_Timeout="1")))
    assert (late["isError"], late["structuredContent"]["code"]) == (True, "upstream_timeout")
    # The connection is as good as before.
    assert not result_of(await line.ask(comments(version))).get("isError")
    await line.close()


class Line:
    """One connection that is kept."""

    def __init__(self, token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._token, self._reader, self._writer = token, reader, writer

    @classmethod
    async def open(cls, server: Server, token: str) -> "Line":
        return cls(token, *await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2])))

    async def ask(self, asked: AgentCall) -> httpx.Response:
        self.send(asked)
        return await self.answer()

    def send(self, asked: AgentCall) -> None:
        method, target, headers, body = asked.request(self._token)
        fields = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
        head = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + body)

    async def answer(self) -> httpx.Response:
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = httpx.Headers([(name, value) for name, _, value in (line.partition(": ") for line in lines)])
        body = await self._reader.readexactly(int(headers["content-length"]))
        return httpx.Response(int(first.split(" ")[1]), headers=headers, content=body)

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@pytest.mark.parametrize("version", VERSIONS)
async def test_many_calls_at_once_on_one_connection(agents: Agents, server: Server, version: str) -> None:
    line = await Line.open(server, agents.token)
    for number in range(MANY):
        line.send(search(version).with_headers(X_Request_ID=f"one-{number}"))
    answers = [await line.answer() for _ in range(MANY)]
    await line.close()
    assert [answer.headers["x-request-id"] for answer in answers] == [f"one-{number}" for number in range(MANY)]
    assert not any(result_of(answer).get("isError") for answer in answers)


@pytest.mark.parametrize("version", VERSIONS)
async def test_many_calls_at_once_on_as_many_connections(agents: Agents, server: Server, version: str) -> None:
    answers = await agents.all(server, *[search(version)] * MANY)
    assert not any(result_of(answer).get("isError") for answer in answers)


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_call_that_a_shutdown_cuts_is_answered_and_told(cluster: Cluster, workers: int) -> None:
    server = await cluster.serve("--workers", str(workers), workers=workers, settings=ON)
    agents = await make_agents(cluster, server)
    instance = cluster.sandbox.instance
    instance.faults.add(Fault(COMMENTS, "hang", times=9))
    calls = [
        asyncio.create_task(agents.call(server, comments(version).with_headers(X_Request_ID=f"cut-{version}")))
        for version in VERSIONS
    ]
    await agents.until(lambda: instance.held == len(VERSIONS))
    for _ in range(2):
        server.running.send(signal.SIGTERM)
    finished = await asyncio.to_thread(server.running.wait)
    cluster.gone(server)
    assert finished.code == 0, finished.text
    assert "Traceback" not in finished.text, finished.text
    for answer in await asyncio.gather(*calls):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["error"]["data"]["code"] == "shutting_down"
    assert await agents.outcomes("cut-") == {f"cut-{version}": ["shutdown"] for version in VERSIONS}


class RoundRobin:
    """In front of several processes, as a proxy is. Where none listens, the next one is asked."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.answered: list[str] = []
        self._turn = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        answer = await self._pass_on(scope, body)
        kept = [pair for pair in answer.headers.raw if pair[0].lower() not in {b"transfer-encoding", b"connection"}]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
        await send({"type": "http.response.body", "body": answer.content})

    async def _pass_on(self, scope: Any, body: bytes) -> httpx.Response:
        for _ in self.servers:
            server = self.servers[self._turn % len(self.servers)]
            self._turn += 1
            try:
                answer = await server.client.request(
                    scope["method"], scope["raw_path"].decode(), headers=scope["headers"], content=body
                )
            except httpx.TransportError:
                continue
            self.answered.append(server.url)
            return answer
        raise AssertionError("nobody listens")


@asynccontextmanager
async def behind_one_address(cluster: Cluster) -> AsyncIterator[tuple[RoundRobin, str, SignedIn, str]]:
    servers = [await cluster.serve(settings=ON) for _ in range(2)]
    for server in servers:
        await server.caches()
    agents = await make_agents(cluster, servers[0])
    robin = RoundRobin(servers)
    async with run_server(robin) as url:
        yield robin, url, agents.ada, agents.token


async def converse(client: httpx.AsyncClient, version: str, robin: RoundRobin) -> None:
    """All that a client of this revision asks, in its order."""
    if version == MODERN:
        steps: list[tuple[str, dict[str, Any]]] = [("server/discover", {})]
    else:
        about = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        steps = [("initialize", about), ("notifications/initialized", {})]
    steps += [("tools/list", {}), *[("tools/call", {"name": "search", "arguments": {"query": "a"}})] * 4]
    for number, (method, params) in enumerate(steps):
        message, headers = message_of(version, method, **params)
        if method.startswith("notifications/"):
            del message["id"]
        answer = await client.post("/mcp", json=message, headers=headers)
        assert answer.status_code in {200, 202}, (method, answer.text)
        assert "mcp-session-id" not in answer.headers
        if "id" in message:
            assert "result" in answer.json(), answer.text
        if number == len(steps) - 3 and len(robin.servers) > 1:
            robin.servers[0].running.send(signal.SIGKILL)
            await asyncio.to_thread(robin.servers[0].running.wait)


@pytest.mark.parametrize("version", VERSIONS)
async def test_any_process_answers_any_request_and_one_may_be_killed(cluster: Cluster, version: str) -> None:
    async with behind_one_address(cluster) as (robin, url, _, token):
        first, second = robin.servers
        headers = {**bearer(token), "Accept": "application/json, text/event-stream"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
            await converse(client, version, robin)
        assert {first.url, second.url} == set(robin.answered)
        assert robin.answered[-2:] == [second.url] * 2
        cluster.gone(first)
    await cluster.end_all()

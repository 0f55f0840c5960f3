"""Agents that call Notion through serving processes, as many at once as a test likes."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tests.support.cluster import Cluster, Json, Server, SignedIn, bearer, connect
from tests.support.processes import PATIENCE

INVOKE = "/api/v1/tools/invoke"
BUSY, QUIET = "team", "b99d9983-54c8-49e4-9b4c-0bafb3fef367"  # Ada's notebook; what she signed in with
READING = "bc7e2d42-f2b5-44db-8711-5f52c771d57a"  # a page of the notebook
PAGES = "/v1/pages"
_SECONDS = 90.0  # longer than any deadline of the service


def page_id(number: int) -> str:
    """A page that nobody has: each call has its own path, and can be told from the others where it arrives."""
    return f"00000000-0000-4000-8000-{number:012d}"


def new_page(title: str) -> Json:
    """The parameters of createPage, and the body of POST /v1/pages."""
    return {"parent": {"page_id": READING}, "properties": {"title": {"title": [{"text": {"content": title}}]}}}


@dataclass(frozen=True)
class AgentCall:
    """One call of an agent. On the drop-in address `what` is method and path, else the tool's id."""

    what: str
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict)
    tenant: str = BUSY

    def with_headers(self, **headers: str) -> Self:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    @property
    def dropped_in(self) -> bool:
        return " " in self.what

    def request(self, credential: str) -> tuple[str, str, dict[str, str], bytes]:
        """Method, target, headers and body."""
        headers = {**bearer(credential), "Content-Type": "application/json", **self.headers}
        if not self.dropped_in:
            body = {"toolId": self.what, "tenantId": self.tenant, "parameters": self.body or {}}
            return "POST", INVOKE, headers, json.dumps(body).encode()
        method, _, path = self.what.partition(" ")
        content = b"" if self.body is None else json.dumps(self.body).encode()
        return method, f"/notion{path}", {**headers, "X-Ivgraph-Tenant": self.tenant}, content


def tool(name: str, **parameters: Json) -> AgentCall:
    return AgentCall(f"notion.{name}", parameters)


def get_page(number: int, *, tenant: str = BUSY) -> AgentCall:
    """One of the two ways to ask for it."""
    if number % 2:
        return AgentCall(f"GET {PAGES}/{page_id(number)}", tenant=tenant)
    return AgentCall("notion.getPage", {"page_id": page_id(number)}, tenant=tenant)


def get_self(*, seconds: int | None = None, tenant: str = BUSY) -> AgentCall:
    headers = {} if seconds is None else {"X-Ivgraph-Timeout": str(seconds)}
    return AgentCall("notion.getSelf", {}, headers, tenant)


class Agents:
    """With one service token between them, for both of Ada's workspaces."""

    def __init__(self, cluster: Cluster, ada: SignedIn, token: str) -> None:
        self.cluster = cluster
        self.ada = ada
        self.token = token

    @classmethod
    async def at(cls, cluster: Cluster, server: Server) -> Self:
        ada = await server.sign_in("ada")
        await connect(server, ada)
        me = (await server.client.get("/api/auth/me/", headers=bearer(ada.access))).json()
        ada.workspace_ids = [workspace["id"] for workspace in me["workspaces"]]
        agents = cls(cluster, ada, "")
        agents.token = await agents.minted(server, "notion:read", "notion:write", "notion:comment")
        return agents

    async def minted(self, server: Server, *scopes: str) -> str:
        body = {"name": "agent", "scopes": scopes, "workspace_ids": self.ada.workspace_ids}
        answer = await server.client.post("/api/tokens/", json=body, headers=bearer(self.ada.access))
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    async def call(self, server: Server, asked: AgentCall, *, token: str | None = None) -> httpx.Response:
        """On a connection of its own. Raises OSError when it is cut."""
        reader, writer = await _sent(server, asked, token or self.token)
        try:
            async with asyncio.timeout(_SECONDS):
                return _answer(await reader.read())
        finally:
            writer.close()

    async def all(self, server: Server, *asked: AgentCall) -> list[httpx.Response]:
        return await asyncio.gather(*(self.call(server, each) for each in asked))

    async def sent(self, server: Server, asked: AgentCall) -> asyncio.StreamWriter:
        """A caller that has sent all of it and listens to nothing; closing it is going away."""
        return (await _sent(server, asked, self.token))[1]

    def arrived(self, path: str, method: str | None = None) -> int:
        """How many calls of this path Notion has seen."""
        calls = self.cluster.sandbox.instance.calls
        return sum(call.path == path and method in (None, call.method) for call in calls)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Looks again after each round trip to the database."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await self.cluster.rows("SELECT 1")

    async def outcomes(self, prefix: str) -> dict[str, list[str]]:
        """What the audit trail tells, by request id."""
        rows = await self.cluster.rows(
            "SELECT request_id, outcome FROM audit_events WHERE request_id LIKE $1 ORDER BY id", f"{prefix}%"
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["request_id"], []).append(row["outcome"])
        return found

    async def until_told(self, request_id: str) -> str:
        """How a call ended, once that is written down."""
        async with asyncio.timeout(PATIENCE):
            while (told := (await self.outcomes(request_id)).get(request_id, ["started"])) == ["started"]:
                pass
        (outcome,) = told
        return outcome

    async def rest(self) -> None:
        """As after a long while in which nobody called: Notion sound, every bucket full."""
        instance = self.cluster.sandbox.instance
        instance.faults.clear()
        instance.calls.clear()
        await self.cluster.rows("DELETE FROM grant_budgets")


async def _sent(server: Server, asked: AgentCall, credential: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Without a client's overhead, which would keep the sandbox in this very loop from noting when calls come."""
    method, target, headers, body = asked.request(credential)
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=2**24)
    fixed = {"Host": "127.0.0.1", "Connection": "close", "Content-Length": str(len(body))}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in {**fixed, **headers}.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    return reader, writer


def _answer(received: bytes) -> httpx.Response:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = httpx.Headers([(name, value) for name, _, value in (line.partition(b": ") for line in lines)])
    if not head or len(body) != int(headers.get("content-length", -1)):
        raise ConnectionResetError("cut before the answer was whole")
    return httpx.Response(int(first.split(b" ")[1]), headers=headers, content=body)


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def code_of(answer: httpx.Response) -> str:
    """Of a refusal, in whichever form it came."""
    body: Any = answer.json()
    code: str = body["error"]["code"] if "error" in body else body["code"]
    return code

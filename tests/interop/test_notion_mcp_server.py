"""`@notionhq/notion-mcp-server`, Notion's own MCP server, as it comes from npm: told where it calls, and no more."""

import asyncio
import json
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ivgraph_auth.sandbox.content import lighthouse
from tests.interop.node import FOLDER, NODE
from tests.interop.notion_target import Target
from tests.sandbox.api import paragraph, words
from tests.support.service import Json

pytestmark = pytest.mark.interop

SERVER = FOLDER / "node_modules/@notionhq/notion-mcp-server/bin/cli.mjs"
REVISION = "2025-06-18"
_LINE = 16 * 1024 * 1024  # bytes that one message may have
_PAGE = {"page_id": lighthouse.ROADMAP}


class Server:
    """MCP over stdio: a line of JSON each way."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._count = 0

    async def ask(self, method: str, **params: Any) -> Json:
        self._count += 1
        self.tell(method, id=self._count, params=params)
        while True:
            assert self._process.stdout
            told = json.loads(await self._process.stdout.readline())
            if told.get("id") == self._count:
                return told["result"]

    def tell(self, method: str, **more: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": method, **more}).encode() + b"\n")

    async def call(self, tool: str, **arguments: Any) -> Json:
        """Notion's answer, which the server tells as text."""
        answer = await self.ask("tools/call", name=tool, arguments=arguments)
        told = json.loads(answer["content"][0]["text"])
        assert not answer.get("isError"), (tool, told)
        assert told.get("object") != "error", (tool, told)
        assert told.get("status") != "error", (tool, told)
        return told


@pytest.fixture
async def server(target: Target) -> AsyncIterator[Server]:
    if not SERVER.exists():
        pytest.fail("@notionhq/notion-mcp-server is missing: npm install --prefix tests/node.")
    environment = {"PATH": os.environ["PATH"], "BASE_URL": target.door.base_url, "NOTION_TOKEN": target.door.token}
    process = await asyncio.create_subprocess_exec(
        NODE, SERVER, cwd=FOLDER, env=environment, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=_LINE
    )
    made = Server(process)
    client = {"name": "test", "version": "1"}
    await made.ask("initialize", protocolVersion=REVISION, capabilities={}, clientInfo=client)
    made.tell("notifications/initialized")
    yield made
    process.terminate()
    await process.communicate()


# At Notion itself one of its calls fails, to which it gives no version: here the service's own is taken.
@pytest.mark.parametrize("target", ["gateway"], indirect=True)
async def test_it_makes_all_of_its_calls(target: Target, server: Server) -> None:
    tools = {tool["name"] for tool in (await server.ask("tools/list"))["tools"]}
    called = await call_all(server)
    assert tools == called
    assert len(tools) >= 24
    assert {call.status for call in target.instance.calls} == {200}
    assert len(target.instance.calls) >= len(tools)


async def call_all(server: Server) -> set[str]:
    """Each at least once, with what a model would send. Answers their names."""
    called: set[str] = set()

    async def call(tool: str, **arguments: Any) -> Json:
        called.add(f"API-{tool}")
        return await server.call(f"API-{tool}", **arguments)

    await _read(call)
    await _write(call)
    return called


async def _read(call: Any) -> None:
    people = await call("get-users", page_size=2)
    await call("get-user", user_id=people["results"][0]["id"])
    await call("get-self")
    await call("post-search", query="Roadmap")
    page = await call("retrieve-a-page", **_PAGE)
    await call("retrieve-a-page-property", **_PAGE, property_id=page["properties"]["title"]["id"])
    await call("retrieve-page-markdown", **_PAGE)
    children = await call("get-block-children", block_id=lighthouse.ROADMAP, page_size=2)
    await call("retrieve-a-block", block_id=children["results"][0]["id"])
    await call("retrieve-a-comment", block_id=lighthouse.ROADMAP)
    await call("retrieve-a-database", database_id=lighthouse.PROJECTS)
    await call("retrieve-a-data-source", data_source_id=lighthouse.PROJECTS_SOURCE)
    await call("query-data-source", data_source_id=lighthouse.PROJECTS_SOURCE, page_size=2)
    await call("list-data-source-templates", data_source_id=lighthouse.TASKS_SOURCE)


async def _write(call: Any) -> None:
    made = await call("post-page", parent=_PAGE, properties={"title": words("Bells")})
    page = {"page_id": made["id"]}
    await call("patch-page", **page, properties={"title": words("Bells and buoys")})
    added = await call("patch-block-children", block_id=made["id"], children=[paragraph("First")])
    first = added["results"][0]["id"]
    await call("update-a-block", block_id=first, **paragraph("Zeroth"))
    await call("delete-a-block", block_id=first)
    insert = {"type": "insert_content", "insert_content": {"content": "Last"}}
    assert (await call("update-page-markdown", **page, **insert))["markdown"] == "Last"
    await call("create-a-comment", parent=page, rich_text=words("Too loud?"))
    moved = await call("move-page", **page, parent={"page_id": lighthouse.HANDBOOK})
    assert moved["parent"]["page_id"] == lighthouse.HANDBOOK
    about = {"parent": {"database_id": lighthouse.PROJECTS}, "title": words("Knots")}
    source = await call("create-a-data-source", **about, properties={"Name": {"title": {}}})
    await call("update-a-data-source", data_source_id=source["id"], title=words("Knots and ropes"))

"""`@notionhq/client`, Notion's own JavaScript client, as it comes from npm."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from ivgraph_auth.sandbox.app import Fault
from ivgraph_auth.sandbox.content import lighthouse
from tests.interop import promises
from tests.interop.notion_target import Door, Refused, Target
from tests.interop.walk import call_all
from tests.sandbox.api import NEW, VERSIONS
from tests.support.service import Json

pytestmark = pytest.mark.interop

NODE = Path(__file__).parents[1] / "node"
_LINE = 16 * 1024 * 1024  # bytes that one answer may have


class Node:
    """The script that makes the calls, one after the other."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def answer(self, **asked: Any) -> Json:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            self._process.stdin.close()
            _, complaints = await self._process.communicate()
            pytest.fail(complaints.decode())
        told = json.loads(line)
        if "refused" in told:
            raise Refused(**told["refused"])
        return told["answer"]


class JavaScriptSdk:
    def __init__(self, node: Node, options: Json) -> None:
        self._node = node
        self._options = options

    async def call(self, name: str, /, **args: Any) -> Json:
        return await self._node.answer(client=self._options, call=name, args=args)

    async def request(self, method: str, path: str, body: Json | None = None) -> Json:
        return await self.call("request", method=method.lower(), path=path, body=body)

    async def send(self, upload_id: str, content: str, **part: str) -> Json:
        file = {"filename": "a.txt", "data": content}
        return await self.call("file_uploads.send", file_upload_id=upload_id, file=file, **part)

    async def collect(self, name: str, **args: Any) -> list[Json]:
        return await self.helped("collectPaginatedAPI", name, **args)

    async def helped(self, helper: str, name: str, **args: Any) -> list[Json]:
        found: list[Json] = await self._node.answer(client=self._options, call=name, args=args, helper=helper)
        return found


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Node]:
    if not (NODE / "node_modules/@notionhq/client").exists():
        pytest.fail("@notionhq/client is missing: npm install --prefix tests/node.")
    process = await asyncio.create_subprocess_exec(
        "node", str(NODE / "notionhq.mjs"), stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=_LINE
    )
    yield Node(process)
    assert process.stdin
    process.stdin.close()
    await process.communicate()


class Connect(Protocol):
    def __call__(self, door: Door, version: str, *, retry: bool = True) -> JavaScriptSdk: ...


@pytest.fixture
def connect(node: Node) -> Connect:
    def made(door: Door, version: str, *, retry: bool = True) -> JavaScriptSdk:
        options: Json = {"auth": door.token, "baseUrl": door.base_url, "notionVersion": version}
        return JavaScriptSdk(node, options if retry else {**options, "retry": False})

    return made


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_call_in_each_version(target: Target, connect: Connect, version: str) -> None:
    await call_all(target, connect(target.door, version), version)


@promises.every_refusal
async def test_a_refusal_is_a_typed_error(target: Target, connect: Connect, refusal: promises.Refusal) -> None:
    await promises.is_a_typed_error(target, connect, refusal)


async def test_a_rate_limit_is_told(target: Target, connect: Connect) -> None:
    await promises.a_rate_limit_is_told(target, connect)


async def test_a_rate_limit_is_waited_for(target: Target, connect: Connect) -> None:
    await promises.a_rate_limit_is_waited_for(target, connect)


async def test_only_a_read_is_made_again_after_a_failure(target: Target, connect: Connect) -> None:
    await promises.only_a_read_is_made_again_after_a_failure(target, connect)


async def test_a_body_that_is_too_large(target: Target, connect: Connect) -> None:
    await promises.a_body_too_large_has_no_code(target, connect(target.door, NEW))


async def test_lists_are_whole(target: Target, connect: Connect) -> None:
    await promises.lists_are_whole(target, connect(target.door, NEW))


async def test_one_query_tells_so_many_rows(target: Target, connect: Connect) -> None:
    await promises.one_query_tells_so_many_rows(target, connect(target.door, NEW))


async def test_an_overload_is_waited_for(target: Target, connect: Connect) -> None:
    target.instance.faults.add(Fault(path="/v1/users/me", kind="status", status=529, retry_after=0))
    assert (await connect(target.door, NEW).call("users.me"))["type"] == "bot"
    assert target.statuses() == [529, 200]


async def test_the_iterator_tells_what_the_collector_tells(target: Target, connect: Connect) -> None:
    sdk = connect(target.door, NEW)
    for name, asked in (("search", {}), ("blocks.children.list", {"block_id": lighthouse.ROADMAP})):
        one_by_one = await sdk.helped("iteratePaginatedAPI", name, **asked, page_size=3)
        assert one_by_one == await sdk.collect(name, **asked)


async def test_the_helper_for_all_rows_goes_past_the_cap(target: Target, connect: Connect) -> None:
    sdk = connect(target.door, NEW)
    query = {"data_source_id": lighthouse.TASKS_SOURCE}
    whole = await sdk.collect("data_sources.query", **query)
    target.instance.row_limit = 10
    rows = await sdk.helped("collectAllDataSourceRows", "data_sources.query", **query)
    assert len(rows) == len(whole) > 30
    assert {each["id"] for each in rows} == {each["id"] for each in whole}

"""`notion-client`, the Python client, as it comes from PyPI."""

import asyncio
from collections.abc import AsyncIterator
from operator import attrgetter
from typing import Any

import pytest

from ivgraph_auth.sandbox.app import Fault
from ivgraph_auth.sandbox.content import lighthouse
from tests.interop import promises
from tests.interop.notion_target import Connect, Door, Refused, Sdk, Target
from tests.interop.walk import call_all
from tests.interop.walk_further import bare
from tests.sandbox.api import NEW, VERSIONS
from tests.support.service import Json

notion_client = pytest.importorskip("notion_client", reason="comes with the interop extra")
errors = pytest.importorskip("notion_client.errors")
helpers = pytest.importorskip("notion_client.helpers")

pytestmark = pytest.mark.interop


class PythonSdk:
    def __init__(self, client: Any) -> None:
        self._client = client

    async def call(self, name: str, /, **args: Any) -> Json:
        return await _told(attrgetter(name)(self._client)(**args))

    async def request(self, method: str, path: str, body: Json | None = None) -> Json:
        return await _told(self._client.request(path, method, body=body))

    async def send(self, upload_id: str, content: str, **part: str) -> Json:
        return await self.call("file_uploads.send", file_upload_id=upload_id, file=("a.txt", content.encode()), **part)

    async def collect(self, name: str, **args: Any) -> list[Json]:
        found: list[Json] = await _told(helpers.async_collect_paginated_api(attrgetter(name)(self._client), **args))
        return found


async def _told(answer: Any) -> Json:
    try:
        return await answer
    except errors.HTTPResponseError as error:
        known = errors.APIResponseError.is_api_response_error(error) and error.code in set(errors.APIErrorCode)
        kind, code = type(error).__name__, str(getattr(error.code, "value", error.code))
        after = error.headers.get("retry-after")
        raise Refused(known, kind, code, str(error), error.status, error.request_id, after) from error


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    opened: list[Any] = []

    def made(door: Door, version: str, *, retry: bool = True) -> Sdk:
        options = {"auth": door.token, "base_url": door.base_url, "notion_version": version, "retry": retry}
        opened.append(notion_client.AsyncClient(**options))
        return PythonSdk(opened[-1])

    yield made
    for client in opened:
        await client.aclose()


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


async def test_an_overload_is_a_status_that_this_client_has_no_code_for(target: Target, connect: Connect) -> None:
    target.instance.faults.add(Fault(path="/v1/users/me", kind="status", status=529))
    refused = await promises.refusal_of(connect(target.door, NEW).call("users.me"))
    assert (refused.status, refused.known, refused.kind) == (529, False, "UnknownHTTPResponseError")
    assert target.statuses() == [529]


async def test_the_client_without_asyncio(target: Target, connect: Connect) -> None:
    """It waits for its answers, so it has a thread of its own."""
    page = {"block_id": lighthouse.ROADMAP, "page_size": 3}

    def read() -> tuple[list[Json], Json]:
        with notion_client.Client(auth=target.door.token, base_url=target.door.base_url, notion_version=NEW) as client:
            return list(helpers.iterate_paginated_api(client.blocks.children.list, **page)), client.users.me()

    blocks, me = await asyncio.to_thread(read)
    sdk = connect(target.door, NEW)
    assert blocks == await sdk.collect("blocks.children.list", block_id=lighthouse.ROADMAP)
    assert bare(me) == bare(await sdk.call("users.me"))

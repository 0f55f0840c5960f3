"""What a request leaves behind goes with it: nothing of it waits for the garbage collector, which seldom looks."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest
from fastapi.exceptions import RequestValidationError
from starlette.types import Message

from ivgraph_auth.app import workers
from ivgraph_auth.core.errors import NotFound
from ivgraph_auth.core.http import HttpClient, UpstreamError
from ivgraph_auth.core.memory import collect_all, collect_recent
from ivgraph_auth.gateway.models import Progress
from ivgraph_auth.web.client_disconnect import cancel_on_disconnect
from ivgraph_auth.web.context import RequestContext
from tests.conftest import MakeService
from tests.support.context import bare_context
from tests.support.service import Service

TIMES = 20
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def service(swept_service: Service) -> Service:
    return swept_service


@contextmanager
def left_behind(kind: type) -> Iterator[list[object]]:
    """Fills with those that only the collector would have freed."""
    found: list[object] = []
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found += [each for each in gc.garbage if isinstance(each, kind)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("path", ["/api/auth/refresh/", "/api/v1/tools/invoke"])
@pytest.mark.parametrize("body", [b"{", b"[]", b'{"refresh": 1}', b"\xff"])
async def test_a_body_that_is_refused_is_freed_at_once(service: Service, path: str, body: bytes) -> None:
    client = await service.browser()
    with left_behind(RequestValidationError) as found:
        for _ in range(TIMES):
            answer = await client.post(path, content=body, headers=JSON)
            assert 400 <= answer.status_code < 500
    assert found == []


async def test_a_call_to_notion_is_freed_at_once(service: Service) -> None:
    client = HttpClient()
    with left_behind(httpx.Request) as found:
        for _ in range(TIMES):
            answer = await client.request("POST", f"{service.sandbox.url}/v1/search", content=b"{}", deadline=60)
            assert answer.status == 401
    await client.close()
    assert found == []


async def test_an_answer_that_is_too_large_is_freed_at_once(service: Service) -> None:
    client = HttpClient()
    with left_behind(httpx.Request) as found:
        for _ in range(TIMES):
            with pytest.raises(UpstreamError, match="too large"):
                await client.request("GET", f"{service.sandbox.url}/v1/users/me", deadline=60, max_bytes=1)
    await client.close()
    assert found == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/api/auth/me/", "/dashboard/", "/notion/v1/users/me", "/health/ready", "/nothing"])
async def test_what_was_known_of_a_request_is_freed_at_once(service: Service, method: str, path: str) -> None:
    client = await service.browser()
    with left_behind(RequestContext) as found:
        for _ in range(TIMES):
            await client.request(method, path)
    assert found == []


async def test_a_call_that_fails_is_freed_at_once() -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        return {}

    async def fail() -> None:
        raise NotFound

    context = bare_context(never)
    with left_behind(NotFound) as found:
        for _ in range(TIMES):
            with suppress(NotFound):
                await cancel_on_disconnect(context, Progress(), fail())
        await asyncio.sleep(0)
    assert found == []


@pytest.fixture
def frozen() -> Iterator[None]:
    """As in a process that `settle` was called in, with a collector that does nothing by itself."""
    gc.disable()
    gc.freeze()
    yield
    gc.unfreeze()
    gc.enable()


class Node:
    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("interval", ["_COLLECT_RECENT_SECONDS", "_COLLECT_ALL_SECONDS"])
async def test_what_holds_itself_is_freed_though_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, make_service: MakeService, interval: str
) -> None:
    monkeypatch.setattr(workers, interval, 0.01)
    await make_service()
    held = Node()
    node = weakref.ref(held)
    if interval == "_COLLECT_ALL_SECONDS":
        gc.collect()  # makes it old
    del held
    assert node() is not None
    async with asyncio.timeout(60):
        while node() is not None:  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0.01)


async def test_a_process_that_is_not_settled_is_left_to_python() -> None:
    gc.disable()
    try:
        node = weakref.ref(Node())
        await collect_recent()
        await collect_all()
        assert node() is not None
    finally:
        gc.enable()

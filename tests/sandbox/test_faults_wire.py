"""The faults that only a real server can play: a task, a socket, and a client that loses patience."""

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from ivgraph_auth.sandbox.app import Call, Fault, Sandbox
from tests.sandbox.kit import Script

pytestmark = pytest.mark.slow

ME = "/v1/users/me"
PATIENCE = 5  # seconds after which a test has failed rather than waits on


@asynccontextmanager
async def served(instance: Sandbox, http: str) -> AsyncIterator[httpx.AsyncClient]:
    """The server has to end by itself, whatever the test left hanging: the exit waits for it without `box.close()`."""
    config = uvicorn.Config(instance.app, http=http, ws="none", log_level="critical", lifespan="on")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        running = asyncio.create_task(server.serve([listening]))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            try:
                yield client
            finally:
                await client.aclose()
                server.should_exit = True
                await asyncio.wait_for(running, PATIENCE)


class Calls(list[Call]):
    """Says when the first call has come in."""

    def __init__(self) -> None:
        super().__init__()
        self._first = asyncio.Event()

    def append(self, call: Call) -> None:
        super().append(call)
        self._first.set()

    async def first(self) -> Call:
        await asyncio.wait_for(self._first.wait(), PATIENCE)
        return self[0]


@pytest.fixture
async def wire(instance: Sandbox, request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    async with served(instance, getattr(request, "param", "httptools")) as client:
        yield client


@pytest.fixture
def calls(instance: Sandbox) -> Calls:
    heard = Calls()
    instance.calls = heard
    return heard


both_protocols = pytest.mark.parametrize("wire", ["httptools", "h11"], indirect=True)


async def test_the_whole_flow_over_a_socket(wire: httpx.AsyncClient) -> None:
    script = Script(wire)
    tokens = await script.pair()
    renewed = (await script.refresh(tokens["refresh_token"])).json()
    assert (await script.me(renewed["access_token"])).json()["id"] == tokens["bot_id"]


@both_protocols
async def test_a_body_too_large_is_answered_over_a_socket(wire: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await wire.post("/v1/oauth/token", content=b" " * 2_000_000, headers=headers)
    assert answer.status_code == 413


@both_protocols
async def test_a_hang_ends_when_the_client_leaves(wire: httpx.AsyncClient, instance: Sandbox, calls: Calls) -> None:
    instance.faults.add(Fault(ME, "hang"))
    waiting = asyncio.create_task(wire.get(ME))
    assert await calls.first() == Call("GET", ME, None, None, "hang")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await wire.get(ME)).status_code == 401


async def test_a_hang_ends_when_the_sandbox_is_closed(wire: httpx.AsyncClient, instance: Sandbox, calls: Calls) -> None:
    instance.faults.add(Fault(ME, "hang", times=2))
    waiting = asyncio.create_task(wire.get(ME))
    await calls.first()
    assert not waiting.done()
    instance.close()
    assert (await waiting).status_code == 503
    assert (await wire.get(ME)).status_code == 503


async def test_a_drip_goes_on_until_the_client_leaves(wire: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(ME, "drip", interval=0))
    async with wire.stream("GET", ME) as answer:
        assert answer.status_code == 200
        drops = answer.aiter_raw()
        seen = b"".join([await anext(drops) for _ in range(5)])
        await drops.aclose()  # type: ignore[attr-defined]
    assert seen.strip() == b""
    assert len(seen) >= 5
    assert (await wire.get(ME)).status_code == 401


async def test_a_drip_ends_when_the_sandbox_is_closed(wire: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(ME, "drip", interval=3600))
    async with wire.stream("GET", ME) as answer:
        drops = answer.aiter_raw()
        assert await anext(drops) == b" "
        instance.close()
        assert [drop async for drop in drops] == []


async def test_a_huge_answer_has_the_size_it_was_told(wire: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(ME, "huge", size=1_000_003))
    answer = await wire.get(ME)
    assert len(answer.content) == 1_000_003 + 2
    assert answer.json() == {}


async def test_a_gzip_bomb_is_small_on_the_wire(wire: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(ME, "gzip", size=10_000_003))
    async with wire.stream("GET", ME) as answer:
        packed = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(packed) < 20_000
    unpacked = gzip.decompress(packed)
    assert len(unpacked) == 10_000_003 + 2
    assert json.loads(unpacked) == {}


async def test_calls_tell_when_they_came_and_who_is_still_held(
    wire: httpx.AsyncClient, instance: Sandbox, calls: Calls
) -> None:
    before = instance.clock.now().timestamp()
    instance.faults.add(Fault(ME, "hang"))
    asked = asyncio.create_task(wire.get(ME))
    assert before <= (await calls.first()).at <= instance.clock.now().timestamp()
    assert instance.held == 1
    asked.cancel()
    while instance.held:
        await wire.get("/v1/users")


async def test_a_huge_answer_ends_when_the_client_leaves(wire: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(ME, "huge", size=10**15))
    async with wire.stream("GET", ME) as answer:
        chunks = answer.aiter_raw()
        taken = len(await anext(chunks))
        await chunks.aclose()  # type: ignore[attr-defined]
    assert taken > 0
    assert (await wire.get(ME)).status_code == 401


@both_protocols
async def test_a_dropped_connection(wire: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(ME, "drop"))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await wire.get(ME)
    assert instance.calls == [Call("GET", ME, None, None, "drop")]
    assert (await wire.get(ME)).status_code == 401


async def test_a_sandbox_may_be_served_again(instance: Sandbox) -> None:
    for _ in range(2):
        async with served(instance, "h11") as client:
            assert (await client.get("/")).status_code == 200
            assert not instance.closed.is_set()
        assert instance.closed.is_set()

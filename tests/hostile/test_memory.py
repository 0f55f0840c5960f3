"""A flood of requests that nobody waits for the answers of: what it takes is little, and comes back."""

import asyncio

import pytest

from tests.hostile.conftest import Target

pytestmark = pytest.mark.slow

FLOODS = 5
SECONDS = 4
REQUESTS = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n" * 500


async def flood(target: Target) -> int:
    """On one connection, whose answers are read and thrown away; the process's memory when it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    end = asyncio.get_running_loop().time() + SECONDS

    async def send() -> None:
        while asyncio.get_running_loop().time() < end:
            writer.write(REQUESTS)
            await writer.drain()

    async def read() -> None:
        while await reader.read(1024 * 1024):
            pass

    reading = asyncio.create_task(read())
    try:
        async with asyncio.timeout(SECONDS):
            await send()
    except TimeoutError:
        pass
    reading.cancel()
    writer.transport.abort()
    assert target.ada.me["name"]
    return target.resident


async def test_memory_comes_back_after_each_flood(target: Target) -> None:
    before = target.resident
    after = [await flood(target) for _ in range(FLOODS)]
    print([held >> 20 for held in [before, *after]], "MiB")  # noqa: T201 -- for who reads along
    assert after[-1] < 1.3 * after[0]
    # Not even the first one may take much: what waits on a connection has a bound.
    assert after[0] < 2 * before
    target.assert_well()

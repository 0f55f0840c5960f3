"""Floods of requests, bodies and connections: what they take is little, and comes back."""

import asyncio

import pytest

from tests.hostile.conftest import Target

pytestmark = pytest.mark.slow

FLOODS = 5
SECONDS = 4
REQUEST = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
REQUESTS = REQUEST * 500
_POST = b"POST /api/v1/tools/invoke HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_TEXT = b'{"toolId": "' + b"x" * 1_000_000
BODY = _POST % len(_TEXT) + _TEXT
HALF_BODY = _POST % len(_TEXT) + _TEXT[:1000]
BODIES = 300
CONNECTIONS = 10_000
AT_ONCE = 500


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


async def flood_with_bodies(target: Target) -> int:
    """Of nobody in particular; the most memory that was held meanwhile."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    most = 0
    for count in range(BODIES):
        writer.write(BODY)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 "), answer
        await reader.readexactly(int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
        if count % 10 == 0:
            most = max(most, target.resident)
    writer.transport.abort()
    return most


async def test_refused_bodies_are_not_kept(target: Target) -> None:
    before = target.resident
    most = await flood_with_bodies(target)
    print(before >> 20, most >> 20, "MiB")  # noqa: T201 -- for who reads along
    # A handful of them at a time, not as many as the collector waits for.
    assert most < before + 32 * len(BODY)
    target.assert_well()


async def test_memory_comes_back_after_many_connections(target: Target) -> None:
    levels = []
    for _ in range(CONNECTIONS // AT_ONCE):
        opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", target.port) for _ in range(AT_ONCE)))
        for number, (_, writer) in enumerate(opened):
            # Some have asked, some are in the middle of it, some have said nothing.
            writer.write((REQUEST, REQUEST[:20], HALF_BODY, b"")[number % 4])
        for _, writer in opened:
            await writer.drain()
            writer.transport.abort()
        assert target.ada.me["name"]
        levels.append(target.resident)
    print([held >> 20 for held in levels], "MiB")  # noqa: T201 -- for who reads along
    assert levels[-1] < 1.3 * levels[0]
    target.assert_well()

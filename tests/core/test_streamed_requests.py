"""Bodies that are sent in pieces as they come: to a server that does not read, and from a source that fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ivgraph_auth.core.http import HttpClient, UpstreamTimeoutError

_PIECE = b"x" * 256 * 1024
_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    made = HttpClient(connections=2)
    yield made
    await made.close()


@asynccontextmanager
async def served(serve: _Serve) -> AsyncIterator[str]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()


async def endless(taken: list[int]) -> AsyncIterator[bytes]:
    while True:
        taken.append(len(_PIECE))
        yield _PIECE


async def test_a_server_that_does_not_read_is_given_up_and_little_was_taken(client: HttpClient) -> None:
    taken: list[int] = []
    over = asyncio.Event()

    async def stuck(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with served(stuck) as url:
        # More calls than there are connections: none of them keeps its own.
        for _ in range(3):
            with pytest.raises(UpstreamTimeoutError):
                await client.request("POST", url, content=endless(taken), deadline=0.2)
        over.set()
    assert sum(taken) < 3 * 64 * len(_PIECE)


async def test_what_the_source_raises_comes_out_and_the_connection_is_free(client: HttpClient) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield _PIECE
        raise LookupError

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024 * 1024):
            pass
        writer.close()

    async with served(read) as url:
        for _ in range(3):
            with pytest.raises(LookupError):
                await client.request("POST", url, content=broken(), deadline=10)

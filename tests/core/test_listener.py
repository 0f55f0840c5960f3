"""Against a server that speaks PostgreSQL's protocol as far as a client is let in, and not a word more."""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from ivgraph_auth.database import listener
from ivgraph_auth.database.listener import Listener

AUTHENTICATED = b"R" + struct.pack("!ii", 8, 0)
VERSION = b"server_version\x0018.0\x00"
TOLD = b"S" + struct.pack("!i", 4 + len(VERSION)) + VERSION
READY = b"Z" + struct.pack("!i", 5) + b"I"
CANCEL = struct.pack("!i", 80877102)


class SilentServer:
    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!i", await reader.readexactly(4))
        if not (await reader.readexactly(length - 4)).startswith(CANCEL):
            writer.write(AUTHENTICATED + TOLD + READY)
            await reader.readexactly(1)
            self.asked.set()
            await reader.read()
            self.left.set()
        writer.close()


@pytest.fixture
async def silent() -> AsyncIterator[tuple[SilentServer, str]]:
    behind = SilentServer()
    async with await asyncio.start_server(behind.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield behind, f"postgresql://nobody:none@127.0.0.1:{port}/none?sslmode=disable"


async def test_a_process_that_ends_while_it_starts_to_listen_leaves_no_connection(
    silent: tuple[SilentServer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_COMMAND_SECONDS", 60)
    server, url = silent
    opening = asyncio.create_task(Listener.open(url, "news", lambda _: None))
    async with asyncio.timeout(5):
        await server.asked.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    async with asyncio.timeout(5):
        await server.left.wait()

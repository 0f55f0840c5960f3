"""Requests without an end: what is too long is refused while it comes, and is never gathered in memory."""

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.hostile.conftest import Target, memory_of
from tests.hostile.wire import Answer, parse

MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE
# Far above what a request may take, far below what would have been gathered.
ROOM = 48 * MEGABYTE

REFRESH = b"POST /api/auth/refresh/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
TOKENS = b"POST /api/tokens/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
NO_BODY_ROUTE = b"POST /api/auth/logout-all/ HTTP/1.1\r\nHost: a\r\n"
NOWHERE = b"PUT /nowhere HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass
class Flood:
    """Sends until all is sent or the other side has had enough; reads at the same time. At a quarter of all it goes on
    only when it has been answered.
    """

    port: int
    pid: int
    sent: int = 0
    sent_at_answer: int | None = None
    received: bytes = b""
    most: int = 0
    cut: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, head: bytes, piece: bytes, total: int, tail: bytes = b"") -> list[Answer]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        reading = asyncio.create_task(self._read(reader))
        async with asyncio.timeout(60):
            try:
                writer.write(head)
                while self.sent < total and not writer.is_closing():
                    if self.sent >= total // 4:
                        await self.answered.wait()
                    writer.write(piece)
                    await writer.drain()
                    if self.sent // MEGABYTE != (self.sent + len(piece)) // MEGABYTE:
                        self.most = max(self.most, memory_of(self.pid))
                    self.sent += len(piece)
                writer.write(tail)
                await writer.drain()
                writer.write_eof()
            except (ConnectionResetError, BrokenPipeError):
                self.cut = True
            await reading
        writer.transport.abort()
        self.most = max(self.most, memory_of(self.pid))
        return parse(self.received)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while piece := await reader.read(65536):
                self.received += piece
                if self.sent_at_answer is None:
                    self.sent_at_answer = self.sent
                    self.answered.set()
        except (ConnectionResetError, BrokenPipeError):
            self.cut = True
        finally:
            self.answered.set()

    def tell(self, before: int) -> None:
        memory = f"{before // MEGABYTE} -> {self.most // MEGABYTE} MiB"
        sent = f"{self.sent / MEGABYTE:.1f} MiB sent, answered after {self.sent_at_answer} bytes, cut: {self.cut}"
        print(f"{sent}, memory {memory}")  # noqa: T201 -- for who reads along


def chunk(size: int) -> bytes:
    return f"{size:x}\r\n".encode() + b" " * size + b"\r\n"


@pytest.mark.parametrize("head", [REFRESH, TOKENS], ids=["refresh", "tokens"])
async def test_a_gigabyte_that_is_announced_is_refused_unread(target: Target, head: bytes) -> None:
    flood = Flood(target.port, target.serve.pid)
    answers = await flood.run(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % GIGABYTE, b"", 0)
    assert [answer.status for answer in answers] == [413]
    assert answers[0].media_type == "application/problem+json"
    target.assert_well()


async def test_who_asks_first_whether_to_send_a_gigabyte_is_told_no(target: Target) -> None:
    flood = Flood(target.port, target.serve.pid)
    head = REFRESH + b"Content-Length: %d\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n" % GIGABYTE
    assert [answer.status for answer in await flood.run(head, b"", 0)] == [413]
    assert b"100 Continue" not in flood.received
    target.assert_well()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "piece", "tail", "status"),
    [
        (REFRESH + CHUNKED, chunk(65536), b"0\r\n\r\n", 413),
        (TOKENS + CHUNKED, chunk(65536), b"0\r\n\r\n", 413),
        (REFRESH + CHUNKED, chunk(16) * 4096, b"0\r\n\r\n", 413),
        (REFRESH + CHUNKED + b"%x\r\n" % GIGABYTE, b" " * 65536, b"\r\n0\r\n\r\n", 413),
        (REFRESH + b"Content-Length: %d\r\n\r\n" % GIGABYTE, b" " * 65536, b"", 413),
        (NO_BODY_ROUTE + CHUNKED, chunk(65536), b"0\r\n\r\n", 401),
        (NOWHERE + CHUNKED, chunk(65536), b"0\r\n\r\n", 404),
    ],
    ids=["refresh", "tokens", "small-chunks", "one-chunk", "announced", "route-without-body", "nowhere"],
)
async def test_a_gigabyte_that_comes_is_refused_early_and_not_kept(
    target: Target, head: bytes, piece: bytes, tail: bytes, status: int
) -> None:
    before = target.resident
    flood = Flood(target.port, target.serve.pid)
    answers = await flood.run(head, piece, GIGABYTE, tail)
    flood.tell(before)
    assert [answer.status for answer in answers] == [status]
    # Read to its end, or hung up on; with the connection left open, it is read, and the answer is not lost on the way.
    assert flood.sent_at_answer is not None
    assert flood.sent_at_answer <= GIGABYTE // 4 + len(piece)
    assert flood.most < before + ROOM
    target.assert_well()


HEAD = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (HEAD + b"X-Long: ", b"x" * 65536),
        (HEAD, b"X-Many: x\r\n" * 6000),
        (HEAD + b"X", b"x" * 65536),
        (b"GET /", b"x" * 65536),
        (b"GET /health/live?", b"x" * 65536),
        (REFRESH + CHUNKED + b"0\r\n", b"X-Trailer: x\r\n" * 4000),
        (REFRESH + CHUNKED + b"0\r\nX-Trailer: ", b"x" * 65536),
        (REFRESH + CHUNKED + b"1;x=", b"x" * 65536),
    ],
    ids=["header-value", "headers", "header-name", "path", "query", "trailers", "trailer-value", "chunk-extension"],
)
async def test_a_head_without_an_end_is_not_kept(target: Target, head: bytes, piece: bytes) -> None:
    before = target.resident
    flood = Flood(target.port, target.serve.pid)
    answers = await flood.run(head, piece, 24 * MEGABYTE)
    flood.tell(before)
    assert flood.sent < 24 * MEGABYTE, "nobody stopped it"
    assert {answer.status for answer in answers} <= {400, 413, 414, 431}
    assert flood.most < before + ROOM
    target.assert_well()

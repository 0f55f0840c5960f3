"""HTTP/1.1 by hand: what no client library would send, and answers as they come off the socket."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*")
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def from_below(self) -> bool:
        """The HTTP parser's own refusal, of what is not HTTP: no request ever came to be."""
        return (self.status, self.media_type) == (400, "text/plain") and "x-request-id" not in self.headers


def parse(received: bytes, method: str = "") -> list[Answer]:
    """All answers of a connection, one after the other; an unfinished one raises ValueError."""
    found = []
    while received:
        head, end, received = received.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        status = _STATUS.fullmatch(first)
        if not status or not end:
            raise ValueError(head[:200])
        headers = {}
        for line in lines:
            name, _, value = line.decode("latin-1").partition(": ")
            headers[name.lower()] = value
        # uvicorn's parser refuses without regard to the method, with a body to HEAD too.
        bare = (method == "HEAD" and "x-request-id" in headers) or status[1] in {b"100", b"204", b"304"}
        if not bare and headers.get("transfer-encoding") == "chunked":
            body, received = _read_chunks(received)
            found.append(Answer(int(status[1]), headers, body))
            continue
        length = 0 if bare else int(headers.get("content-length", "0"))
        if len(received) < length:
            raise ValueError(received[-200:])
        found.append(Answer(int(status[1]), headers, received[:length]))
        received = received[length:]
    return [answer for answer in found if answer.status != 100]


def _read_chunks(received: bytes) -> tuple[bytes, bytes]:
    """RFC 9112 §7.1: the body, and what follows. One that does not end raises ValueError."""
    body = b""
    while True:
        size, end, received = received.partition(b"\r\n")
        length = int(size, 16)
        piece, close, received = received[:length], received[length : length + 2], received[length + 2 :]
        if not end or close != b"\r\n":
            raise ValueError(piece[-200:])
        if not length:
            return body, received
        body += piece


async def exchange(port: int, request: bytes, *, method: str = "", whole: bool = True) -> list[Answer]:
    """Sends it on a connection of its own, reads to the end. What is not `whole` is followed by the end of what we say,
    so that nobody waits for the rest.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        writer.write(request)
        await writer.drain()
        if not whole:
            # It may have answered and hung up by then; what it said is read all the same.
            with suppress(OSError):
                writer.write_eof()
        while piece := await asyncio.wait_for(reader.read(_PIECE), 30):
            received += piece
    except (ConnectionResetError, BrokenPipeError):
        # It answered and hung up before it had read all of it.
        pass
    finally:
        writer.transport.abort()
    return parse(received, method)

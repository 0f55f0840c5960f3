"""How long a connection has kept us waiting, seen from look to look: to note times at each request would cost more."""

import asyncio
from enum import Enum, auto

from ivgraph_auth.web.deadlines import Deadlines


class Awaited(Enum):
    NOTHING = auto()  # it is we who have something to do
    HEAD = auto()
    BODY = auto()
    NEXT_REQUEST = auto()


class ReadTimer:
    """Since when something has been awaited from the other side."""

    def __init__(self) -> None:
        self._awaited: tuple[Awaited, int] | None = None
        self._since = self._moved = 0.0

    def is_overdue(self, awaited: Awaited, request: int, now: float, deadlines: Deadlines, *, moved: bool) -> bool:
        """`request` counts them. `moved`: since the last look something has come, or nothing could."""
        if (awaited, request) != self._awaited:
            self._awaited = (awaited, request)
            self._since = self._moved = now
        elif moved:
            self._moved = now
        waited = now - self._since
        if awaited is Awaited.HEAD:
            return waited > deadlines.head
        if awaited is Awaited.BODY:
            return waited > deadlines.body or now - self._moved > deadlines.body_stall
        return awaited is Awaited.NEXT_REQUEST and waited > deadlines.keep_alive


class WriteTimer:
    """Since when the other side has not taken what we wrote."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._size = 0
        self._since = self._moved = 0.0

    def is_overdue(self, now: float, deadlines: Deadlines) -> bool:
        size = self._transport.get_write_buffer_size()
        if not self._size:
            self._since = self._moved = now
        elif size < self._size:
            self._moved = now
        self._size = size
        return bool(size) and (now - self._moved > deadlines.answer_stall or now - self._since > deadlines.answer)

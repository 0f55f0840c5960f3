"""How long a connection may keep us waiting, and the look over all of them once a second."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Protocol
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds. What has run out is found at the next look, so up to `look` later."""

    keep_alive: float = 75.0  # between an answer and the first byte of the next request
    head: float = 60.0  # from a head's first byte to its end; for a connection's first one, from its opening
    body_stall: float = 60.0  # while nothing of a body arrives
    body: float = 300.0  # from a head's end to its body's
    answer_stall: float = 60.0  # while nothing of an answer is taken
    answer: float = 300.0  # while some of an answer waits to be taken
    look: float = 1.0


class Watched(Protocol):
    def look(self, now: float) -> None:
        """Ends the connection when it has kept us waiting for too long."""


class Watch:
    """One timer for all connections of a server, which rests while there are none. A timer for each request would cost
    more than all else that is done here; looking at ten thousand connections takes a few milliseconds.
    """

    _of: ClassVar[WeakKeyDictionary[ServerState, "Watch"]] = WeakKeyDictionary()

    def __init__(self, connections: Collection[Watched], loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._connections = connections
        self._loop = loop
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def over(cls, server: ServerState, loop: asyncio.AbstractEventLoop, seconds: float) -> "Watch":
        watch = cls._of.get(server)
        if watch is None:
            watch = cls._of[server] = cls(server.connections, loop, seconds)  # type: ignore[arg-type]  # all are ours
        return watch

    def go_on(self) -> None:
        if self._timer is None and self._connections:
            self._timer = self._loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._loop.time()
        # A copy: who is ended may leave the set at once.
        for connection in list(self._connections):
            connection.look(now)
        self.go_on()

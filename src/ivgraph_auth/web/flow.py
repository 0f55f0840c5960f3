"""When a connection's socket is read, and how long an answer waits to be taken."""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl

from ivgraph_auth.web.deadlines import Deadlines


class Flow(FlowControl):
    """uvicorn's, which reads on whenever an application asks for its body. While `held` it does not: what has arrived
    already waits for its turn.
    """

    held = False

    def hold(self) -> None:
        self.held = True
        self.pause_reading()

    def release(self) -> None:
        self.held = False
        self.resume_reading()

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()


class Untaken:
    """The part of an answer that the other side has not taken yet, as seen from look to look."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._size = 0
        self._since = self._moved = 0.0

    def waits_too_long(self, now: float, deadlines: Deadlines) -> bool:
        size = self._transport.get_write_buffer_size()
        if not self._size:
            self._since = self._moved = now
        elif size < self._size:
            self._moved = now
        self._size = size
        return bool(size) and (now - self._moved > deadlines.answer_stall or now - self._since > deadlines.answer)

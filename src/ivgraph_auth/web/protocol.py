"""The HTTP server under us: uvicorn's protocol on httptools, with bounds.

What uvicorn leaves open and this closes: heads of any length, an offer to upgrade that costs the body, any number of
requests that wait on one connection, and connections on which nothing more comes or goes.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from ivgraph_auth.web.deadlines import Deadlines, Watch
from ivgraph_auth.web.flow import Flow
from ivgraph_auth.web.stopping import EXTENSION, Stopping
from ivgraph_auth.web.timeouts import Awaited, ReadTimer, WriteTimer

_MOST_HEAD_BYTES = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """Reads one request at a time: what has arrived behind it stays unread until its answer has left, and no more is
    taken from the socket meanwhile.
    """

    flow: Flow

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        deadlines: Deadlines,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadlines = deadlines
        self._extensions: Any = {EXTENSION: Stopping.of(server_state)}
        self._unread, self._at = b"", 0
        self._gathered = 0
        self._in_message = self._in_head = False
        self._heads = 0
        # The request under way while the next one waits, which then is uvicorn's `cycle`.
        self._before: RequestResponseCycle | None = None
        # What ends the connection once the answers that are due have left.
        self._refusal = b""
        self._read_timer = ReadTimer()
        self._body_moved = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = Flow(transport)
        self._write_timer = WriteTimer(transport)
        Watch.over(self.server_state, self.loop, self._deadlines.look).go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread = b""
        if self._before and not self._before.response_complete:
            self._before.disconnected = True
            self._before.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._extensions[EXTENSION].begin()
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        self._unread = self._unread[self._at :] + data if self._unread else data
        self._at = 0
        self._continue_reading()

    def _continue_reading(self) -> None:
        """As far as the end of a request that is still to be answered."""
        while self._at < len(self._unread) and not self.transport.is_closing():
            if self._refusal or self.pipeline or self._is_answering():
                self.flow.hold()
                return
            # Up to where a head or a chunked body may end, so that at most one further request begins in it.
            end = self._unread.find(_END_OF_HEAD, self._at)
            piece = self._unread[self._at :] if end < 0 else self._unread[self._at : end + len(_END_OF_HEAD)]
            self._at += self._feed(piece)
        self._unread = b""
        if self.flow.held:
            self.flow.release()

    def _is_answering(self) -> bool:
        """A request has arrived whole, and its answer has not left whole."""
        return not self._in_message and self.cycle is not None and not self.cycle.response_complete

    def _feed(self, piece: bytes) -> int:
        """Answers how many bytes were read."""
        read = len(piece)
        self._gathered += read
        try:
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as offer:
                read = offer.args[0]
                self._ignore_upgrade()
        except httptools.HttpParserError:
            self._refuse(400, "Invalid HTTP request received.")
        else:
            if self._gathered > _MOST_HEAD_BYTES:
                self._refuse(400, "Request head too long.")
        return read

    def _ignore_upgrade(self) -> None:
        """RFC 9110 §7.8: an upgrade that is not taken is ignored. The parser takes a head that offers one for the last
        thing on the connection in HTTP, whatever follows. So another parser is given the same head without the offer,
        from what the first one has read in it, and reads on where that one stopped.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if method == b"CONNECT":
            # Not an offer: what follows is for the other end of a tunnel.
            self._refuse(400, "CONNECT is for proxies.")
            return
        lines = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        head = b"\r\n".join([b"%b %b HTTP/%b" % (method, self.url, version.encode()), *lines, b"", b""])
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(head)

    def on_message_begin(self) -> None:
        self._in_message = self._in_head = True
        super().on_message_begin()
        self.scope.update({"extensions": self._extensions})

    def on_header(self, name: bytes, value: bytes) -> None:
        # RFC 9110 §6.5.1: a trailer is no header. §5.5: blanks around a value are none of it.
        if self._in_head:
            super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        self._gathered = 0
        if self.parser.should_upgrade():
            return
        self._in_head = False
        self._heads += 1
        before = self.cycle
        super().on_headers_complete()
        self._before = before if self.pipeline else None

    def on_body(self, body: bytes) -> None:
        self._gathered = 0
        self._body_moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._gathered = 0
        if self._in_head:
            # A head with an offer, which is read once more.
            return
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Without uvicorn's timer for what comes next: `look` sees to that."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self._refusal:
            self._end_with(self._refusal)
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._before = None
            self._start_asgi_task(cycle, app)
        if self._unread:
            self._continue_reading()
        else:
            self.flow.resume_reading()

    def _refuse(self, status: int, message: str) -> None:
        """In the words of what is below the service, as no request came to be. The connection ends."""
        in_body = self._in_message and not self._in_head
        refusal = self._response(status, message)
        if in_body and not self.pipeline:
            if self.cycle.response_started:
                self.transport.close()
            else:
                self._end_with(refusal)
        elif self.cycle is None or self.cycle.response_complete:
            self._end_with(refusal)
        else:
            self.pipeline.clear()
            self._refusal = refusal

    def _end_with(self, refusal: bytes) -> None:
        self.transport.write(refusal)
        self.transport.close()

    def _response(self, status: int, message: str) -> bytes:
        own = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(message)), "connection": "close"}
        headers = [
            *self.server_state.default_headers,
            *((name.encode(), value.encode()) for name, value in own.items()),
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        return b"".join([STATUS_LINE[status], *lines, b"\r\n", message.encode()])

    def look(self, now: float) -> None:
        """Once a second: ends what has kept us waiting for too long."""
        if self._write_timer.is_overdue(now, self._deadlines):
            self.transport.abort()
            return
        awaited = self._find_awaited()
        moved, self._body_moved = self._body_moved or self._cannot_move(), False
        if (
            not self._read_timer.is_overdue(awaited, self._heads, now, self._deadlines, moved=moved)
            or self.transport.is_closing()
        ):
            return
        if self._in_message:
            self._refuse(408, "The request did not arrive in time.")
        else:
            self.transport.close()

    def _find_awaited(self) -> Awaited:
        if self._refusal or self.flow.held or self._is_answering():
            return Awaited.NOTHING
        if self._in_message and not self._in_head:
            return Awaited.BODY
        # A connection that was opened is for a request.
        return Awaited.HEAD if self._in_head or not self._heads else Awaited.NEXT_REQUEST

    def _cannot_move(self) -> bool:
        """The client has been told to wait, or has sent as much as is taken at a time."""
        return self.flow.read_paused or (self.cycle is not None and self.cycle.waiting_for_100_continue)

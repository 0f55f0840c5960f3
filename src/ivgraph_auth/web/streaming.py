"""Answers that are sent while they are made: one large JSON text, or events (HTML standard, server-sent events)."""

import zlib
from collections.abc import AsyncIterator, Mapping

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ivgraph_auth.web.context import RequestContext

EVENTS = "text/event-stream"
# Keeps proxies from ending a connection on which nothing happens.
HEARTBEAT = b":\n\n"
_JSON = "application/json"
_GZIP = zlib.MAX_WBITS | 16
_LEVEL = 1


class _Stream(StreamingResponse):
    """When `pieces` raises, the connection ends, and no client takes what it has for the whole."""

    def __init__(
        self, context: RequestContext, account_id: int, pieces: AsyncIterator[bytes], headers: Mapping[str, str]
    ) -> None:
        super().__init__(pieces, headers=headers)
        self._streams = context.services.streams
        self._account_id = account_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises TooManyStreams, before anything is sent."""
        with self._streams.hold(self._account_id):
            await super().__call__(scope, receive, send)


def stream_json(context: RequestContext, account_id: int, pieces: AsyncIterator[bytes]) -> Response:
    """One JSON text, with gzip where the client takes it."""
    headers = {"Content-Type": _JSON, "Vary": "Accept-Encoding"}
    if _takes_gzip(context):
        headers["Content-Encoding"] = "gzip"
        pieces = _compress(pieces)
    return _answer(context, account_id, pieces, headers)


def stream_events(context: RequestContext, account_id: int, events: AsyncIterator[bytes]) -> Response:
    """Not packed, and not gathered by nginx: each is to arrive when it is sent."""
    headers = {"Content-Type": EVENTS, "X-Accel-Buffering": "no", "Vary": "Accept"}
    return _answer(context, account_id, events, headers)


def _answer(
    context: RequestContext, account_id: int, pieces: AsyncIterator[bytes], headers: dict[str, str]
) -> Response:
    if context.method == "HEAD":
        # The same headers, and so no length: nobody knows it before all of it has been sent.
        return StreamingResponse(iter(()), headers=headers)
    return _Stream(context, account_id, pieces, headers)


def takes_events(context: RequestContext) -> bool:
    return any(item.partition(";")[0].strip() == EVENTS for item in context.text_header(b"accept").lower().split(","))


def event(name: str, data: bytes) -> bytes:
    """`data` is JSON, in one line."""
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def _takes_gzip(context: RequestContext) -> bool:
    """RFC 9110 §12.5.3. A weight of 0 refuses."""
    for item in context.text_header(b"accept-encoding").lower().split(","):
        coding, _, weight = item.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return not weight or bool(weight.replace(" ", "").removeprefix("q=").strip("0."))
    return False


async def _compress(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    async for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()

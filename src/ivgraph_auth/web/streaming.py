"""Answers that are sent while they are made."""

import zlib
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from ivgraph_auth.web.context import RequestContext

_GZIP = zlib.MAX_WBITS | 16
_LEVEL = 1


def stream_json(context: RequestContext, pieces: AsyncIterator[bytes]) -> Response:
    """One JSON text, with gzip where the client takes it. When `pieces` raises, the connection ends, and with it an
    answer that no client takes for whole: neither its last chunk nor the end of its JSON has come.
    """
    headers = {"Vary": "Accept-Encoding"}
    if context.method == "HEAD":
        return Response(media_type="application/json", headers=headers)
    if _takes_gzip(context):
        headers["Content-Encoding"] = "gzip"
        pieces = _compress(pieces)
    return StreamingResponse(pieces, media_type="application/json", headers=headers)


def _takes_gzip(context: RequestContext) -> bool:
    """RFC 9110 §12.5.3. A weight of 0 refuses."""
    for item in context.text_header(b"accept-encoding").lower().split(","):
        coding, _, weight = item.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "").removeprefix("q=").strip("0.") != "" or not weight
    return False


async def _compress(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    async for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()

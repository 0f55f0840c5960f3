"""A request's body, read while it arrives by a route that passes it on."""

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException  # noqa: TID251 -- `body_limit.py` raises it
from starlette.types import Receive

from ivgraph_auth.gateway.errors import BodyCutShort
from ivgraph_auth.notion.streamed_body import StreamedBody
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.http_errors import ContentTooLarge


def stream_body(context: RequestContext, account_id: int, receive: Receive) -> StreamedBody:
    """Its pieces raise BodyCutShort, ContentTooLarge; its place TooManyStreams, since an account has some at once."""
    declared = context.header(b"content-length")
    return StreamedBody(
        _read(receive),
        length=int(declared) if declared else None,
        content_type=context.text_header(b"content-type"),
        place=context.services.streams.hold(account_id),
    )


async def _read(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        try:
            message = await receive()
        except HTTPException as too_long:
            raise ContentTooLarge from too_long
        if message["type"] == "http.disconnect":
            raise BodyCutShort
        if body := message.get("body", b""):
            yield body
        more = message.get("more_body", False)

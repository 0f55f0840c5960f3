"""How large a body may be: each route's policy says."""

from starlette.exceptions import HTTPException  # noqa: TID251 -- FastAPI lets only this through while it reads a body
from starlette.types import Message, Receive, Send

from ivgraph_auth.web.context import Handler, RequestContext
from ivgraph_auth.web.errors.http_errors import ContentTooLarge
from ivgraph_auth.web.errors.renderer import render


class LimitBody:
    """Refuses by Content-Length before a byte is read, and chunked bodies as soon as they are too long."""

    def __init__(self, following: Handler) -> None:
        self._following = following

    async def __call__(self, context: RequestContext, receive: Receive, send: Send) -> None:
        most = context.policy.body_limit
        declared = context.header(b"content-length")
        # int() of more digits would take long, and raise past 4,300 of them.
        if declared is not None and (not declared.isdigit() or int(declared[:20]) > most):
            await render(context, ContentTooLarge())(context.scope, receive, send)
            return
        size = 0

        async def receive_limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise HTTPException(ContentTooLarge.status)
            return message

        await self._following(context, receive_limited, send)

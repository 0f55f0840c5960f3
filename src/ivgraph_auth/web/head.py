"""HEAD (RFC 9110 §9.3.2): answered as GET would be, wherever GET answers; the HTTP server leaves the body out."""

from starlette.responses import Response
from starlette.types import Receive, Send

from ivgraph_auth.web.context import Handler, RequestContext

# RFC 9110 §14.2: a range has no meaning for HEAD.
_FOR_GET_ALONE = frozenset({b"range", b"if-range"})


class AnswerHead:
    """HEAD is safe (RFC 9110 §9.2.1), and programs that look at links before people follow them send it. Where GET
    spends what can be spent once, it answers 200 and does nothing.
    """

    def __init__(self, following: Handler) -> None:
        self._following = following

    async def __call__(self, context: RequestContext, receive: Receive, send: Send) -> None:
        if context.method == "HEAD":
            if not context.policy.safe_get:
                await Response(media_type="text/html")(context.scope, receive, send)
                return
            context.ask_with("GET", [item for item in context.headers if item[0] not in _FOR_GET_ALONE])
        await self._following(context, receive, send)

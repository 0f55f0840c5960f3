"""HEAD (RFC 9110 §9.3.2): answered as GET would be, wherever GET answers; the HTTP server leaves the body out."""

from collections.abc import Collection

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

# RFC 9110 §14.2: a range has no meaning for HEAD.
_FOR_GET_ALONE = frozenset({b"range", b"if-range"})


class AnswerHead:
    """`unsafe` are paths where GET spends what can be spent once. HEAD is safe (RFC 9110 §9.2.1), and programs that
    look at links before people follow them send it: there it answers 200 and does nothing.
    """

    def __init__(self, app: ASGIApp, *, unsafe: Collection[str]) -> None:
        self._app = app
        self._unsafe = frozenset(unsafe)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
        elif scope["path"].removesuffix("/") in self._unsafe:
            await Response(media_type="text/html")(scope, receive, send)
        else:
            headers = [item for item in scope["headers"] if item[0] not in _FOR_GET_ALONE]
            as_get = {**scope, "method": "GET", "headers": headers}
            try:
                await self._app(as_get, receive, send)
            finally:
                # What was found out on the way, such as the route, is read by those who count and log.
                scope.update(as_get, method="HEAD", headers=scope["headers"])

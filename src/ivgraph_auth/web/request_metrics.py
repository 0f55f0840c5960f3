"""The counting of requests for Prometheus; left out when IVGRAPH_METRICS is off."""

from starlette.types import Message, Receive, Send

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.web.context import Handler, RequestContext

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountRequests:
    """The outermost of all: counts what was answered, however it came about."""

    def __init__(self, following: Handler, metrics: Metrics, clock: Clock) -> None:
        self._following = following
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, context: RequestContext, receive: Receive, send: Send) -> None:
        status = 0

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._following(context, receive, send_and_see)
        finally:
            # None when the client left before it was answered.
            if status:
                method = context.method if context.method in _METHODS else "other"
                seconds = self._clock.monotonic() - context.started
                self._metrics.count_request(context.template, method, status, seconds)

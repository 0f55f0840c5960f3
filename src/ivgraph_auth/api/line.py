"""The connection to whoever waits for a call to Notion: when it is gone, so is the call."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from ivgraph_auth.core.errors import InvalidRequest
from ivgraph_auth.core.principal import Caller
from ivgraph_auth.gateway.models import Progress

IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_SECONDS = re.compile(r"[1-9][0-9]{0,2}")
_T = TypeVar("_T")


def seconds_asked(request: Request, *, otherwise: float, most: int) -> float:
    """Raises InvalidRequest."""
    given = request.headers.get("x-ivgraph-timeout")
    if given is None:
        return otherwise
    if not _SECONDS.fullmatch(given) or int(given) > most:
        raise InvalidRequest(f"X-Ivgraph-Timeout should be whole seconds from 1 to {most}.")
    return float(given)


class Line:
    """The connection to the caller of one request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.caller: Caller = request.scope["caller"]
        self.progress = request.scope["progress"] = Progress()

    async def while_there(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Cancels the work when the caller goes away before it is done. Raises ClientDisconnect then."""
        task, gone = asyncio.ensure_future(work), asyncio.ensure_future(self._gone())
        try:
            await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self.progress.caller_gone = True
                raise ClientDisconnect
            return task.result()
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
            # It holds its error, whose traceback holds this frame, and so the request and its body.
            del task

    async def _gone(self) -> None:
        while (await self.request.receive())["type"] != "http.disconnect":
            pass

"""When the client that waits for a call to Notion is gone, so is the call."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect

from ivgraph_auth.gateway.models import Progress
from ivgraph_auth.web.context import RequestContext

_T = TypeVar("_T")


async def cancel_on_disconnect(
    context: RequestContext, progress: Progress, work: Coroutine[Any, Any, _T], *, after: asyncio.Event | None = None
) -> _T:
    """What `work` answers. Cancels it when the client goes away before, notes that in `progress`, and raises
    ClientDisconnect. The body must have been read; where `work` reads it, `after` says when that is over.
    """
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_wait_for_disconnect(context, after))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            progress.caller_gone = True
            raise ClientDisconnect
        return task.result()
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
        # It holds its error, whose traceback holds this frame, and so the request and its body.
        del task


async def _wait_for_disconnect(context: RequestContext, after: asyncio.Event | None) -> None:
    if after:
        await after.wait()
    while (await context.receive())["type"] != "http.disconnect":
        pass

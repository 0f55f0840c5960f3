"""The server of the Model Context Protocol, by the `mcp` package, which is loaded when the rest is ready."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import Receive, Scope, Send

from ivgraph_auth.api.mcp.calls import McpCall
from ivgraph_auth.api.mcp.lists import ListMemo

# Loading takes a second, which nobody should wait for who does not call /mcp.
_PROTOCOL = "ivgraph_auth.api.mcp.protocol"


class McpServer:
    """Any process answers any request: nothing is kept between two. `load_at_start`: not only when first asked."""

    def __init__(self, *, load_at_start: bool) -> None:
        self.lists = ListMemo()
        self._load_at_start = load_at_start
        self._closing = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._sessions: asyncio.Future[Any] | None = None

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Around the application's life."""
        if self._load_at_start:
            self._load()
        try:
            yield
        finally:
            self._closing.set()
            if self._serving:
                await asyncio.wait((self._serving,))

    async def answer(self, call: McpCall, scope: Scope, receive: Receive, send: Send) -> None:
        sessions = await asyncio.shield(self._load())
        await sessions.handle(call, scope, receive, send)

    def _load(self) -> "asyncio.Future[Any]":
        if self._sessions is None:
            self._sessions = asyncio.get_running_loop().create_future()
            # A task of its own: what the package opens must be closed in the task that opened it.
            self._serving = asyncio.create_task(self._serve(self._sessions))
        return self._sessions

    async def _serve(self, ready: "asyncio.Future[Any]") -> None:
        try:
            protocol = await asyncio.to_thread(importlib.import_module, _PROTOCOL)
            async with protocol.open_sessions() as sessions:
                ready.set_result(sessions)
                await self._closing.wait()
        except Exception as failure:
            if ready.done():
                raise
            ready.set_exception(failure)

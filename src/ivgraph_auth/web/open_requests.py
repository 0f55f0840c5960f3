"""Requests that are being answered, so that a shutdown can wait for the last of them."""

import asyncio
from contextlib import suppress


class OpenRequests:
    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()

    def begin(self) -> None:
        self._count += 1

    def end(self) -> None:
        self._count -= 1
        if not self._count:
            self._none.set()

    async def wait_for_none(self, seconds: float) -> None:
        """Until none is open, for so long at most."""
        if not self._count:
            return
        self._none.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._none.wait()

"""That a server is about to stop, told to answers that go on for as long as somebody listens."""

import asyncio
from typing import ClassVar
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

# Its name among the extensions of ASGI's scope.
EXTENSION = "ivgraph_auth.stopping"


class Stopping:
    """A shutdown waits for what is under way. Such an answer would make it wait until its grace is over."""

    _of: ClassVar[WeakKeyDictionary[ServerState, "Stopping"]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    @classmethod
    def of(cls, server: ServerState) -> "Stopping":
        stopping = cls._of.get(server)
        if stopping is None:
            stopping = cls._of[server] = cls()
        return stopping

    def begin(self) -> None:
        self._begun.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it begins within this time."""
        try:
            async with asyncio.timeout(seconds):
                await self._begun.wait()
        except TimeoutError:
            return False
        return True

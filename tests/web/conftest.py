import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ivgraph_auth.web.deadlines import Deadlines
from tests.support.service import run_server

Json = Any
# Long enough for a busy machine to do what is not to be late, short enough to wait for.
SOON = 0.3
LOOK = 0.05
PATIENCE = 60


@dataclass
class App:
    """Answers with the path, method and body of each request, once `goes` is set; one at a time, if all is well."""

    goes: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    headers: list[Json] = field(default_factory=list)  # as they are when the answer begins
    size: int = 0
    running: int = 0
    most_running: int = 0

    async def __call__(self, scope: Json, receive: Callable[[], Awaitable[Json]], send: Any) -> None:
        self.begun.append(scope["path"])
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            body = await self._body(scope, receive)
            if body is not None:
                await self.goes.wait()
                await self._answer(scope, send, body)
        finally:
            self.running -= 1

    async def _body(self, scope: Json, receive: Callable[[], Awaitable[Json]]) -> bytes | None:
        body = b""
        while scope["path"] != "/unread":
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone.append(scope["path"])
                return None
            body += message["body"]
            if not message["more_body"]:
                break
        return body

    async def _answer(self, scope: Json, send: Any, body: bytes) -> None:
        self.headers.append(scope["headers"])
        told = f"{scope['method']} {scope['path']} ".encode() + body + b" " * self.size
        headers = [(b"content-length", b"%d" % len(told)), (b"content-type", b"text/plain"), (b"x-request-id", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})
        self.answered.append(scope["path"])


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 -- there is no event for what is looked at
            await asyncio.sleep(LOOK)


@asynccontextmanager
async def served(app: App, **deadlines: float) -> AsyncIterator[int]:
    """The port. What is not given does not run out."""
    never: dict[str, float] = dict.fromkeys(
        ("keep_alive", "head", "body_stall", "body", "answer_stall", "answer"), 10**6
    )
    async with run_server(app, deadlines=Deadlines(**{**never, "look": LOOK, **deadlines})) as url:
        yield int(url.rpartition(":")[2])
        app.goes.set()

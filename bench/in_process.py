"""CPU time of one process for a request, without a network in front; see README.md.

On a machine that others use too it says more than requests per second do.
"""

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Any

import app_fixtures
import uvloop
import yardsticks
from fixtures import Amount
from loading import CONNECTIONS, Case, Request
from report import BARE
from stage import idle_core, public_port, stage

from ivgraph_auth.app.factory import create_app
from ivgraph_auth.core.config import load_settings
from ivgraph_auth.core.logging import configure_logging

_PATH = Request("GET", "/")
Message = dict[str, Any]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=[], metavar="CASE", help="of all cases")
    parser.add_argument("--algorithm", default="RS256", help="of the keys that sign tokens of apps")
    return parser.parse_args()


class Caller:
    """Sends requests to an ASGI application, as many at once as `wrk` does."""

    def __init__(self, app: Any, requests: Sequence[Request]) -> None:  # noqa: ANN401 -- ASGI's
        self._app = app
        self._made: Iterator[tuple[Message, bytes]] = map(_scope, cycle(requests))
        self.statuses: set[int] = set()

    async def call(self, times: int) -> float:
        """Microseconds of CPU time for each."""
        made = [next(self._made) for _ in range(times)]
        began = time.process_time()
        await asyncio.gather(*(self._call_all(made[number::CONNECTIONS]) for number in range(CONNECTIONS)))
        return (time.process_time() - began) / times * 1e6

    async def _call_all(self, made: Sequence[tuple[Message, bytes]]) -> None:
        for scope, body in made:
            await self._app(scope, _receiver(body), self._send)

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.statuses.add(message["status"])


def _receiver(body: bytes) -> Callable[[], Any]:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if not messages:
            # Nobody leaves: who waits for that is cancelled.
            await asyncio.get_running_loop().create_future()
        return messages.pop()

    return receive


def _scope(request: Request) -> tuple[Message, bytes]:
    body = request.body.encode()
    path, _, query = request.path.partition("?")
    headers = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **request.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", public_port()),
    }, body


def callers(app: Any, cases: Sequence[Case]) -> dict[str, Caller]:  # noqa: ANN401 -- ASGI's
    asked = {case.name: [request for each in case.rounds for request in each] for case in cases}
    return {
        BARE: Caller(yardsticks.bare_fastapi, [_PATH]),
        **{name: Caller(app, requests) for name, requests in asked.items()},
    }


async def measure(asked: argparse.Namespace) -> None:
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    app = create_app(settings)
    enough = Amount(1, 1, asked.calls * asked.rounds / min(app_fixtures.PER_SECOND.values()), crowded=False)
    async with app.router.lifespan_context(app):
        cases = await app_fixtures.make_cases(app.composition, public_port(), enough)
        while app.composition.liveness.trouble:  # noqa: ASYNC110 -- as an operator would, by asking
            await asyncio.sleep(0.1)
        figures: dict[str, list[float]] = {}
        asking = callers(app, cases)
        for _ in range(asked.rounds):
            for name, caller in asking.items():
                if asked.only and name not in (BARE, *asked.only):
                    continue
                figures.setdefault(name, []).append(await caller.call(asked.calls))
        for name, measured in figures.items():
            print(
                f"{name:<32}{statistics.median(measured):>8.0f} \N{MICRO SIGN}s "
                f"({min(measured):.0f} to {max(measured):.0f}) {asking[name].statuses}"
            )


def main() -> None:
    asked = arguments()
    with stage(), idle_core():
        os.environ["IVGRAPH_APP_TOKEN_ALGORITHM"] = asked.algorithm
        uvloop.run(measure(asked))


if __name__ == "__main__":
    main()

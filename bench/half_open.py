"""What a thousand half-open connections do to another client's waiting; see README.md.

Client, crowd and PostgreSQL run on the load's core, the service alone on its own.
"""

import argparse
import asyncio
import itertools
import os
import resource
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvloop
from fixtures import ME, people
from stage import Server, stage

from ivgraph_auth.app.compose.composition import compose
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import load_settings

CONNECTIONS = 8
CROWD = 1_000
# A byte each to so many of them at a time, and then a pause of so many seconds.
DRIBBLE, PAUSE = 10, 0.05
DESCRIPTORS = 8_192
# Seconds: for what comes late after a start, and after the crowd's leaving at once.
WARM_UP, PARTING = 5, 1.5
BEGUN = (
    b"",
    b"GET /api/auth/me/ HT",
    b"GET /api/auth/me/ HTTP/1.1\r\nHost: bench\r\nX-Slow: ",
    b"POST /api/auth/refresh/ HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n",
    b"POST /api/tokens/ HTTP/1.1\r\nHost: bench\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
)
# The first two would no longer be half-open requests, but wrong ones.
DRIBBLING = (2, 3, 4)
OPENED, LEFT = b"opened\n", b"left\n"


class CallInput(NamedTuple):
    due: float
    seconds: float


class Turns(NamedTuple):
    """Seconds a process had of its core, and seconds it wanted it while somebody else had it."""

    had: float
    waited: float

    @classmethod
    def of(cls, pid: int) -> "Turns":
        rows = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        return cls(*(sum(int(row[column]) for row in rows) / 1e9 for column in (0, 1)))

    def since(self, before: "Turns") -> "Turns":
        return Turns(self.had - before.had, self.waited - before.waited)


class Span(NamedTuple):
    began: float
    ended: float
    service: Turns
    client: Turns


class Phases:
    """Spans of time by name, as many of each name as there were crowds."""

    def __init__(self, service: int) -> None:
        self.spans: dict[str, list[Span]] = {}
        self._service = service

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        began, service, client = time.perf_counter(), Turns.of(self._service), Turns.of(os.getpid())
        yield
        turns = Turns.of(self._service).since(service), Turns.of(os.getpid()).since(client)
        self.spans.setdefault(name, []).append(Span(began, time.perf_counter(), *turns))

    def milliseconds(self, name: str, asked: Iterable[CallInput]) -> list[float]:
        spans = self.spans[name]
        return sorted(one.seconds * 1000 for one in asked if any(span.began <= one.due < span.ended for span in spans))

    def seconds(self, name: str) -> float:
        return sum(span.ended - span.began for span in self.spans[name])

    def turns(self, name: str) -> list[float]:
        """Of the time: the service had its core, waited for it, and the client the same."""
        spans = self.spans[name]
        each = [(*span.service, *span.client) for span in spans]
        return [sum(column) / self.seconds(name) for column in zip(*each, strict=True)]


class Client:
    """Asks on kept connections at a fixed rate. A late answer makes those after it late too, and that counts."""

    def __init__(self, port: int, bearers: list[str], per_second: int) -> None:
        self._port = port
        self._bearers = bearers
        self._every = CONNECTIONS / per_second
        self.asked: list[CallInput] = []

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number, bearer in enumerate(self._bearers):
                group.create_task(self._ask(bearer, self._every * number / len(self._bearers)))

    async def _ask(self, bearer: str, offset: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        request = f"GET {ME} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {bearer}\r\n\r\n".encode()
        began = time.perf_counter() + offset
        for number in itertools.count():
            due = began + number * self._every
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise SystemExit(f"{ME}: {head[:300]!r}")
            await reader.readexactly(_length(head))
            self.asked.append(CallInput(due, time.perf_counter() - due))


class Crowd:
    """In its own process: `open` and `leave` come on standard input, and are answered when done."""

    def __init__(self, port: int, per_second: int) -> None:
        self._port = port
        self._every = 1 / per_second if per_second else 0.0
        self._open: list[asyncio.StreamWriter] = []

    async def obey(self) -> None:
        orders = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        while await orders.readline():
            await self._gather()
            dawdling = asyncio.create_task(self._dawdle())
            _say(OPENED)
            await orders.readline()
            dawdling.cancel()
            lost = sum(writer.is_closing() for writer in self._open)
            for writer in self._open:
                writer.transport.abort()
            self._open.clear()
            if lost:
                raise SystemExit(f"{lost} half-open connections were closed by the service")
            _say(LEFT)

    async def _gather(self) -> None:
        began = time.perf_counter()
        for number in range(CROWD):
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(BEGUN[number % len(BEGUN)])
            self._open.append(writer)
            if self._every:
                await asyncio.sleep(max(0.0, began + number * self._every - time.perf_counter()))

    async def _dawdle(self) -> None:
        slow = [writer for number, writer in enumerate(self._open) if number % len(BEGUN) in DRIBBLING]
        for number, writer in enumerate(itertools.cycle(slow)):
            writer.write(b"x")
            if number % DRIBBLE == 0:
                await asyncio.sleep(PAUSE)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=400, help="requests per second of the client")
    parser.add_argument("--seconds", type=float, default=2, help="before each crowd, and while it stands")
    parser.add_argument("--crowds", type=int, default=10, help="one after the other")
    parser.add_argument("--pace", type=int, default=0, help="connections opened per second; 0: as fast as it can")
    parser.add_argument("--nice", type=int, default=0, help="of the crowd's process, which shares the client's core")
    parser.add_argument("--crowd-of", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


async def observe(service: Server, bearers: list[str], asked: argparse.Namespace) -> tuple[Client, Phases]:
    client, phases = Client(service.port, bearers, asked.rate), Phases(service.process.pid)
    crowd = await _start_crowd(service.port, asked)
    asking = asyncio.create_task(client.run())
    await asyncio.sleep(WARM_UP)
    for _ in range(asked.crowds):
        with phases.span("before"):
            await asyncio.sleep(asked.seconds)
        with phases.span("being opened"):
            await _order(crowd, OPENED)
        with phases.span("standing"):
            await asyncio.sleep(asked.seconds)
        with phases.span("leaving"):
            await _order(crowd, LEFT)
            await asyncio.sleep(PARTING)
        if asking.done():
            await asking
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    if crowd.stdin:
        crowd.stdin.close()
    await crowd.wait()
    return client, phases


def report(client: Client, phases: Phases) -> None:
    print(
        f"{'half-open connections':<24}{'requests':>9}{'p50 ms':>8}{'p99 ms':>8}{'most ms':>9}{'p99 to before':>15}"
        f"{'service ran':>13}{'waited':>8}{'client ran':>12}{'waited':>8}"
    )
    base = 0.0
    for name in phases.spans:
        taken = phases.milliseconds(name, client.asked)
        p99 = statistics.quantiles(taken, n=100, method="inclusive")[98]
        base = base or p99
        ran, waited, client_ran, client_waited = phases.turns(name)
        print(
            f"{name:<24}{len(taken):>9}{statistics.median(taken):>8.2f}{p99:>8.2f}{taken[-1]:>9.2f}{p99 / base:>15.2f}"
            f"{ran:>13.0%}{waited:>8.0%}{client_ran:>12.0%}{client_waited:>8.0%}"
        )
    took = phases.seconds("being opened") / len(phases.spans["being opened"])
    print(f"p99 to before: wanted at most 2. Opening {CROWD} connections took {took:.2f} s.")
    print("Waited: for a core that another process had; what is there in `waited` says nothing of the service.")


async def make_bearers() -> list[str]:
    composition = compose(load_settings(), SystemClock())
    try:
        return [one.pairs[0].access for one in await people(composition, CONNECTIONS, sessions=1, tokens=0)]
    finally:
        await composition.close()


def main() -> None:
    asked = arguments()
    if asked.crowd_of:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, DESCRIPTORS) if hard > 0 else DESCRIPTORS, hard))
        os.nice(asked.nice)
        uvloop.run(Crowd(asked.crowd_of, asked.pace).obey())
        return
    with stage() as on:
        # Before the service runs: each change would wait for its confirmation, which nobody hears in this process.
        bearers = asyncio.run(make_bearers())
        service = on.service()
        report(*uvloop.run(observe(service, bearers, asked)))


async def _start_crowd(port: int, asked: argparse.Namespace) -> Process:
    options = ("--crowd-of", str(port), "--pace", str(asked.pace), "--nice", str(asked.nice))
    return await asyncio.create_subprocess_exec(sys.executable, __file__, *options, stdin=PIPE, stdout=PIPE)


async def _order(crowd: Process, done: bytes) -> None:
    if crowd.stdin is None or crowd.stdout is None:
        raise SystemExit("the crowd has no pipes")
    crowd.stdin.write(b"next\n")
    said = await crowd.stdout.readline()
    if said != done:
        raise SystemExit(f"the crowd said {said!r} instead of {done!r}")


def _say(word: bytes) -> None:
    sys.stdout.buffer.write(word)
    sys.stdout.buffer.flush()


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


if __name__ == "__main__":
    main()

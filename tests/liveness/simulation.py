"""The real `Liveness` of several processes in one thread: time, messages and the database move only when told to.

Faked are PostgreSQL (`FakeDatabase`), the wire to it (`Process.ask`) and the clock. They are for `database/engine.py`,
`database/listener.py` and those functions of the repositories that need SQLAlchemy; all else is the service's own.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, TypeVarTuple, cast
from unittest.mock import patch
from uuid import UUID

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.database.listener import Listener, ListenerLost
from ivgraph_auth.liveness import repository
from ivgraph_auth.liveness.member import LEASE_SECONDS
from ivgraph_auth.liveness.models import Invalidation
from ivgraph_auth.liveness.service import Liveness
from ivgraph_auth.processes import repository as processes
from ivgraph_auth.processes.registry import ProcessRegistry

_Ts = TypeVarTuple("_Ts")
ACCOUNTS = (1, 2)
# No transaction of the service lives longer than seconds; far less than invalidations are kept.
LONGEST_TRANSACTION = 60.0


def _interval(statement: str, unit: str) -> float:
    found = re.search(rf"interval '(\d+) {unit}'", statement)
    assert found
    return float(found[1])


# From the statements, so that a change of either side of the promise is seen.
ROW_SECONDS = _interval(processes._RENEW_LEASE, "seconds")
KEPT_SECONDS = 60 * _interval(repository._PENDING, "minutes")


class Loop(asyncio.SelectorEventLoop):
    """Runs what can run now, and returns; its time is the world's."""

    # asyncio's own: what is ready to run, and what waits for its time, the next one first.
    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _clock_resolution: float

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._busy = False
        super().__init__()

    def time(self) -> float:
        return self._now()

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.Handle:
        self._busy = True
        return super().call_soon(callback, *args, context=context)

    def settle(self) -> bool:
        """Whether there was anything to run. Mostly there is not, and to go round once would take longest of all."""
        if not self._ready and not self._due():
            return False
        while True:
            super().call_soon(self.stop)
            self._busy = False
            self.run_forever()
            if not self._busy:
                return True

    def _due(self) -> bool:
        return bool(self._scheduled) and self._scheduled[0].when() < self.time() + self._clock_resolution


@dataclass(eq=False)
class Transaction:
    """Also the connection that a single statement gets."""

    process: "Process"
    invalidations: list[tuple[float, Invalidation]] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)

    async def ask(self, effect: Callable[[], Any]) -> Any:
        return await self.process.ask(self.process.pool, effect, DatabaseUnavailable)


@dataclass(eq=False)
class Request:
    """Waits on its way there, and, once `executed`, on its way back."""

    effect: Callable[[], Any]
    failure: type[Exception]
    answer: asyncio.Future[Any]
    executed: bool = False
    result: Any = None

    def execute(self) -> None:
        self.executed = True
        try:
            self.result = self.effect()
        except (DatabaseUnavailable, ListenerLost) as trouble:
            self.result = trouble

    def reply(self) -> None:
        if self.answer.done():
            return
        if isinstance(self.result, Exception):
            self.answer.set_exception(self.result)
        else:
            self.answer.set_result(self.result)


@dataclass(eq=False)
class Listening:
    """What `Listener` is: a connection with notifications on their way."""

    process: "Process"
    heard: Callable[[str], None]
    lost: bool = False
    inbox: list[str] = field(default_factory=list)

    async def execute(self, statement: str, *values: Any) -> list[Any]:
        def effect() -> list[Any]:
            if self.lost:
                raise ListenerLost
            return self.process.world.execute(statement, *values)

        rows: list[Any] = await self.process.ask(self.process.wire, effect, ListenerLost)
        return rows

    def close(self) -> None:
        self.lost = True
        self.inbox.clear()
        self.process.world.listening.discard(self)


@dataclass(eq=False)
class FakeDatabase:
    """PostgreSQL, the clock, and what was promised."""

    now: float = 1000.0
    up: bool = True
    ids: int = 0
    leases: dict[UUID, float] = field(default_factory=dict)
    invalidations: list[tuple[float, Invalidation]] = field(default_factory=list)
    # What an account is; whoever changed it and was answered was promised that nobody acts on less.
    versions: dict[int, int] = field(default_factory=lambda: dict.fromkeys(ACCOUNTS, 1))
    answered: dict[int, int] = field(default_factory=lambda: dict.fromkeys(ACCOUNTS, 1))
    commits: list[float] = field(default_factory=list)
    listening: set[Listening] = field(default_factory=set)
    processes: "list[Process]" = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def execute(self, statement: str, *values: Any) -> list[Any]:
        if statement == processes._RENEW_LEASE:
            self.leases[values[0]] = self.now + ROW_SECONDS
        elif statement == repository._PENDING:
            recent = [item for made_at, item in self.invalidations if made_at > self.now - KEPT_SECONDS]
            return [{"id": item.id, "account_id": item.account_id} for item in recent]
        elif statement == processes._GIVE_BACK_LEASE:
            self.leases.pop(values[0], None)
        else:
            assert statement == repository._NOTIFY
            self.publish(values[1])
        return []

    def publish(self, payload: str) -> None:
        for listening in self.listening:
            listening.inbox.append(payload)

    def with_lease(self) -> set[UUID]:
        return {process_id for process_id, expires_at in self.leases.items() if expires_at > self.now}

    def add(self, transaction: Transaction, account_id: int) -> Invalidation:
        self.ids += 1
        invalidation = Invalidation(self.ids, account_id)
        transaction.invalidations.append((self.now, invalidation))
        return invalidation

    def commit(self, transaction: Transaction) -> None:
        if any(made_at < self.now - LONGEST_TRANSACTION for made_at, _ in transaction.invalidations):
            raise DatabaseUnavailable
        self.commits.append(self.now)
        for made_at, item in transaction.invalidations:
            self.invalidations.append((made_at, item))
            self.versions[item.account_id] += 1
            transaction.versions[item.account_id] = self.versions[item.account_id]
            self.publish(f"changed {item.id} {item.account_id}")

    def go_down(self) -> None:
        self.up = False
        for listening in list(self.listening):
            listening.close()

    def go_away(self, process: "Process") -> None:
        """As its machine would: without giving anything back."""
        for listening in list(self.listening):
            if listening.process is process:
                listening.close()

    def edges(self) -> list[float]:
        """When something expires."""
        moments = [*self.leases.values(), *(moment + LEASE_SECONDS for moment in self.commits)]
        return sorted({moment for moment in moments if moment > self.now})

    def check(self) -> None:
        for process in self.processes:
            for account, least in self.answered.items():
                known = process.liveness.get(account)
                assert known is None or known >= least, "a process acts on what was answered to be gone"

    def wired(self) -> ExitStack:
        """The service talks to this world until the stack is closed."""

        async def open_listening(url: str, _channel: str, heard: Callable[[str], None]) -> Listening:
            process = next(process for process in self.processes if str(process.id) == url)
            return await process.listen(heard)

        async def add(connection: Any, account_id: int) -> Invalidation:
            found: Invalidation = await connection.ask(lambda: self.add(connection, account_id))
            return found

        async def notify_from(connection: Any, payload: str) -> None:
            await connection.ask(lambda: self.publish(payload))

        async def with_lease(connection: Any) -> set[UUID]:
            found: set[UUID] = await connection.ask(self.with_lease)
            return found

        async def report(connection: Any, *_: Any) -> None:
            await connection.ask(lambda: None)

        stack = ExitStack()
        stack.enter_context(patch.object(Listener, "open", open_listening))
        stack.enter_context(patch.object(repository, "add", add))
        stack.enter_context(patch.object(repository, "notify_from", notify_from))
        stack.enter_context(patch.object(processes, "with_lease", with_lease))
        stack.enter_context(patch.object(processes, "report", report))
        return stack


class Process:
    """A server or a command. It does nothing between two calls: it may be paused at any step, for any time."""

    def __init__(self, world: FakeDatabase, number: int, *, serves: bool) -> None:
        self.world = world
        self.id = UUID(int=number)
        self.loop = Loop(world.clock)
        self.wire: list[Request] = []
        self.pool: list[Request] = []
        self.changes: set[asyncio.Task[None]] = set()
        self.serves = serves
        self.stopping = False
        registry = ProcessRegistry(database=cast("Database", self))
        registry.process_id = self.id
        self.liveness = Liveness(
            database=cast("Database", self), processes=registry, direct_url=str(self.id), boot_clock=world.clock
        )
        world.processes.append(self)
        self.server = self.loop.create_task(self.liveness.run()) if serves else None

    def begin_change(self, account: int) -> None:
        task = self.loop.create_task(self._change(account))
        self.changes.add(task)
        task.add_done_callback(self.changes.discard)
        self.run()
        if not self.serves:
            while self.wire:
                self.go_on(self.wire)

    async def _change(self, account: int) -> None:
        with suppress(DatabaseUnavailable):
            if self.serves:
                await self._make_change(account)
                return
            async with self.liveness.hearing():
                await self._make_change(account)

    async def _make_change(self, account: int) -> None:
        async with self.liveness.change() as change:
            await change.touches(account)
        made = cast("Transaction", change.connection).versions[account]
        self.world.answered[account] = max(made, self.world.answered[account])

    def run(self) -> None:
        if not self.loop.settle():
            return
        if self.server and self.server.done() and not self.server.cancelled():
            self.server.result()
        self.world.check()

    def go_on(self, line: list[Request]) -> None:
        """The oldest request arrives there, or its answer here."""
        self.run()
        if not line:
            return
        if not self.world.up:
            self.fail(line)
        elif line[0].executed:
            line.pop(0).reply()
        else:
            line[0].execute()
        self.run()

    def fail(self, line: list[Request]) -> None:
        """The oldest request is lost, or its answer."""
        request = line.pop(0)
        request.result = request.failure()
        request.reply()
        self.run()

    def hear(self) -> bool:
        for listening in self._listening():
            if listening.inbox:
                listening.heard(listening.inbox.pop(0))
                self.run()
                return True
        return False

    def hear_all(self) -> None:
        while self.hear():
            pass

    def miss(self) -> None:
        for listening in self._listening():
            listening.inbox = [payload for payload in listening.inbox if not payload.startswith("changed")]

    def lose_connection(self) -> None:
        for listening in self._listening():
            listening.close()
        while self.wire:
            self.fail(self.wire)

    def fill(self, account: int) -> None:
        self.liveness.fill(self.liveness.mark(), account, account, self.world.versions[account])
        self.world.check()

    def move(self) -> bool:
        """One thing of what can be done by now."""
        if self.hear():
            return True
        line = self.wire or self.pool
        if line:
            self.go_on(line)
        return bool(line)

    def catch_up(self) -> bool:
        self.run()
        moved = False
        while self.move():
            moved = True
        return moved

    def stop(self) -> None:
        assert self.server
        self.stopping = True
        self.server.cancel()
        self.run()

    def close(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        while tasks:
            for task in tasks:
                task.cancel()
            self.loop.settle()
            for request in self.wire + self.pool:
                request.result = request.failure()
                request.reply()
            self.loop.settle()
            tasks = asyncio.all_tasks(self.loop)
        self.loop.close()

    async def ask(self, line: list[Request], effect: Callable[[], Any], failure: type[Exception]) -> Any:
        request = Request(effect, failure, self.loop.create_future())
        line.append(request)
        return await request.answer

    async def listen(self, heard: Callable[[str], None]) -> Listening:
        listening = Listening(self, heard)
        await self.ask(self.wire, lambda: self.world.listening.add(listening), ListenerLost)
        return listening

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        transaction = Transaction(self)
        yield cast("Connection", transaction)
        await transaction.ask(lambda: self.world.commit(transaction))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        yield cast("Connection", Transaction(self))

    def _listening(self) -> list[Listening]:
        return [listening for listening in self.world.listening if listening.process is self]

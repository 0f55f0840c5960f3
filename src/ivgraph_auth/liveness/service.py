"""Answers from memory that are never stale: a cache under a lease, with confirmed invalidation. See `member.py`."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import structlog

from ivgraph_auth.core.clock import boot_time
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.database.listener import Listener, ListenerLost
from ivgraph_auth.liveness import repository
from ivgraph_auth.liveness.change import Change, Confirmations
from ivgraph_auth.liveness.member import LEASE_SECONDS, RENEWAL_SECONDS, Member
from ivgraph_auth.liveness.models import Invalidation
from ivgraph_auth.processes.registry import ProcessRegistry

_log = structlog.get_logger(__name__)
_HEARING_SECONDS = 1.0


class Liveness:
    """`run` holds the lease. Where it does not run or cannot, nothing is cached, and everything works."""

    def __init__(
        self,
        *,
        database: Database,
        processes: ProcessRegistry,
        direct_url: str,
        boot_clock: Callable[[], float] = boot_time,
    ) -> None:
        self._database = database
        self._processes = processes
        self._direct_url = direct_url
        self._now = boot_clock
        self._member = Member()
        self._expected: dict[int, Confirmations] = {}
        self._to_confirm: list[int] = []
        self._news = asyncio.Event()
        self._heard_own = asyncio.Event()
        self._hearing = False
        self.trouble: str | None = "it has not started"

    def get(self, key: Hashable) -> Any | None:  # noqa: ANN401 -- a cache holds anything
        """What is cached, when it may be used at this very moment."""
        return self._member.get(key, self._now())

    def mark(self) -> int:
        """To be taken before the read whose outcome `fill` stores."""
        return self._member.mark()

    def fill(self, mark: int, account_id: int, key: Hashable, value: object) -> None:
        self._member.fill(mark, account_id, key, value)

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Change]:
        """A transaction. Whoever comes out of the block knows that no process acts on what was before; that takes
        three seconds at most, when one does not confirm. Raises DatabaseUnavailable, also when it may have committed.
        """
        made: list[Invalidation] = []
        try:
            async with self._database.transaction() as connection:
                change = Change(connection, self._expected)
                made = change.invalidations
                yield change
            await self._settle(made)
        finally:
            for invalidation in made:
                # Whatever became of the commit: to drop too much is harmless.
                self._member.apply(invalidation)
                del self._expected[invalidation.id]

    async def run(self) -> None:
        """The heartbeat of this process, with a lease if one can be had. Until it is cancelled."""
        while True:
            try:
                await self._listen()
            except ListenerLost as lost:
                self._tell(str(lost))
                await self._processes.report()
            await asyncio.sleep(RENEWAL_SECONDS)

    @asynccontextmanager
    async def hearing(self) -> AsyncIterator[None]:
        """For a command that changes something: hears who has confirmed it, and holds no lease."""
        try:
            listener = await Listener.open(self._direct_url, repository.CHANNEL, self._on_message)
        except ListenerLost:
            yield
            return
        self._hearing = True
        try:
            yield
        finally:
            self._hearing = False
            listener.close()

    async def trouble_hearing(self) -> str | None:
        """Why a process here would run without its cache; None when it would have it. Takes no lease."""
        try:
            listener = await Listener.open(self._direct_url, repository.CHANNEL, self._on_message)
            try:
                await self._hear_own(self._notify_from_the_pool)
            finally:
                self._hearing = False
                listener.close()
        except ListenerLost as lost:
            return str(lost)
        return None

    async def _settle(self, made: list[Invalidation]) -> None:
        deadline = self._now() + LEASE_SECONDS
        for invalidation in made:
            self._member.apply(invalidation)
        if not made:
            return
        others = await self._others()
        if not others and others is not None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline - self._now()):
                if others is None or not self._hearing:
                    await asyncio.Event().wait()
                for invalidation in made:
                    await self._expected[invalidation.id].all_of(others or set())

    async def _others(self) -> set[uuid.UUID] | None:
        """None when the database does not tell."""
        try:
            return await self._processes.with_lease() - {self._processes.process_id}
        except DatabaseUnavailable:
            return None

    async def _listen(self) -> None:
        listener = await Listener.open(self._direct_url, repository.CHANNEL, self._on_message)
        try:
            # From elsewhere: through a transaction pooler it would by chance be the very connection that listens.
            await self._hear_own(self._notify_from_the_pool)
            await self._hold(listener)
        except asyncio.CancelledError:
            self._member.distrust()
            with suppress(ListenerLost):
                await self._processes.give_back_lease(listener)
            raise
        finally:
            self._hearing = False
            self._member.distrust()
            listener.close()

    async def _hold(self, listener: Listener) -> None:
        while True:
            sent_at = self._now()
            await self._processes.renew_lease(listener)
            # In a statement of its own: in one with the renewal, its snapshot could miss a commit whose author did not
            # see the lease yet.
            pending = await repository.pending(listener)
            await self._hear_own(partial(repository.notify, listener))
            self._to_confirm += [item.id for item in pending if self._member.is_news(item)]
            self._member.renewed(sent_at, self._now(), pending)
            self._tell(None)
            await self._confirm_until(listener, sent_at + RENEWAL_SECONDS)

    async def _notify_from_the_pool(self, payload: str) -> None:
        try:
            async with self._database.read() as connection:
                await repository.notify_from(connection, payload)
        except DatabaseUnavailable as trouble:
            raise ListenerLost(trouble.detail) from trouble

    async def _hear_own(self, notify: Callable[[str], Awaitable[None]]) -> None:
        self._heard_own.clear()
        await notify(f"hear {self._processes.process_id}")
        try:
            async with asyncio.timeout(_HEARING_SECONDS):
                await self._heard_own.wait()
        except TimeoutError:
            raise ListenerLost("notifications do not arrive; is there a transaction pooler between?") from None
        self._hearing = True

    async def _confirm_until(self, listener: Listener, moment: float) -> None:
        while True:
            if self._to_confirm:
                ids, self._to_confirm = self._to_confirm[:500], self._to_confirm[500:]
                await repository.notify(listener, f"applied {self._processes.process_id} {','.join(map(str, ids))}")
                continue
            remaining = moment - self._now()
            if remaining <= 0:
                return
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(remaining):
                    await self._news.wait()

    def _on_message(self, payload: str) -> None:
        match payload.split(" "):
            case ["changed", invalidation_id, account_id]:
                self._member.apply(Invalidation(int(invalidation_id), int(account_id)))
                if int(invalidation_id) not in self._expected:
                    self._to_confirm.append(int(invalidation_id))
                    self._news.set()
            case ["applied", process_id, ids]:
                for own in self._expected.keys() & set(map(int, ids.split(","))):
                    self._expected[own].add(uuid.UUID(process_id))
            case ["hear", process_id] if process_id == str(self._processes.process_id):
                self._heard_own.set()

    async def prune(self, connection: Connection, most: int) -> int:
        return await repository.prune(connection, most)

    def _tell(self, trouble: str | None) -> None:
        if trouble and not self.trouble:
            _log.warning("cache.off", reason=trouble)
        elif self.trouble and not trouble:
            _log.info("cache.on")
        self.trouble = trouble

"""A run brings the graph of one grant up to what its connection sees at Notion now.

It lists what Notion's search knows, and reads each object that has changed: its blocks, its rows. What those name and
the search did not is read after it. What an earlier run had and this one has not met is asked for by itself, and goes
when Notion does not show it: at once where a list has it no more, else when it has its turn. Each object is stored
whole, with the run's number: whoever takes over a run that was cut short goes on with it, and reads nothing twice.
"""

import asyncio
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from ivgraph_auth.base import Base
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.graph import found_repository, removal_repository, repository, run_audit, sync_repository
from ivgraph_auth.graph.background_calls import BackgroundCalls
from ivgraph_auth.graph.models import Gap, NodeType, Run, RunPhase, RunStatus
from ivgraph_auth.graph.reader.readings import Child, ObjectReading
from ivgraph_auth.graph.walk import Walk, Walked
from ivgraph_auth.notion.errors import NotionError

_log = structlog.get_logger(__name__)
_BATCH = 50
# Notion's search lists no more. Of a larger graph most may well be in no list: a run asks for some of that, and for all
# of it in so many runs, those before that were asked for longest ago.
_MOST_LISTED = 10_000
_RUNS_OF_A_ROUND = 50
# Longer than any single call to Notion with its retries may take.
HOLD = timedelta(minutes=5)


async def finish_hiding(database: Database, graph_id: int) -> None:
    """What was below something that was hidden, and too much for the transaction that hid it."""
    left = True
    while left:
        async with database.transaction() as connection:
            left = bool(await removal_repository.hide_below(connection, graph_id))


class RunStopped(Exception):
    """Somebody has asked for it, or another process has taken the run over."""


@dataclass(frozen=True, slots=True)
class Sync:
    base: Base
    calls: BackgroundCalls
    process_id: uuid.UUID

    async def run(self, run: Run) -> RunStatus:
        """To its end, whatever that is: it never raises but when it is cancelled."""
        status, error = RunStatus.DONE, None
        under_way = _RunUnderWay(self, run, Walk(run.grant_id, self.calls))
        try:
            await under_way.go()
        except RunStopped:
            status = RunStatus.STOPPED
        except (NotionError, ServiceError) as failure:
            status, error = RunStatus.FAILED, getattr(failure, "code", "notion_unavailable")
        except Exception:  # noqa: BLE001 -- told as failed, and logged whole
            # Its connection was removed under it, and all that a statement would refer to.
            if await self._is_gone(run):
                return RunStatus.STOPPED
            _log.exception("graph.sync_failed", run_id=run.id, grant_id=run.grant_id)
            status, error = RunStatus.FAILED, "internal_error"
        return await self._finish(under_way.run, status, error)

    async def _is_gone(self, run: Run) -> bool:
        async with self.base.database.read() as connection:
            return await sync_repository.find(connection, run.id) is None

    async def _finish(self, run: Run, status: RunStatus, error: str | None) -> RunStatus:
        async with self.base.database.transaction() as connection:
            if await sync_repository.finish(connection, run, self.process_id, status, error):
                await self._audit(connection, replace(run, status=status), error)
        _log.info("graph.sync_ended", run_id=run.id, grant_id=run.grant_id, status=status.value, reason=error)
        return status

    async def _audit(self, connection: Connection, run: Run, error: str | None) -> None:
        """Of a failure that lasts, the first alone."""
        failed = error is not None and not await sync_repository.has_failed_before(connection, run, error)
        if run.started_by is not None or failed:
            await run_audit.write_ended(self.base.audit, connection, run, error)


@dataclass(slots=True)
class _RunUnderWay:
    sync: Sync
    run: Run
    walk: Walk

    async def go(self) -> None:
        if self.run.phase is RunPhase.SEARCH:
            await self._search()
        if self.run.phase is RunPhase.READ:
            await self._read_found()
            await self._enter(RunPhase.VERIFY)
        await self._verify()

    async def _search(self) -> None:
        cursor = self.run.cursor
        while True:
            before = cursor
            found, cursor = await self.walk.search(before)
            await self._take([item for item in found if not item.partial])
            await self._note_found([Child(item.node.id, item.node.type) for item in found if item.partial])
            # One that is answered again would be followed for ever.
            if cursor is None or cursor == before:
                break
            await self._go_on(cursor=cursor)
        await self._enter(RunPhase.READ)

    async def _read_found(self) -> None:
        """What blocks and databases name, until nothing new is found."""
        while found := await self._next_found():
            async with self.sync.base.database.read() as connection:
                seen = await sync_repository.list_seen(connection, self.run, [child.id for child in found])
            await self._ask([child for child in found if child.id not in seen])
            async with self.sync.base.database.transaction() as connection:
                await found_repository.forget_found(connection, self.run, [child.id for child in found])
            await self._go_on()

    async def _verify(self) -> None:
        """What an earlier run had, and this one has not met: all that may well be gone, and of the rest as many as have
        their turn.
        """
        known = max(self.run.total, self.run.seen)
        left = known if known < _MOST_LISTED else known // _RUNS_OF_A_ROUND
        while True:
            await self._read_found()
            async with self.sync.base.database.read() as connection:
                unseen = await sync_repository.list_unseen(connection, self.run, _BATCH)
            asked = [node.child for node in unseen if node.must_be_asked]
            if not asked:
                asked = [node.child for node in unseen[:left]]
                left -= len(asked)
            if not asked:
                return
            await self._ask(asked)

    async def _ask(self, asked: Sequence[Child]) -> None:
        """Reads them, or removes those that are not there any more."""
        for child in asked:
            found = await self.walk.find(child.type, child.id)
            if found is not None and not found.partial:
                await self._take([found])
            await self._go_on()
        while not await self._remove_gone([child.id for child in asked]):
            await finish_hiding(self.sync.base.database, self.run.graph_id)
            await self._go_on()

    async def _remove_gone(self, asked: Sequence[uuid.UUID]) -> bool:
        async with self.sync.base.database.transaction() as connection:
            return await removal_repository.remove_gone(connection, self.run.graph_id, self.run.id, asked)

    async def _take(self, found: Sequence[ObjectReading]) -> None:
        """Reads what has changed, and notes that the rest is still there."""
        gone = [item.node.id for item in found if item.node.in_trash]
        present = {item.node.id: item for item in found if not item.node.in_trash}
        async with self.sync.base.database.transaction() as connection:
            if gone:
                await removal_repository.hide(connection, self.run.graph_id, gone)
            seen = await sync_repository.list_seen(connection, self.run, list(present))
            edited = {node_id: item.node.edited_at for node_id, item in present.items() if node_id not in seen}
            unchanged = await sync_repository.list_unchanged(connection, self.run.graph_id, edited)
            await repository.touch(connection, self.run.graph_id, sorted(unchanged), self.run.id)
        self.run = replace(self.run, seen=self.run.seen + len(unchanged))
        for node_id, item in present.items():
            if node_id not in seen:
                await self._read(item, changed=node_id not in unchanged)

    async def _read(self, found: ObjectReading, *, changed: bool) -> None:
        gaps: list[Gap] = []
        if found.node.type is NodeType.DATA_SOURCE:
            # Rows change without their data source: they are listed each time.
            async for rows in self.walk.rows(found.node.id, gaps):
                await self._take(rows)
            if not gaps:
                await self._note_missing_rows(found.node.id)
        elif not changed:
            return
        await self._store(await self.walk.walk(found), gaps)

    async def _store(self, walked: Walked, gaps: Iterable[Gap]) -> None:
        reading = replace(walked.reading, gaps=(*walked.reading.gaps, *gaps))
        async with self.sync.base.database.transaction() as connection:
            await repository.save(connection, self.run.graph_id, [reading], self.run.id)
            if reading.node.type is not NodeType.DATA_SOURCE:
                await found_repository.note_children(connection, self.run, reading.node.id, walked.inside)
            if walked.parent is not None:
                await found_repository.note_parent(connection, self.run, walked.parent)
        self.run = replace(self.run, seen=self.run.seen + 1)
        await self._go_on()

    async def _note_found(self, found: Sequence[Child]) -> None:
        async with self.sync.base.database.transaction() as connection:
            await found_repository.note_found(connection, self.run, found)

    async def _note_missing_rows(self, data_source: uuid.UUID) -> None:
        async with self.sync.base.database.transaction() as connection:
            await found_repository.note_missing_rows(connection, self.run, data_source)

    async def _next_found(self) -> Sequence[Child]:
        async with self.sync.base.database.read() as connection:
            return await found_repository.list_found(connection, self.run, _BATCH)

    async def _enter(self, phase: RunPhase) -> None:
        self.run = replace(self.run, phase=phase, cursor=None)
        await self._go_on()

    async def _go_on(self, *, cursor: str | None = None) -> None:
        """Holds the run for a while longer. Raises RunStopped."""
        if cursor is not None:
            self.run = replace(self.run, cursor=cursor)
        async with self.sync.base.database.direct() as connection:
            held = await sync_repository.hold(connection, self.run, self.sync.process_id, HOLD)
        if not held:
            raise RunStopped
        await asyncio.sleep(0)

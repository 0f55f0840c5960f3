"""Works off what is due: behind agents' calls, a graph at a time, and at once when a webhook has arrived here."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from ivgraph_auth.base import Base
from ivgraph_auth.connect.errors import NeedsConsent, UnknownConnection
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.graph import removal_repository
from ivgraph_auth.graph.webhooks import due_repository
from ivgraph_auth.graph.webhooks.models import DueMark
from ivgraph_auth.graph.webhooks.reading import DueReader, RunBegan
from ivgraph_auth.notion.errors import NotionRefused, NotionUnavailable

_log = structlog.get_logger(__name__)
_MOST_GRAPHS = 8
_BATCH = 100
# What a process that was killed has held is free for others after this; while it is read, it is held anew.
_HOLD = timedelta(seconds=30)
_HOLD_AGAIN_SECONDS = 10.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
# Over five hours, by when a run is due anyway.
_MOST_ATTEMPTS = 16


@dataclass(slots=True)
class DueWorker:
    """`wake` is set when there is something to do now."""

    base: Base
    reader: DueReader
    process_id: uuid.UUID
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    async def work(self) -> None:
        """To be called every second: hides what was deleted, and begins with what is due and nobody works on."""
        await self._hide_deleted()
        most = _MOST_GRAPHS - len(self._running)
        if most <= 0:
            return
        async with self.base.database.read() as connection:
            due = await due_repository.list_graphs(connection, self._running.keys(), most)
        for graph_id in due:
            if graph_id not in self._running:
                self._running[graph_id] = task = asyncio.create_task(self._work_off(graph_id))
                task.add_done_callback(lambda _, done=graph_id: self._running.pop(done, None))  # type: ignore[misc]

    async def wait(self) -> None:
        """Until what this process works on is done."""
        await asyncio.gather(*self._running.values())

    async def close(self) -> None:
        """Whoever is next goes on with it."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hide_deleted(self) -> None:
        """Notion need not be asked for that, so no rate limit keeps it waiting."""
        async with self.base.database.read() as connection:
            deleted = await due_repository.list_deleted(connection, _BATCH)
        for graph_id, notion_id in deleted:
            try:
                await self._hide(graph_id, notion_id)
            except DatabaseUnavailable as failure:
                # Others are not kept waiting by what takes too long.
                _log.warning("webhooks.reading_interrupted", graph_id=graph_id, reason=failure.detail)

    async def _hide(self, graph_id: int, notion_id: uuid.UUID) -> None:
        async with self.base.database.transaction() as connection:
            # The graph first, as whoever writes to it does.
            if not await removal_repository.lock(connection, graph_id):
                return
            if await due_repository.take_deleted(connection, graph_id, notion_id):
                await removal_repository.hide(connection, graph_id, [notion_id])

    async def _work_off(self, graph_id: int) -> None:
        try:
            while marks := await self._claim(graph_id):
                for mark in marks:
                    await self._read_held(mark)
        except DatabaseUnavailable as failure:
            # What is held is free again soon.
            _log.warning("webhooks.reading_interrupted", graph_id=graph_id, reason=failure.detail)
        except Exception:  # noqa: BLE001 -- one graph must not end the work on others; it is logged whole
            _log.exception("webhooks.reading_failed", graph_id=graph_id)

    async def _claim(self, graph_id: int) -> list[DueMark]:
        async with self.base.database.transaction() as connection:
            return await due_repository.claim(connection, graph_id, self.process_id, _HOLD, 1)

    async def _read_held(self, mark: DueMark) -> None:
        holding = asyncio.create_task(self._hold(mark))
        try:
            await self._read(mark)
        finally:
            holding.cancel()
            with suppress(asyncio.CancelledError):
                await holding

    async def _hold(self, mark: DueMark) -> None:
        while True:
            await asyncio.sleep(_HOLD_AGAIN_SECONDS)
            with suppress(DatabaseUnavailable):
                async with self.base.database.transaction() as connection:
                    await due_repository.hold(connection, mark, self.process_id, _HOLD)

    async def _read(self, mark: DueMark) -> None:
        try:
            await self.reader.read(mark)
        except RunBegan:
            await self._postpone(mark, timedelta(0))
        except (NeedsConsent, UnknownConnection):
            # When the connection works again, a run reads everything that has changed.
            async with self.base.database.transaction() as connection:
                await due_repository.forget_graph(connection, mark.graph_id)
        except NotionRefused as refused:
            _log.info("webhooks.object_refused", graph_id=mark.graph_id, status=refused.status, code=refused.code)
            await self._give_up(mark)
        except DatabaseUnavailable:
            raise
        except (NotionUnavailable, ServiceError) as failure:
            await self._try_later(mark, getattr(failure, "code", "notion_unavailable"))
        except Exception:  # noqa: BLE001 -- as above
            _log.exception("webhooks.reading_failed", graph_id=mark.graph_id)
            await self._try_later(mark, "internal_error")

    async def _try_later(self, mark: DueMark, reason: str) -> None:
        if mark.attempts + 1 >= _MOST_ATTEMPTS:
            _log.warning("webhooks.given_up", graph_id=mark.graph_id, reason=reason)
            await self._give_up(mark)
        else:
            await self._postpone(mark, min(_SHORTEST_PAUSE * 2**mark.attempts, _LONGEST_PAUSE))

    async def _give_up(self, mark: DueMark) -> None:
        """The next run reads it, if it has changed."""
        async with self.base.database.transaction() as connection:
            await due_repository.finish(connection, mark, self.process_id, after_run=None)

    async def _postpone(self, mark: DueMark, pause: timedelta) -> None:
        async with self.base.database.transaction() as connection:
            await due_repository.postpone(connection, mark, self.process_id, pause)

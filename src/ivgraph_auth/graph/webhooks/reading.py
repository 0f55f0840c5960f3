"""One object that is due: asked of Notion, and stored as a run does."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ivgraph_auth.base import Base
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph import removal_repository, repository
from ivgraph_auth.graph.background_calls import BackgroundCalls
from ivgraph_auth.graph.models import Gap, NodeType
from ivgraph_auth.graph.reader.readings import Child, ObjectReading
from ivgraph_auth.graph.walk import Walk, Walked
from ivgraph_auth.graph.webhooks import due_repository
from ivgraph_auth.graph.webhooks.due_repository import LatestRun
from ivgraph_auth.graph.webhooks.models import DueMark


class RunBegan(Exception):
    """While it was read: that run would take what was read before it for its own."""


@dataclass(frozen=True, slots=True)
class _WithRows:
    """`rows` is None where they were not listed: what changes in a data source that shows is told row by row."""

    walked: Walked
    rows: Sequence[Child] | None
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class DueReader:
    base: Base
    calls: BackgroundCalls
    process_id: uuid.UUID

    async def read(self, mark: DueMark) -> None:
        """And what it holds that is not known yet is marked. Raises RunBegan, and what BackgroundCalls raises."""
        async with self.base.database.transaction() as connection:
            run = await due_repository.latest_run(connection, mark.graph_id)
            known = await due_repository.known_type(connection, mark.graph_id, mark.notion_id)
        # Some events of databases name a data source, and the other way round.
        node_type, shows = known or (mark.type, False)
        walk = Walk(mark.grant_id, self.calls)
        found = await walk.find(node_type, mark.notion_id)
        if found is None or found.node.in_trash:
            await self._hide(mark, run)
        elif found.partial:
            await self._finish_unread(mark)
        else:
            await self._store(mark, run, await _walk(walk, found, lists_rows=not shows))

    async def _hide(self, mark: DueMark, run: LatestRun) -> None:
        async with self.base.database.transaction() as connection:
            await removal_repository.hide(connection, mark.graph_id, [mark.notion_id])
            await self._finish(connection, mark, run)

    async def _finish_unread(self, mark: DueMark) -> None:
        async with self.base.database.transaction() as connection:
            await due_repository.finish(connection, mark, self.process_id, after_run=None)

    async def _store(self, mark: DueMark, run: LatestRun, found: _WithRows) -> None:
        reading = found.walked.reading
        # In a transaction of its own: a webhook that marks the same at this moment would wait for it, and it for that.
        async with self.base.database.transaction() as connection:
            await due_repository.mark_met(connection, mark.graph_id, await self._met(connection, mark, found))
        async with self.base.database.transaction() as connection:
            if not await removal_repository.lock(connection, mark.graph_id):
                return
            if (await due_repository.latest_run(connection, mark.graph_id)).id != run.id:
                raise RunBegan
            gaps = list(found.gaps)
            seen_run = run.id
            if reading.node.type is NodeType.DATA_SOURCE and found.rows is None:
                # A run that takes it for seen would not list its rows.
                seen_run = 0
                gaps = await due_repository.list_row_gaps(connection, mark.graph_id, mark.notion_id)
            reading = replace(reading, gaps=(*reading.gaps, *gaps))
            await repository.save(connection, mark.graph_id, [reading], seen_run)
            await self._finish(connection, mark, run)

    async def _met(self, connection: Connection, mark: DueMark, found: _WithRows) -> list[Child]:
        """What stands in it and does not show. Where it is known to have changed also what has come there from
        elsewhere, and what does not stand there any more: nobody tells of those, if a block that held them was moved
        or removed. What was met itself is not asked so, lest two that hold each other are read for ever.
        """
        inside = {child.id: child for child in (*found.walked.inside, *(found.rows or ()))}
        showing = await due_repository.list_showing(connection, mark.graph_id, inside)
        met = {key: child for key, child in inside.items() if key not in showing}
        if mark.told and found.walked.reading.node.type is not NodeType.DATA_SOURCE:
            below = await due_repository.list_below(connection, mark.graph_id, mark.notion_id)
            both = inside | below
            met |= {key: both[key] for key in inside.keys() ^ below.keys()}
        return list(met.values())

    async def _finish(self, connection: Connection, mark: DueMark, run: LatestRun) -> None:
        """A run that goes on may have read it before it changed, and store that later: it is read again after it."""
        after_run = run.id if run.goes_on and mark.told else None
        await due_repository.finish(connection, mark, self.process_id, after_run=after_run)


async def _walk(walk: Walk, found: ObjectReading, *, lists_rows: bool) -> _WithRows:
    gaps: list[Gap] = []
    rows: list[Child] | None = None
    if found.node.type is NodeType.DATA_SOURCE and lists_rows:
        batches = [batch async for batch in walk.rows(found.node.id, gaps)]
        rows = [Child(row.node.id, NodeType.PAGE) for batch in batches for row in batch]
    return _WithRows(await walk.walk(found), rows, gaps)

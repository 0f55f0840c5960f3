"""Which graphs are synchronized when: after a connection is made, every so often, and when their person asks."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from ivgraph_auth.base import Base
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph import removal_repository, repository, sync_repository
from ivgraph_auth.graph.errors import SyncRunning, UnknownSync, UnknownWorkspace
from ivgraph_auth.graph.grants import grants_of
from ivgraph_auth.graph.models import Run
from ivgraph_auth.graph.sync import HOLD, Sync
from ivgraph_auth.vault import repository as vault

_log = structlog.get_logger(__name__)
_MOST_RUNS = 4
_BATCH = 500


@dataclass(slots=True)
class SyncService:
    """`interval` is None where people start each run themselves."""

    base: Base
    grant_lookup: GrantLookup
    sync: Sync
    cursors: Cursors
    interval: timedelta | None
    _running: set[asyncio.Task[object]] = field(default_factory=set)

    async def work(self) -> None:
        """To be called every few seconds: starts what is due, and goes on with what no process goes on with."""
        if self.interval is not None:
            await self._start_due(self.interval)
        while len(self._running) < _MOST_RUNS:
            async with self.base.database.transaction() as connection:
                run = await sync_repository.claim(connection, self.sync.process_id, HOLD)
            if run is None:
                return
            _log.info("graph.sync_started", run_id=run.id, grant_id=run.grant_id)
            task = asyncio.create_task(self.sync.run(run))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def wait(self) -> None:
        """Until the runs that this process goes on with have ended."""
        await asyncio.gather(*self._running)

    async def close(self) -> None:
        """Whoever is next goes on with them."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def prune(self, connection: Connection, most: int) -> int:
        """What graphs that are gone have left."""
        return await removal_repository.prune_orphans(connection, most)

    async def _start_due(self, interval: timedelta) -> None:
        after = 0
        while True:
            async with self.base.database.read() as connection:
                grants = await vault.list_active(connection, after, _BATCH)
            if not grants:
                return
            async with self.base.database.transaction() as connection:
                due = await sync_repository.list_due(connection, [grant.id for grant in grants], interval)
                for grant in grants:
                    if grant.id in due:
                        await self._start(connection, grant.id, grant.workspace_id)
            after = grants[-1].id

    async def _start(self, connection: Connection, grant_id: int, workspace_id: uuid.UUID) -> int | None:
        graph_id = await repository.ensure_graph(connection, grant_id, workspace_id, self.base.clock.now())
        return await sync_repository.start(connection, graph_id)

    async def start(self, principal: Principal, workspace_id: uuid.UUID) -> Run:
        """Raises UnknownWorkspace, SyncRunning."""
        grant = await self.grant_lookup.find_of_workspace(principal.account_id, workspace_id)
        if grant is None:
            raise UnknownWorkspace
        async with self.base.database.transaction() as connection:
            run_id = await self._start(connection, grant.grant_id, workspace_id)
            run = await sync_repository.find(connection, run_id) if run_id is not None else None
        if run is None:
            raise SyncRunning
        return run

    async def get(self, principal: Principal, run_id: int) -> Run:
        """Raises UnknownSync, also for another's."""
        async with self.base.database.read() as connection:
            run = await sync_repository.find(connection, run_id)
        if run is None or run.grant_id not in await grants_of(self.grant_lookup, principal):
            raise UnknownSync
        return run

    async def page(
        self, principal: Principal, workspace_id: uuid.UUID | None, *, limit: int, cursor: str | None
    ) -> tuple[list[Run], str | None]:
        """Newest first, and the cursor of the next page. Raises CursorNotValid."""
        binding = f"runs for {principal.account_id}: {workspace_id}"
        before = int(self.cursors.open(binding, cursor)) if cursor else None
        grants = await grants_of(self.grant_lookup, principal, workspace_id)
        async with self.base.database.direct() as connection:
            runs = await sync_repository.list_latest(connection, grants, before, limit + 1)
        following = self.cursors.issue(binding, str(runs[limit - 1].id)) if len(runs) > limit else None
        return runs[:limit], following

    async def stop(self, principal: Principal, run_id: int) -> None:
        """Soon. Raises UnknownSync."""
        await self.get(principal, run_id)
        async with self.base.database.transaction() as connection:
            await sync_repository.ask_to_stop(connection, run_id)

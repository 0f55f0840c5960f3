"""Which graphs are synchronized when: after a connection is made, every so often, and when their person asks."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from ivgraph_auth.audit.models import Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.core.principal import ClientInfo, Principal
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph import prune_repository, removal_repository, repository, run_audit, sync_repository
from ivgraph_auth.graph.errors import SyncRunning, UnknownSync, UnknownWorkspace
from ivgraph_auth.graph.grants import grants_of
from ivgraph_auth.graph.models import Run
from ivgraph_auth.graph.sync import HOLD, Sync, finish_hiding
from ivgraph_auth.vault import repository as vault

_log = structlog.get_logger(__name__)
_MOST_RUNS = 4
_BATCH = 500
# For so long who keeps a copy may be away.
_KEPT = timedelta(days=30)


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
        await self._finish_hiding()
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
        """Whoever is next goes on with them, at once."""
        running = list(self._running)
        if not running:
            return
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        try:
            async with self.base.database.transaction() as connection:
                await sync_repository.release(connection, self.sync.process_id)
        except ServiceError as failure:
            _log.warning("graph.not_released", reason=failure.detail)

    async def prune(self, connection: Connection, most: int) -> int:
        """What graphs that are gone have left, and old changes and runs of those that are not."""
        removed = await prune_repository.prune_orphans(connection, most)
        for prune in (prune_repository.prune_changes, prune_repository.prune_runs):
            if removed < most:
                removed += await prune(connection, _KEPT, most)
        return removed

    async def _finish_hiding(self) -> None:
        async with self.base.database.read() as connection:
            unfinished = await removal_repository.list_unfinished(connection)
        for graph_id in unfinished:
            await finish_hiding(self.base.database, graph_id)

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
                        await self._start(connection, grant.id, grant.workspace_id, None)
            after = grants[-1].id

    async def _start(
        self, connection: Connection, grant_id: int, workspace_id: uuid.UUID, started_by: int | None
    ) -> int | None:
        graph_id = await repository.ensure_graph(connection, grant_id, workspace_id, self.base.clock.now())
        return await sync_repository.start(connection, graph_id, started_by)

    async def start(self, principal: Principal, workspace_id: uuid.UUID, caller: ClientInfo) -> Run:
        """Raises UnknownWorkspace, SyncRunning."""
        grant = await self.grant_lookup.find_of_workspace(principal.account_id, workspace_id)
        if grant is None:
            raise UnknownWorkspace
        async with self.base.database.transaction() as connection:
            run_id = await self._start(connection, grant.grant_id, workspace_id, principal.account_id)
            run = await sync_repository.find(connection, run_id) if run_id is not None else None
            if run is not None:
                await self._audit(connection, Event.SYNC_STARTED, run, principal, caller)
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

    async def stop(self, principal: Principal, run_id: int, caller: ClientInfo) -> None:
        """Soon. Raises UnknownSync."""
        run = await self.get(principal, run_id)
        async with self.base.database.transaction() as connection:
            if await sync_repository.ask_to_stop(connection, run_id):
                await self._audit(connection, Event.SYNC_STOPPED, run, principal, caller)

    async def _audit(
        self, connection: Connection, event: Event, run: Run, principal: Principal, caller: ClientInfo
    ) -> None:
        await run_audit.write_asked(self.base.audit, connection, event, run, principal.account_id, caller)

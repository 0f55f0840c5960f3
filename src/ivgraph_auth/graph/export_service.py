"""The whole graph of a principal, for who draws a picture of it: read in batches, so that none of it is held."""

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivgraph_auth.base import Base
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.graph import export_repository, repository, sync_repository
from ivgraph_auth.graph.errors import UnknownWorkspace
from ivgraph_auth.graph.export_repository import START, EdgePosition
from ivgraph_auth.graph.grants import grants_of
from ivgraph_auth.graph.models import Edge, Run
from ivgraph_auth.graph.rows import NodeSummary

_MOST_NODES = 500
_MOST_EDGES = 2000
_MOST_SOURCES = 250


class ExportCut(ServiceError):
    """What has been sent is not the whole, and must not look like it."""

    detail = "The connections have changed while the graph was read. Read it again."


@dataclass(frozen=True, slots=True)
class Export:
    """`as_of` and `run`, the latest one, are from before anything is read. An edge may lead to a node that was not
    there yet when the nodes were read.
    """

    service: "ExportService"
    principal: Principal
    workspace_id: uuid.UUID | None
    grants: Sequence[int]
    as_of: datetime | None
    run: Run | None

    async def nodes(self) -> AsyncIterator[tuple[NodeSummary, ...]]:
        """Raises ExportCut."""
        start: uuid.UUID | None = START.source
        while start is not None:
            await self._check()
            async with self.service.base.database.direct() as connection:
                batch = await export_repository.read_nodes(
                    connection, self.grants, self.workspace_id, start=start, most=_MOST_NODES
                )
            yield batch.nodes
            start = batch.next

    async def edges(self) -> AsyncIterator[tuple[Edge, ...]]:
        """Raises ExportCut."""
        start: EdgePosition | None = START
        sources = _MOST_SOURCES
        while start is not None:
            await self._check()
            async with self.service.base.database.direct() as connection:
                batch = await export_repository.read_edges(
                    connection, self.grants, self.workspace_id, start=start, nodes=sources, most=_MOST_EDGES
                )
            yield batch.edges
            # Of each node's edges as many are looked at as fit, before the first of them are taken.
            sources = max(1, sources // 2) if batch.full else min(_MOST_SOURCES, sources * 2)
            start = batch.next

    async def _check(self) -> None:
        if await grants_of(self.service.grant_lookup, self.principal, self.workspace_id) != self.grants:
            raise ExportCut


@dataclass(frozen=True, slots=True)
class ExportService:
    base: Base
    grant_lookup: GrantLookup

    async def open(self, principal: Principal, workspace_id: uuid.UUID | None) -> Export:
        """Of one workspace, or of all. Raises UnknownWorkspace."""
        grants = await grants_of(self.grant_lookup, principal, workspace_id)
        if workspace_id is not None and not grants:
            raise UnknownWorkspace
        async with self.base.database.direct() as connection:
            graphs = await repository.graphs_of(connection, grants)
            runs = await sync_repository.list_latest(connection, grants, before=None, most=1)
        complete = [graph.as_of for graph in graphs if graph.as_of is not None]
        as_of = min(complete) if complete and len(complete) == len(grants) else None
        return Export(self, principal, workspace_id, grants, as_of, runs[0] if runs else None)

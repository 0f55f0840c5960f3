"""What a principal may read of the graphs that its connections have made: never more than its own grants saw."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from ivgraph_auth.base import Base
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.core.paging import BoundCursors, Cursors
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph import (
    change_repository,
    export_repository,
    gap_repository,
    neighbor_repository,
    query_repository,
    search_repository,
)
from ivgraph_auth.graph.copy_place import NOTHING_COPIED, CopyPlace
from ivgraph_auth.graph.errors import UnknownNode
from ivgraph_auth.graph.grants import grants_of
from ivgraph_auth.graph.models import EdgeKind, GapReason, NodeType
from ivgraph_auth.graph.rows import (
    Change,
    ChangeRow,
    Direction,
    GapTotal,
    Neighbor,
    NodeGap,
    NodeRow,
    NodeSummary,
    Path,
)

_T = TypeVar("_T")
MOST_COUNTED = query_repository.MOST_COUNTED


@dataclass(frozen=True, slots=True)
class SearchQuery:
    text: str
    workspace_id: uuid.UUID | None
    type: NodeType | None


@dataclass(frozen=True, slots=True)
class NeighborsQuery:
    node_id: uuid.UUID
    direction: Direction | None
    kinds: tuple[EdgeKind, ...]


@dataclass(frozen=True, slots=True)
class GapsQuery:
    reason: GapReason | None
    node_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """`as_of` is when the oldest of the graphs was complete; None while one of them never was. `waiting` are workspaces
    of which nothing has been read yet.
    """

    as_of: datetime | None
    gaps: tuple[GapTotal, ...]
    waiting: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class WalkedPaths:
    """`nodes` are those of all `paths`, and the two ends."""

    paths: tuple[Path, ...]
    nodes: Mapping[uuid.UUID, NodeSummary]


@dataclass(frozen=True, slots=True)
class Answer(Generic[_T]):
    value: _T
    fresh: Freshness
    next_cursor: str | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class _Copied:
    changes: tuple[tuple[ChangeRow, NodeSummary | None], ...]
    place: CopyPlace
    lost: bool


@dataclass(frozen=True, slots=True)
class GraphService:
    base: Base
    grant_lookup: GrantLookup
    cursors: Cursors

    async def search(
        self, principal: Principal, query: SearchQuery, *, limit: int, cursor: str | None
    ) -> Answer[tuple[NodeSummary, ...]]:
        """Raises CursorNotValid."""
        page = BoundCursors(self.cursors, f"graph search for {principal.account_id}: {query!r}")
        grants = await grants_of(self.grant_lookup, principal, query.workspace_id)
        async with self.base.database.direct() as connection:
            found = await search_repository.search(
                connection,
                grants,
                query.text,
                workspace_id=query.workspace_id,
                type=query.type,
                limit=limit,
                after=page.open(cursor),
            )
            fresh = await self._freshness(connection, principal, grants, query.workspace_id)
        return Answer(found.hits, fresh, page.issue(found.next), found.truncated)

    async def node(self, principal: Principal, node_id: uuid.UUID) -> Answer[NodeRow]:
        """Raises UnknownNode."""
        grants = await grants_of(self.grant_lookup, principal)
        async with self.base.database.direct() as connection:
            found = await query_repository.node(connection, grants, node_id)
            if found is None:
                raise UnknownNode
            return Answer(found, await self._freshness(connection, principal, grants))

    async def neighbors(
        self, principal: Principal, query: NeighborsQuery, *, limit: int, cursor: str | None
    ) -> Answer[tuple[Neighbor, ...]]:
        """Raises UnknownNode, CursorNotValid."""
        page = BoundCursors(self.cursors, f"graph neighbors for {principal.account_id}: {query!r}")
        grants = await grants_of(self.grant_lookup, principal)
        async with self.base.database.direct() as connection:
            found = await neighbor_repository.neighbors(
                connection,
                grants,
                query.node_id,
                direction=query.direction,
                kinds=query.kinds,
                limit=limit,
                after=page.open(cursor),
            )
            # What has neighbours is there.
            if not found.neighbors and not await query_repository.summaries(connection, grants, [query.node_id]):
                raise UnknownNode
            fresh = await self._freshness(connection, principal, grants)
        return Answer(found.neighbors, fresh, page.issue(found.next))

    async def paths(
        self, principal: Principal, source: uuid.UUID, target: uuid.UUID, *, max_depth: int
    ) -> Answer[WalkedPaths]:
        """Raises UnknownNode."""
        grants = await grants_of(self.grant_lookup, principal)
        async with self.base.database.direct() as connection:
            found = await search_repository.paths(connection, grants, source, target, max_depth=max_depth)
            ids = sorted({source, target}.union(*(path.nodes for path in found.paths)))
            nodes = await query_repository.summaries(connection, grants, ids)
            if source not in nodes or target not in nodes:
                raise UnknownNode
            fresh = await self._freshness(connection, principal, grants)
        # What went between the two statements is on no path any more.
        whole = tuple(path for path in found.paths if nodes.keys() >= set(path.nodes))
        return Answer(WalkedPaths(whole, nodes), fresh, truncated=found.cut_neighbors or found.cut_visited)

    async def changes(
        self, principal: Principal, *, since: str | None, limit: int
    ) -> Answer[tuple[tuple[ChangeRow, NodeSummary | None], ...]]:
        """First all that is there, then what appeared, changed and went since. `truncated`: a graph of the reader's
        copy is gone, or changes that it has not read are, and the copy must be made anew. Raises CursorNotValid.
        """
        page = BoundCursors(self.cursors, f"graph changes for {principal.account_id}")
        position = page.open(since)
        grants = await grants_of(self.grant_lookup, principal)
        async with self.base.database.direct() as connection:
            if position is None:
                place = CopyPlace(await change_repository.latest(connection, grants), NOTHING_COPIED)
            else:
                place = CopyPlace.read(position)
            copied = await self._copy(connection, grants, place, limit)
            fresh = await self._freshness(connection, principal, grants)
        return Answer(copied.changes, fresh, page.issue(str(copied.place)), copied.lost)

    async def _copy(self, connection: Connection, grants: Sequence[int], place: CopyPlace, limit: int) -> _Copied:
        if place.start is not None:
            batch = await export_repository.read_nodes(connection, grants, None, start=place.start, most=limit)
            lost = await change_repository.is_lost(connection, grants, place.positions)
            now = self.base.clock.now()
            there = tuple((ChangeRow(0, 0, node.id, Change.APPEARED, now), node) for node in batch.nodes)
            return _Copied(there, CopyPlace(place.positions, batch.next), lost)
        found = await change_repository.changes(connection, grants, place.positions, limit)
        ids = sorted({change.node for change in found.changes})
        nodes = await query_repository.summaries(connection, grants, ids)
        changes = tuple((change, nodes.get(change.node)) for change in found.changes)
        return _Copied(changes, CopyPlace(found.positions), found.lost)

    async def gaps(
        self, principal: Principal, query: GapsQuery, *, limit: int, cursor: str | None
    ) -> Answer[tuple[tuple[NodeSummary, NodeGap], ...]]:
        """Raises UnknownNode, CursorNotValid."""
        page = BoundCursors(self.cursors, f"graph gaps for {principal.account_id}: {query!r}")
        grants = await grants_of(self.grant_lookup, principal)
        async with self.base.database.direct() as connection:
            if query.node_id is not None and not await query_repository.summaries(connection, grants, [query.node_id]):
                raise UnknownNode
            found = await gap_repository.listing(
                connection,
                grants,
                reason=query.reason,
                node_id=query.node_id,
                limit=limit,
                after=page.open(cursor),
            )
            nodes = await query_repository.summaries(connection, grants, sorted({gap.node for gap in found.gaps}))
            fresh = await self._freshness(connection, principal, grants)
        value = tuple((nodes[gap.node], gap) for gap in found.gaps if gap.node in nodes)
        return Answer(value, fresh, page.issue(found.next))

    async def count_nodes(self, account_id: int) -> Mapping[uuid.UUID, int]:
        """By workspace of which something has been read: how many pages and databases an account's own grants see.
        `MOST_COUNTED` and one more stand for all that is above.
        """
        grants = {grant.grant_id for grant in await self.grant_lookup.list_of_account(account_id)}
        async with self.base.database.direct() as connection:
            return await query_repository.sizes(connection, sorted(grants))

    async def _freshness(
        self,
        connection: Connection,
        principal: Principal,
        grants: Sequence[int],
        workspace_id: uuid.UUID | None = None,
    ) -> Freshness:
        """Of one workspace, or of all."""
        graphs, gaps = await gap_repository.graphs_and_totals(connection, grants)
        complete = [graph.as_of for graph in graphs if graph.as_of is not None]
        read = {graph.workspace_id for graph in graphs if graph.as_of is not None}
        asked = [item.id for item in principal.workspaces if workspace_id in (None, item.id)]
        waiting = tuple(one for one in asked if one not in read)
        return Freshness(min(complete) if complete and not waiting else None, tuple(gaps), waiting)

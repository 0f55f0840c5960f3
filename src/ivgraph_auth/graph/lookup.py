"""Single objects for other parts of the service, and by which of a principal's connections each is seen."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivgraph_auth.base import Base
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.paging import BoundCursors, Cursors
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.graph import gap_repository, neighbor_repository, query_repository, recent_repository
from ivgraph_auth.graph.grants import grants_of
from ivgraph_auth.graph.models import EdgeKind
from ivgraph_auth.graph.rows import GraphRow, NodeRow, NodeSummary

_MOST_RELATED = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """An object, and the connection that sees it; `others` do so too."""

    grant: TenantGrant
    node: NodeRow
    others: tuple[TenantGrant, ...] = ()


@dataclass(frozen=True, slots=True)
class Recent:
    """`edited`, the newest first; `gone` are ids of what went since, on the first page alone."""

    since: datetime
    edited: tuple[NodeSummary, ...]
    gone: tuple[uuid.UUID, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class GraphLookup:
    base: Base
    grant_lookup: GrantLookup
    cursors: Cursors

    async def find(self, grants: Sequence[TenantGrant], node_id: uuid.UUID) -> Seen | None:
        """By the first of `grants` that sees it."""
        async with self.base.database.direct() as connection:
            seeing = await query_repository.seen_by(connection, [each.grant_id for each in grants], node_id)
            able = [each for each in grants if each.grant_id in seeing]
            found = await query_repository.node(connection, [able[0].grant_id], node_id) if able else None
        return Seen(able[0], found, tuple(able[1:])) if found else None

    async def titles(self, grant: TenantGrant, node_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
        """Of those that the connection sees."""
        if not node_ids:
            return {}
        async with self.base.database.direct() as connection:
            found = await query_repository.summaries(connection, [grant.grant_id], sorted(node_ids))
        return {node_id: summary.title for node_id, summary in found.items()}

    async def sources(self, grant: TenantGrant, database_id: uuid.UUID) -> tuple[NodeSummary, ...]:
        """The data sources of a database, as far as the graph knows them."""
        return await self._around(grant, database_id, EdgeKind.SOURCE)

    async def _around(self, grant: TenantGrant, node_id: uuid.UUID, kind: EdgeKind) -> tuple[NodeSummary, ...]:
        async with self.base.database.direct() as connection:
            found = await neighbor_repository.neighbors(
                connection, [grant.grant_id], node_id, direction="out", kinds=(kind,), limit=_MOST_RELATED
            )
        return tuple(each.node for each in found.neighbors)

    async def recent(self, principal: Principal, since: datetime, *, limit: int, cursor: str | None) -> Recent:
        """What Notion says was edited at that moment or later; with a cursor, since the moment that it was made for.
        Raises CursorNotValid.
        """
        page = BoundCursors(self.cursors, f"graph recent for {principal.account_id}")
        begin, _, position = (page.open(cursor) or "").partition(" ")
        since = datetime.fromisoformat(begin) if begin else since
        grants = await grants_of(self.grant_lookup, principal)
        async with self.base.database.direct() as connection:
            found = await recent_repository.edited(connection, grants, since, limit=limit, after=position or None)
            gone = () if position else await recent_repository.gone(connection, grants, since)
        following = f"{since.isoformat()} {found.next}" if found.next else None
        return Recent(since, found.nodes, gone, page.issue(following))

    async def graphs(self, grants: Sequence[TenantGrant]) -> Collection[GraphRow]:
        """Of those that have been begun."""
        async with self.base.database.direct() as connection:
            found, _ = await gap_repository.graphs_and_totals(connection, sorted({each.grant_id for each in grants}))
        return found

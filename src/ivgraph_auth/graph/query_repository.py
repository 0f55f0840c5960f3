"""Single nodes, and what could not be read of a graph."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    FromClause,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import EdgeKind, GapReason
from ivgraph_auth.graph.node_repository import IS_GRANTED, SUMMARY, last_edited_first, select_visible, to_summary
from ivgraph_auth.graph.rows import Direction, GapTotal, GraphCounts, NodeRow, NodeSummary
from ivgraph_auth.graph.tables import graph_edges, graph_gaps, graph_nodes, graphs

_UNRESOLVED = "Links, mentions or relations to what this connection does not see."
_is_asked = graph_nodes.c.notion_id == bindparam("notion_id", type_=Uuid)
_NODE = last_edited_first(
    select_visible(*SUMMARY, graph_nodes.c.properties, graph_nodes.c.created_at, graph_nodes.c.read_at).where(_is_asked)
)
_SUMMARIES = last_edited_first(
    select_visible(*SUMMARY).where(graph_nodes.c.notion_id == any_(bindparam("notion_ids", type_=ARRAY(Uuid))))
)
_ids = select_visible(graph_nodes.c.id).where(_is_asked)
_out = graph_edges.c.source.in_(_ids)
_into = and_(graph_edges.c.target.in_(_ids), graph_edges.c.source.is_not(None))
_is_missing = graph_edges.c.target.is_(None)


def _around(out: FromClause, into: FromClause) -> CompoundSelect[Any]:
    """Counts by direction and kind, and what was not read. An edge without a target leads to what is not seen."""
    is_missing = out.c.is_missing
    gaps = select(graph_gaps.c.reason, graph_gaps.c.detail).where(graph_gaps.c.node.in_(_ids)).distinct().subquery()
    return union_all(
        select(
            literal("out").label("section"),
            out.c.kind.label("name"),
            literal("").label("detail"),
            func.count().filter(~is_missing).label("there"),
            func.count().filter(is_missing).label("missing"),
        ).group_by(out.c.kind),
        select(literal("in"), into.c.kind, literal(""), func.count(), literal(0)).group_by(into.c.kind),
        select(literal("gap"), gaps.c.reason, gaps.c.detail, literal(0), literal(1)),
    )


_kind = graph_edges.c.kind
_edge = (_kind, graph_edges.c.property, graph_edges.c.source_notion_id, graph_edges.c.target_notion_id)
# Where one grant sees the node, its edges are counted in the index alone.
_AROUND_ONE = _around(
    select(_kind, _is_missing.label("is_missing")).where(_out).subquery(), select(_kind).where(_into).subquery()
)
# Where several do, an edge that several see is one, and is there when it is there for one of them.
_AROUND_SEVERAL = _around(
    select(*_edge, func.bool_and(_is_missing).label("is_missing")).where(_out).group_by(*_edge).subquery(),
    select(*_edge).where(_into).distinct().subquery(),
)
_noted = select_visible(graph_nodes.c.notion_id, graph_gaps.c.reason, graph_gaps.c.detail).join(
    graph_gaps, graph_gaps.c.node == graph_nodes.c.id
)
_noted_once = _noted.distinct().subquery()
_GAPS = select(_noted_once.c.reason, func.count().label("count")).group_by(_noted_once.c.reason)
_waiting = (
    select(*_edge)
    .join(graphs, graphs.c.id == graph_edges.c.graph_id)
    .where(IS_GRANTED, _is_missing, graph_edges.c.source.is_not(None))
)
_UNRESOLVED_OF_ONE = select(func.count()).select_from(_waiting.subquery())
_once = _waiting.distinct().subquery()
_there = graph_edges.alias("there")
_is_there = exists(
    select_visible(graph_nodes.c.id)
    .join(_there, _there.c.source == graph_nodes.c.id)
    .where(
        graph_nodes.c.notion_id == _once.c.source_notion_id,
        _there.c.target.is_not(None),
        *(_there.c[column.name] == _once.c[column.name] for column in _edge),
    )
    .correlate(_once)
)
_UNRESOLVED_OF_SEVERAL = select(func.count()).select_from(_once).where(~_is_there)
_GRAPH = bindparam("of_graph", type_=BigInteger)
_COUNTS = select(
    select(func.count()).where(graph_nodes.c.graph_id == _GRAPH, ~graph_nodes.c.hidden).scalar_subquery(),
    select(func.count()).where(graph_nodes.c.graph_id == _GRAPH, graph_nodes.c.hidden).scalar_subquery(),
    select(func.count())
    .where(graph_edges.c.graph_id == _GRAPH, graph_edges.c.source.is_not(None), ~_is_missing)
    .scalar_subquery(),
    select(func.count()).where(graph_edges.c.graph_id == _GRAPH, _is_missing).scalar_subquery(),
    select(func.count()).where(graph_gaps.c.graph_id == _GRAPH).scalar_subquery(),
)


async def node(connection: Connection, grant_ids: Sequence[int], notion_id: uuid.UUID) -> NodeRow | None:
    values = {"grant_ids": list(grant_ids), "notion_id": notion_id}
    rows = list(await connection.execute(_NODE, values))
    if not rows:
        return None
    around = list(await connection.execute(_AROUND_ONE if len(rows) == 1 else _AROUND_SEVERAL, values))
    return NodeRow(
        summary=to_summary(rows[0]),
        properties=rows[0].properties,
        created_at=rows[0].created_at,
        read_at=rows[0].read_at,
        counts_in=_counts(around, "in"),
        counts_out=_counts(around, "out"),
        gaps=tuple(_gaps(around)),
    )


def _counts(around: Sequence[Row], direction: Direction) -> dict[EdgeKind, int]:
    rows = (row for row in around if row.section == direction and row.there)
    return {EdgeKind(row.name): row.there for row in sorted(rows, key=lambda row: str(row.name))}


def _gaps(around: Sequence[Row]) -> list[GapTotal]:
    gaps = [GapTotal(GapReason(row.name), row.detail, 1) for row in around if row.section == "gap"]
    missing = sum(row.missing for row in around if row.section == "out")
    if missing:
        gaps.append(GapTotal(GapReason.NOT_SHARED, _UNRESOLVED, missing))
    return sorted(gaps, key=lambda gap: (gap.reason, gap.detail))


async def summaries(
    connection: Connection, grant_ids: Sequence[int], notion_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, NodeSummary]:
    """Of those that are there."""
    values = {"grant_ids": list(grant_ids), "notion_ids": list(notion_ids)}
    found: dict[uuid.UUID, NodeSummary] = {}
    for row in await connection.execute(_SUMMARIES, values):
        found.setdefault(row.notion_id, to_summary(row))
    return found


async def gaps(connection: Connection, grant_ids: Sequence[int]) -> list[GapTotal]:
    """Totals by reason. Edges to what is not seen count as not shared."""
    values = {"grant_ids": list(grant_ids)}
    totals = {row.reason: row.count for row in await connection.execute(_GAPS, values)}
    unresolved = _UNRESOLVED_OF_ONE if len(grant_ids) == 1 else _UNRESOLVED_OF_SEVERAL
    missing = (await connection.execute(unresolved, values)).scalar_one()
    if missing:
        totals[GapReason.NOT_SHARED] = totals.get(GapReason.NOT_SHARED, 0) + missing
    return [GapTotal(GapReason(reason), "", totals[reason]) for reason in sorted(totals)]


async def counts(connection: Connection, graph_id: int) -> GraphCounts:
    """Reads all of the graph: for tests and operators."""
    return GraphCounts(*(await connection.execute(_COUNTS, {"of_graph": graph_id})).one())

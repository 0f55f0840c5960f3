"""Single nodes."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    FromClause,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import EdgeKind, GapReason
from ivgraph_auth.graph.node_repository import IS_GRANTED, SUMMARY, last_edited_first, select_visible, to_summary
from ivgraph_auth.graph.rows import UNRESOLVED, Direction, GapTotal, GraphCounts, NodeRow, NodeSummary
from ivgraph_auth.graph.tables import graph_edges, graph_gaps, graph_nodes, graphs

_is_asked = graph_nodes.c.notion_id == bindparam("notion_id", type_=Uuid)
_details = (graph_nodes.c.properties, graph_nodes.c.created_at, graph_nodes.c.read_at)
_SUMMARIES = last_edited_first(
    select_visible(*SUMMARY).where(graph_nodes.c.notion_id == any_(bindparam("notion_ids", type_=ARRAY(Uuid))))
)
_ids = select_visible(graph_nodes.c.id).where(_is_asked)
_HOW_MANY = select_visible(func.count()).where(_is_asked)
_SEEN_BY = select_visible(graphs.c.grant_id).where(_is_asked)
_out = graph_edges.c.source.in_(_ids)
_into = and_(graph_edges.c.target.in_(_ids), graph_edges.c.source.is_not(None))
_is_missing = graph_edges.c.target.is_(None)


def _node(out: FromClause, into: FromClause) -> Select[Any]:
    """With what is around it in an array: direction, kind, how many edges, and how many lead to what is not seen. And
    with its gaps.
    """
    is_missing = out.c.is_missing
    around = union_all(
        select(
            literal("out").label("direction"),
            out.c.kind.label("kind"),
            func.count().filter(~is_missing).label("there"),
            func.count().filter(is_missing).label("missing"),
        ).group_by(out.c.kind),
        select(literal("in"), into.c.kind, func.count(), literal(0)).group_by(into.c.kind),
    ).subquery()
    gaps = select(graph_gaps.c.reason, graph_gaps.c.detail).where(graph_gaps.c.node.in_(_ids)).distinct().subquery()
    arrays = (
        select(func.coalesce(func.jsonb_agg(func.jsonb_build_array(*rows.c), type_=JSONB), text("'[]'")))
        .select_from(rows)
        .scalar_subquery()
        .label(name)
        for name, rows in (("around", around), ("gaps", gaps))
    )
    return last_edited_first(select_visible(*SUMMARY, *_details, *arrays).where(_is_asked)).limit(1)


# Reading more would take longer than anybody waits for a page; what is beyond is told as "more than".
MOST_COUNTED = 100_000
_read = (
    select(graphs.c.workspace_id, func.bool_or(graphs.c.as_of.is_not(None)).label("complete"))
    .where(IS_GRANTED)
    .group_by(graphs.c.workspace_id)
    .subquery()
)
_seen = (
    select_visible(graph_nodes.c.notion_id)
    .where(graphs.c.workspace_id == _read.c.workspace_id)
    .limit(MOST_COUNTED + 1)
    .correlate(_read)
    .subquery()
    .lateral()
)
_size = func.count(_seen.c.notion_id.distinct())
_SIZES = (
    select(_read.c.workspace_id, _size.label("size"))
    .select_from(_read.outerjoin(_seen, true()))
    .group_by(_read.c.workspace_id, _read.c.complete)
    .having(or_(_read.c.complete, _size > 0))
)
_kind = graph_edges.c.kind
_edge = (_kind, graph_edges.c.property, graph_edges.c.source_notion_id, graph_edges.c.target_notion_id)
# Where one grant sees the node, its edges are counted in the index alone.
_NODE_OF_ONE = _node(
    select(_kind, _is_missing.label("is_missing")).where(_out).subquery(), select(_kind).where(_into).subquery()
)
# Where several do, an edge that several see is one, and is there when it is there for one of them.
_NODE_OF_SEVERAL = _node(
    select(*_edge, func.bool_and(_is_missing).label("is_missing")).where(_out).group_by(*_edge).subquery(),
    select(*_edge).where(_into).distinct().subquery(),
)
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
    statement = _NODE_OF_ONE
    if len(grant_ids) > 1 and (await connection.execute(_HOW_MANY, values)).scalar_one() > 1:
        statement = _NODE_OF_SEVERAL
    row = (await connection.execute(statement, values)).one_or_none()
    if row is None:
        return None
    return NodeRow(
        summary=to_summary(row),
        properties=row.properties,
        created_at=row.created_at,
        read_at=row.read_at,
        counts_in=_counts(row, "in"),
        counts_out=_counts(row, "out"),
        gaps=tuple(_gaps(row)),
    )


async def seen_by(connection: Connection, grant_ids: Sequence[int], notion_id: uuid.UUID) -> set[int]:
    """Those of the grants that see it."""
    rows = await connection.execute(_SEEN_BY, {"grant_ids": list(grant_ids), "notion_id": notion_id})
    return {row.grant_id for row in rows}


def _counts(row: Row, direction: Direction) -> dict[EdgeKind, int]:
    return {EdgeKind(kind): there for way, kind, there, _ in sorted(row.around) if way == direction and there}


def _gaps(row: Row) -> list[GapTotal]:
    gaps = [GapTotal(GapReason(reason), detail, 1) for reason, detail in sorted(row.gaps)]
    missing = sum(count for *_, count in row.around)
    return [*gaps, GapTotal(GapReason.NOT_SHARED, UNRESOLVED, missing)] if missing else gaps


async def summaries(
    connection: Connection, grant_ids: Sequence[int], notion_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, NodeSummary]:
    """Of those that are there."""
    values = {"grant_ids": list(grant_ids), "notion_ids": list(notion_ids)}
    found: dict[uuid.UUID, NodeSummary] = {}
    for row in await connection.execute(_SUMMARIES, values):
        found.setdefault(row.notion_id, to_summary(row))
    return found


async def sizes(connection: Connection, grants: Sequence[int]) -> dict[uuid.UUID, int]:
    """By workspace of which something has been read: how many pages, databases and data sources show in it, counted to
    one above `MOST_COUNTED`.
    """
    rows = await connection.execute(_SIZES, {"grant_ids": list(grants)})
    return {row.workspace_id: row.size for row in rows}


async def counts(connection: Connection, graph_id: int) -> GraphCounts:
    """Reads all of the graph: for tests and operators."""
    return GraphCounts(*(await connection.execute(_COUNTS, {"of_graph": graph_id})).one())

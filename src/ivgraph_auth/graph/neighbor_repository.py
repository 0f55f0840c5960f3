"""The edges of a node, page by page."""

import uuid
from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    literal,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import Edge, EdgeKind
from ivgraph_auth.graph.node_repository import select_visible, summary_of, to_summary
from ivgraph_auth.graph.rows import Direction, Neighbor, NeighborPage
from ivgraph_auth.graph.tables import graph_edges, graph_nodes

# Where a page begins among the edges of one kind: after this neighbour and property.
_Start: TypeAlias = tuple[Direction, EdgeKind, uuid.UUID, str]
_NIL = uuid.UUID(int=0)
_MOST = bindparam("most", type_=Integer)
_OTHER_END = {"in": "source", "out": "target"}


def _edges(direction: Direction, rows: CTE) -> Select[Any]:
    """For each row and kind as many as are wanted of all, each read in the order of the index."""
    arrays = (
        bindparam(f"{direction}_{name}", type_=ARRAY(kind))
        for name, kind in (("kinds", Text()), ("others", Uuid()), ("properties", Text()))
    )
    starts = (
        func.unnest(*arrays)
        .table_valued(column("kind", Text), column("other", Uuid), column("property", Text))
        .render_derived(name=f"{direction}_starts")
    )
    edges = graph_edges.alias(f"{direction}_edges")
    here, there = ("target", "source") if direction == "in" else ("source", "target")
    other = edges.c[f"{there}_notion_id"]
    wanted = (
        select(edges.c.kind, edges.c.property, edges.c.source_notion_id, edges.c.target_notion_id, other.label("other"))
        .where(
            edges.c[here] == rows.c.id,
            edges.c.kind == starts.c.kind,
            edges.c[there].is_not(None),
            tuple_(other, edges.c.property) > tuple_(starts.c.other, starts.c.property),
        )
        .order_by(other, edges.c.property)
        .limit(_MOST)
        .lateral()
    )
    return select(literal(direction).label("direction"), *wanted.c).select_from(
        rows.join(starts, true()).join(wanted, true())
    )


_rows = (
    select_visible(graph_nodes.c.id).where(graph_nodes.c.notion_id == bindparam("notion_id", type_=Uuid)).cte("mine")
)
_all = union_all(_edges("in", _rows), _edges("out", _rows)).subquery()
_order = (_all.c.direction, _all.c.kind, _all.c.other, _all.c.property)
# An edge that two grants see is one.
_page = select(*_all.c).distinct().order_by(*_order).limit(_MOST).subquery()
_summary = summary_of(_page.c.other)
_NEIGHBORS = (
    select(*(_page.c[name].label(f"edge_{name}") for name in _page.c.keys()), *_summary.c)  # noqa: SIM118 -- not a dict
    .select_from(_page.join(_summary, true()))
    .order_by(_page.c.direction, _page.c.kind, _page.c.other, _page.c.property)
)


async def neighbors(
    connection: Connection,
    grant_ids: Sequence[int],
    notion_id: uuid.UUID,
    *,
    direction: Direction | None = None,
    kinds: Collection[EdgeKind] = (),
    limit: int,
    after: str | None = None,
) -> NeighborPage:
    """No direction is both, no kinds are all. `after` is `next` of an earlier page, with the same arguments. An edge to
    itself is there in both directions.
    """
    starts = _starts(direction, kinds or tuple(EdgeKind), after)
    values: dict[str, Any] = {"grant_ids": list(grant_ids), "notion_id": notion_id, "most": limit + 1}
    for way in _OTHER_END:
        these = [start for start in starts if start[0] == way]
        values[f"{way}_kinds"] = [kind.value for _, kind, _, _ in these]
        values[f"{way}_others"] = [other for _, _, other, _ in these]
        values[f"{way}_properties"] = [name for _, _, _, name in these]
    rows = list(await connection.execute(_NEIGHBORS, values))
    found = tuple(_neighbor(row) for row in rows[:limit])
    return NeighborPage(found, _position(rows[limit - 1]) if len(rows) > limit else None)


def _starts(direction: Direction | None, kinds: Collection[EdgeKind], after: str | None) -> list[_Start]:
    ways: tuple[Direction, ...] = ("in", "out") if direction is None else (direction,)
    every: list[_Start] = [(way, kind, _NIL, "") for way in ways for kind in kinds]
    if after is None:
        return every
    way, kind, other, name = after.split(" ", 3)
    here = (way, kind)
    return [
        (start[0], start[1], uuid.UUID(other), name) if start[:2] == here else start
        for start in every
        if start[:2] >= here
    ]


def _position(row: Row) -> str:
    return f"{row.edge_direction} {row.edge_kind} {row.edge_other} {row.edge_property}"


def _neighbor(row: Row) -> Neighbor:
    edge = Edge(EdgeKind(row.edge_kind), row.edge_source_notion_id, row.edge_target_notion_id, row.edge_property)
    return Neighbor(row.edge_direction, edge, to_summary(row))

"""A whole graph in batches. One after the other, each with a connection of its own: all of them together take longer
than a transaction may, and whoever reads the answer may be slow.

Where two grants see one object it is answered once, and so is an edge.
"""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import Edge, EdgeKind
from ivgraph_auth.graph.node_repository import IS_GRANTED, SUMMARY, to_summary
from ivgraph_auth.graph.rows import NodeSummary
from ivgraph_auth.graph.tables import graph_edges, graph_nodes, graphs

_NIL = uuid.UUID(int=0)
_MOST = bindparam("most", type_=Integer)
_WORKSPACE = bindparam("workspace", type_=Uuid)


class EdgePosition(NamedTuple):
    """Behind this edge; without a kind, before all edges that start from the node."""

    source: uuid.UUID
    kind: str = ""
    target: uuid.UUID = _NIL
    property: str = ""


START = EdgePosition(_NIL)


class NodeBatch(NamedTuple):
    """In the order of their ids. `next` is for `start`; None at the end."""

    nodes: tuple[NodeSummary, ...]
    next: uuid.UUID | None


class EdgeBatch(NamedTuple):
    """By the ids of the nodes that they start from. `next` is for `start`; None at the end. `full`: there were as many
    as were asked for.
    """

    edges: tuple[Edge, ...]
    next: EdgePosition | None
    full: bool


def _batch(*columns: ColumnElement[Any]) -> Select[Any]:
    """Of each graph the first `most` nodes that show, from `start` on."""
    of_graph = (
        select(*columns, graph_nodes.c.graph_id)
        .where(
            graph_nodes.c.graph_id == graphs.c.id,
            ~graph_nodes.c.hidden,
            graph_nodes.c.notion_id >= bindparam("start", type_=Uuid),
        )
        .order_by(graph_nodes.c.notion_id)
        .limit(_MOST)
        .correlate(graphs)
        .lateral()
    )
    return (
        select(*of_graph.c, graphs.c.workspace_id)
        .select_from(graphs.join(of_graph, true()))
        .where(IS_GRANTED, (_WORKSPACE.is_(None)) | (graphs.c.workspace_id == _WORKSPACE))
        .order_by(of_graph.c.notion_id, of_graph.c.graph_id.desc())
    )


_of_node = tuple(item for item in SUMMARY if item.table is graph_nodes)
_NODES = _batch(*_of_node)
_SOURCES = _batch(graph_nodes.c.notion_id, graph_nodes.c.id)
_sources = (
    func.unnest(
        bindparam("ids", type_=ARRAY(BigInteger)),
        bindparam("kinds", type_=ARRAY(Text)),
        bindparam("targets", type_=ARRAY(Uuid)),
        bindparam("properties", type_=ARRAY(Text)),
    )
    .table_valued(column("id", BigInteger), column("kind", Text), column("target", Uuid), column("property", Text))
    .render_derived(name="sources")
)
_edge = tuple(graph_edges.c[name] for name in ("source_notion_id", "kind", "target_notion_id", "property"))
_of_source = (
    select(*_edge)
    .where(
        graph_edges.c.source == _sources.c.id,
        graph_edges.c.target.is_not(None),
        tuple_(graph_edges.c.kind, graph_edges.c.target_notion_id, graph_edges.c.property)
        > tuple_(_sources.c.kind, _sources.c.target, _sources.c.property),
    )
    .order_by(*_edge[1:])
    .limit(_MOST)
    .lateral()
)
_EDGES = select(*_of_source.c).select_from(_sources.join(_of_source, true())).order_by(*_of_source.c).limit(_MOST)


async def read_nodes(
    connection: Connection, grant_ids: Sequence[int], workspace_id: uuid.UUID | None, *, start: uuid.UUID, most: int
) -> NodeBatch:
    """Of all graphs, or of a workspace's: `most` nodes from this id on, without their properties."""
    values = {"grant_ids": list(grant_ids), "workspace": workspace_id, "start": start, "most": most}
    shown: dict[uuid.UUID, Row] = {}
    for row in await connection.execute(_NODES, values):
        known = shown.get(row.notion_id)
        if known is None or _edited(row) > _edited(known):
            shown[row.notion_id] = row
    rows = list(shown.values())[:most]
    return NodeBatch(tuple(map(to_summary, rows)), _behind(rows[-1].notion_id) if len(shown) >= most else None)


def _edited(row: Row) -> float:
    return row.edited_at.timestamp() if row.edited_at else float("-inf")


async def read_edges(
    connection: Connection,
    grant_ids: Sequence[int],
    workspace_id: uuid.UUID | None,
    *,
    start: EdgePosition,
    nodes: int,
    most: int,
) -> EdgeBatch:
    """Up to `most` edges that start from the next `nodes` nodes."""
    values = {"grant_ids": list(grant_ids), "workspace": workspace_id, "start": start.source, "most": nodes}
    rows = list(await connection.execute(_SOURCES, values))
    ids = sorted({row.notion_id for row in rows})
    following = _behind(ids[nodes - 1]) if len(ids) >= nodes else None
    chosen = [row for row in rows if row.notion_id in set(ids[:nodes])]
    starts = [start if row.notion_id == start.source else START for row in chosen]
    found = await connection.execute(
        _EDGES,
        {
            "ids": [row.id for row in chosen],
            "kinds": [item.kind for item in starts],
            "targets": [item.target for item in starts],
            "properties": [item.property for item in starts],
            "most": most,
        },
    )
    edges = [EdgePosition(*row) for row in found]
    if len(edges) == most:
        return EdgeBatch(_once(edges), edges[-1], full=True)
    return EdgeBatch(_once(edges), EdgePosition(following) if following else None, full=False)


def _once(found: Sequence[EdgePosition]) -> tuple[Edge, ...]:
    return tuple(Edge(EdgeKind(item.kind), item.source, item.target, item.property) for item in dict.fromkeys(found))


def _behind(node_id: uuid.UUID) -> uuid.UUID | None:
    return uuid.UUID(int=node_id.int + 1) if node_id.int + 1 < 1 << 128 else None

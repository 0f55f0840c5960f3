"""Writing to graphs. Each function but the first three holds the graph's row until its transaction ends, so that what
is written to one graph is written in turn: nothing deadlocks, and changes are numbered in the order of their commits.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    LargeBinary,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    column,
    delete,
    false,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import Edge, Gap
from ivgraph_auth.graph.removal_repository import GAPS_OF, OWNED_EDGES, hide, lock, note_changes
from ivgraph_auth.graph.rows import Change, GraphRow, NodeReading
from ivgraph_auth.graph.stored import StoredNode, owned_edges, storable_text, stored_node
from ivgraph_auth.graph.tables import graph_edges, graph_gaps, graph_nodes, graphs

_GRAPH = bindparam("of_graph", type_=BigInteger)
_RUN = bindparam("of_run", type_=BigInteger)
_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_NOTION_IDS = bindparam("notion_ids", type_=ARRAY(Uuid))
_GRAPH_COLUMNS = tuple(graphs.c[field.name] for field in fields(GraphRow))
_GRAPHS = (
    select(*_GRAPH_COLUMNS)
    .where(graphs.c.grant_id == any_(bindparam("grant_ids", type_=ARRAY(BigInteger))))
    .order_by(graphs.c.id)
)
_SET_AS_OF = update(graphs).where(graphs.c.id == _GRAPH).values(as_of=bindparam("moment"))
_here = and_(graph_nodes.c.graph_id == _GRAPH, graph_nodes.c.notion_id == any_(_NOTION_IDS))
_KNOWN = select(graph_nodes.c.id, graph_nodes.c.notion_id, graph_nodes.c.hidden, graph_nodes.c.digest).where(_here)
_SEEN = func.greatest(graph_nodes.c.seen_run, _RUN)
_TOUCH = update(graph_nodes).where(_here, ~graph_nodes.c.hidden).values(seen_run=_SEEN)
_READ_AGAIN = update(graph_nodes).where(_here).values(seen_run=_SEEN, read_at=func.now())


def _unnest(name: str, columns: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """A table of parameters, one array for each column."""
    arrays = (bindparam(f"all_{key}", type_=ARRAY(kind)) for key, kind in columns.items())
    named = (column(key, kind) for key, kind in columns.items())
    return func.unnest(*arrays).table_valued(*named).render_derived(name=name)


_MOMENT = DateTime(timezone=True)
_NODE_TYPES: Mapping[str, TypeEngine[Any]] = {
    **{field.name: Text() for field in fields(StoredNode)},
    "notion_id": Uuid(),
    "parent_id": Uuid(),
    "created_at": _MOMENT,
    "edited_at": _MOMENT,
    "digest": LargeBinary(),
}
_nodes = _unnest("nodes", _NODE_TYPES)
_CONVERTED = {
    "words": func.array_to_tsvector(func.string_to_array(_nodes.c.words, " ")),
    "properties": cast(_nodes.c.properties, JSONB),
}
_WRITTEN = {
    **{name: _CONVERTED.get(name, _nodes.c[name]) for name in _NODE_TYPES},
    "hidden": false(),
    "read_at": func.now(),
    "seen_run": _RUN,
}
_insert_nodes = insert(graph_nodes).from_select(
    ["graph_id", *_WRITTEN], select(_GRAPH, *_WRITTEN.values()).order_by(_nodes.c.notion_id)
)
_UPSERT_NODES = _insert_nodes.on_conflict_do_update(
    index_elements=[graph_nodes.c.graph_id, graph_nodes.c.notion_id],
    set_={
        **{name: _insert_nodes.excluded[name] for name in _WRITTEN if name != "notion_id"},
        "seen_run": func.greatest(graph_nodes.c.seen_run, _insert_nodes.excluded.seen_run),
    },
).returning(graph_nodes.c.id, graph_nodes.c.notion_id)
_edges = _unnest("edges", {"source": Uuid(), "target": Uuid(), "kind": Text(), "property": Text()})
_source, _target = graph_nodes.alias("source"), graph_nodes.alias("target")
_INSERT_EDGES = insert(graph_edges).from_select(
    ["graph_id", "source", "target", "source_notion_id", "target_notion_id", "kind", "property"],
    select(_GRAPH, _source.c.id, _target.c.id, *_edges.c).select_from(
        _edges.outerjoin(
            _source, and_(_source.c.graph_id == _GRAPH, _source.c.notion_id == _edges.c.source, ~_source.c.hidden)
        ).outerjoin(
            _target, and_(_target.c.graph_id == _GRAPH, _target.c.notion_id == _edges.c.target, ~_target.c.hidden)
        )
    ),
)
_RESOLVE_SOURCES, _RESOLVE_TARGETS = (
    update(graph_edges)
    .where(
        graph_edges.c.graph_id == _GRAPH,
        graph_edges.c[end].is_(None),
        graph_edges.c[f"{end}_notion_id"] == graph_nodes.c.notion_id,
        graph_nodes.c.id == any_(_IDS),
    )
    .values({end: graph_nodes.c.id})
    for end in ("source", "target")
)
_gaps = _unnest("gaps", {"node": BigInteger(), "reason": Text(), "detail": Text()})
_INSERT_GAPS = insert(graph_gaps).from_select(["graph_id", "node", "reason", "detail"], select(_GRAPH, *_gaps.c))


async def ensure_graph(connection: Connection, grant_id: int, workspace_id: uuid.UUID, now: datetime) -> int:
    """The id of the grant's graph, which is made when there is none."""
    statement = (
        insert(graphs)
        .values(grant_id=grant_id, workspace_id=workspace_id, created_at=now)
        .on_conflict_do_update(index_elements=[graphs.c.grant_id], set_={"workspace_id": workspace_id})
        .returning(graphs.c.id)
    )
    graph_id: int = (await connection.execute(statement)).scalar_one()
    return graph_id


async def graphs_of(connection: Connection, grant_ids: Sequence[int]) -> list[GraphRow]:
    return [GraphRow(*row) for row in await connection.execute(_GRAPHS, {"grant_ids": list(grant_ids)})]


async def set_as_of(connection: Connection, graph_id: int, as_of: datetime) -> None:
    await connection.execute(_SET_AS_OF, {"of_graph": graph_id, "moment": as_of})


async def touch(connection: Connection, graph_id: int, notion_ids: Iterable[uuid.UUID], run: int) -> None:
    """Seen in this run, and not changed since they were read."""
    if await lock(connection, graph_id):
        values = {"of_graph": graph_id, "notion_ids": list(notion_ids), "of_run": run}
        await connection.execute(_TOUCH, values)


async def save(connection: Connection, graph_id: int, readings: Sequence[NodeReading], run: int) -> None:
    """Replaces what is stored of these objects, up to 100. One that is in the trash is hidden, with what is below it.
    Nothing is saved when the graph is gone.
    """
    if not await lock(connection, graph_id):
        return
    latest = {reading.node.id: reading for reading in readings}
    trashed = [node_id for node_id, reading in latest.items() if reading.node.in_trash]
    await hide(connection, graph_id, trashed)
    values = {"of_graph": graph_id, "of_run": run}
    rows = await connection.execute(_KNOWN, {**values, "notion_ids": list(latest)})
    known = {row.notion_id: row for row in rows}
    edges = {node_id: owned_edges(latest[node_id]) for node_id in sorted(latest.keys() - set(trashed))}
    stored = [stored_node(latest[node_id], edges[node_id], graph_id) for node_id in edges]
    changed = [node for node in stored if not _is_same(known.get(node.notion_id), node)]
    ids = {node_id: row.id for node_id, row in known.items()}
    if len(changed) < len(latest):
        same = latest.keys() - {node.notion_id for node in changed}
        await connection.execute(_READ_AGAIN, {**values, "notion_ids": list(same)})
    if changed:
        rows = await connection.execute(_UPSERT_NODES, {**values, **_columns(changed)})
        ids |= {row.notion_id: row.id for row in rows}
        await _replace_edges(connection, graph_id, ids, [(node.notion_id, edges[node.notion_id]) for node in changed])
    await _replace_gaps(connection, graph_id, [(ids[node_id], latest[node_id].gaps) for node_id in edges])
    what = {
        node.notion_id: Change.CHANGED if _shows(known.get(node.notion_id)) else Change.APPEARED for node in changed
    }
    await note_changes(connection, graph_id, what)


def _shows(row: Row | None) -> bool:
    return row is not None and not row.hidden


def _is_same(row: Row | None, node: StoredNode) -> bool:
    return _shows(row) and row.digest == node.digest  # type: ignore[union-attr]


def _columns(nodes: Sequence[StoredNode]) -> dict[str, object]:
    return {f"all_{name}": [getattr(node, name) for node in nodes] for name in _NODE_TYPES}


async def _replace_edges(
    connection: Connection,
    graph_id: int,
    ids: Mapping[uuid.UUID, int],
    owned: Sequence[tuple[uuid.UUID, list[Edge]]],
) -> None:
    replaced = [ids[node_id] for node_id, _ in owned]
    await connection.execute(delete(graph_edges).where(OWNED_EDGES), {"ids": replaced})
    edges = list(chain.from_iterable(edges for _, edges in owned))
    if edges:
        values = {
            "all_source": [edge.source for edge in edges],
            "all_target": [edge.target for edge in edges],
            "all_kind": [edge.kind.value for edge in edges],
            "all_property": [edge.property for edge in edges],
        }
        await connection.execute(_INSERT_EDGES, {"of_graph": graph_id, **values})
    for resolve in (_RESOLVE_SOURCES, _RESOLVE_TARGETS):
        await connection.execute(resolve, {"of_graph": graph_id, "ids": replaced})


async def _replace_gaps(connection: Connection, graph_id: int, gaps: Sequence[tuple[int, tuple[Gap, ...]]]) -> None:
    await connection.execute(GAPS_OF, {"ids": [node for node, _ in gaps]})
    found = list(
        dict.fromkeys((node, gap.reason.value, storable_text(gap.detail)) for node, own in gaps for gap in own)
    )
    if found:
        values = dict(zip(("all_node", "all_reason", "all_detail"), map(list, zip(*found, strict=True)), strict=True))
        await connection.execute(_INSERT_GAPS, {"of_graph": graph_id, **values})

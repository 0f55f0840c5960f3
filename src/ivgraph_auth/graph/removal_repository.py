"""What goes from a graph: hidden, removed, or pruned after its grant."""

import uuid
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    column,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph.models import EdgeKind
from ivgraph_auth.graph.rows import Change
from ivgraph_auth.graph.tables import graph_changes, graph_edges, graph_gaps, graph_nodes, graphs

_GRAPH = bindparam("of_graph", type_=BigInteger)
_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_NOTION_IDS = bindparam("notion_ids", type_=ARRAY(Uuid))
_MOST = bindparam("most", type_=Integer)
# From a node's own parent field: such an edge is its lower end's, and any other is its upper end's.
_FROM_PARENT = (EdgeKind.CHILD, EdgeKind.ROW, EdgeKind.SOURCE)
_is_from_parent = graph_edges.c.kind == any_(literal([kind.value for kind in _FROM_PARENT], ARRAY(Text)))
OWNED_EDGES = or_(
    and_(graph_edges.c.source == any_(_IDS), ~_is_from_parent),
    and_(graph_edges.c.target == any_(_IDS), _is_from_parent),
)
GAPS_OF = delete(graph_gaps).where(graph_gaps.c.node == any_(_IDS))
_DELETE_OWNED = delete(graph_edges).where(OWNED_EDGES)
# What is left are edges of others, which wait until these nodes show again.
_LOOSEN = (
    update(graph_edges)
    .where(or_(graph_edges.c.source == any_(_IDS), graph_edges.c.target == any_(_IDS)))
    .values(
        source=case((graph_edges.c.source == any_(_IDS), null()), else_=graph_edges.c.source),
        target=case((graph_edges.c.target == any_(_IDS), null()), else_=graph_edges.c.target),
    )
)
_LOCK = select(graphs.c.id).where(graphs.c.id == _GRAPH).with_for_update(key_share=True)
_top = select(graph_nodes.c.id).where(
    graph_nodes.c.graph_id == _GRAPH, graph_nodes.c.notion_id == any_(_NOTION_IDS), ~graph_nodes.c.hidden
)
_below = _top.cte("below", recursive=True)
# UNION leaves out what was found already: a circle of parents ends.
_below = _below.union(
    select(graph_edges.c.target).where(
        graph_edges.c.source == _below.c.id, _is_from_parent, graph_edges.c.target.is_not(None)
    )
)
_HIDE = (
    update(graph_nodes)
    .where(graph_nodes.c.id.in_(select(_below.c.id)))
    .values(hidden=True, digest=literal(b"", LargeBinary))
    .returning(graph_nodes.c.id, graph_nodes.c.notion_id)
)
_RUN = bindparam("of_run", type_=BigInteger)
_HIDE_UNSEEN = _HIDE.where(graph_nodes.c.seen_run < _RUN)
_UNSEEN = select(graph_nodes.c.id, graph_nodes.c.notion_id).where(
    graph_nodes.c.graph_id == _GRAPH, graph_nodes.c.notion_id == any_(_NOTION_IDS), graph_nodes.c.seen_run < _RUN
)
_DELETE_NODES = delete(graph_nodes).where(graph_nodes.c.id == any_(_IDS))
_changed = (
    func.unnest(bindparam("all_nodes", type_=ARRAY(Uuid)), bindparam("all_what", type_=ARRAY(Text)))
    .table_valued(column("node", Uuid), column("what", Text))
    .render_derived(name="changed")
)
_NOTE = insert(graph_changes).from_select(
    ["graph_id", "notion_id", "what", "at"], select(_GRAPH, _changed.c.node, _changed.c.what, func.now())
)


def _orphaned(table: Table) -> Select[tuple[int]]:
    """Graphs of the table's rows that are gone, found without reading the rows in between."""
    ids = select(func.min(table.c.graph_id).label("id")).cte("ids", recursive=True)
    following = select(func.min(table.c.graph_id)).where(table.c.graph_id > ids.c.id).scalar_subquery()
    ids = ids.union_all(select(following).where(ids.c.id.is_not(None)))
    return select(ids.c.id).where(ids.c.id.is_not(None), ~exists().where(graphs.c.id == ids.c.id))


_ORPHANED_NODES = select(graph_nodes.c.id).where(graph_nodes.c.graph_id.in_(_orphaned(graph_nodes))).limit(_MOST)
_orphaned_changes = (
    select(graph_changes.c.graph_id, graph_changes.c.seq)
    .where(graph_changes.c.graph_id.in_(_orphaned(graph_changes)))
    .limit(_MOST)
    .subquery()
)
_DELETE_CHANGES = (
    delete(graph_changes)
    .where(graph_changes.c.graph_id == _orphaned_changes.c.graph_id, graph_changes.c.seq == _orphaned_changes.c.seq)
    .returning(graph_changes.c.seq)
)
_DELETE_EDGES = (
    delete(graph_edges)
    .where(or_(graph_edges.c.source == any_(_IDS), graph_edges.c.target == any_(_IDS)))
    .returning(graph_edges.c.id)
)


async def lock(connection: Connection, graph_id: int) -> bool:
    """False when the graph is gone."""
    return (await connection.execute(_LOCK, {"of_graph": graph_id})).one_or_none() is not None


async def hide(connection: Connection, graph_id: int, notion_ids: Iterable[uuid.UUID]) -> int:
    """These and what is below them, until they are saved again. Answers how many showed before."""
    given = list(notion_ids)
    if not given or not await lock(connection, graph_id):
        return 0
    hidden = list(await connection.execute(_HIDE, {"of_graph": graph_id, "notion_ids": given}))
    await _detach(connection, [row.id for row in hidden])
    await note_changes(connection, graph_id, {row.notion_id: Change.WENT for row in hidden})
    return len(hidden)


async def remove_gone(connection: Connection, graph_id: int, run: int, notion_ids: Iterable[uuid.UUID]) -> None:
    """Those of them that this run has not seen. What is below and was not seen either is hidden until it is."""
    values = {"of_graph": graph_id, "of_run": run, "notion_ids": list(notion_ids)}
    if not values["notion_ids"] or not await lock(connection, graph_id):
        return
    unseen = list(await connection.execute(_UNSEEN, values))
    if not unseen:
        return
    values["notion_ids"] = [row.notion_id for row in unseen]
    hidden = list(await connection.execute(_HIDE_UNSEEN, values))
    ids = [row.id for row in unseen]
    await _detach(connection, [*{*ids, *(row.id for row in hidden)}])
    await connection.execute(_DELETE_NODES, {"ids": ids})
    await note_changes(connection, graph_id, {row.notion_id: Change.WENT for row in hidden})


async def _detach(connection: Connection, ids: Sequence[int]) -> None:
    if ids:
        for statement in (_DELETE_OWNED, _LOOSEN, GAPS_OF):
            await connection.execute(statement, {"ids": list(ids)})


async def note_changes(connection: Connection, graph_id: int, what: Mapping[uuid.UUID, Change]) -> None:
    if what:
        values = {"all_nodes": list(what), "all_what": [change.value for change in what.values()]}
        await connection.execute(_NOTE, {"of_graph": graph_id, **values})


async def prune_orphans(connection: Connection, most: int) -> int:
    """Rows of graphs that are gone: `most` nodes at once with their edges and gaps, or `most` changes. Answers how many
    rows went; again until it is none.
    """
    ids = list((await connection.execute(_ORPHANED_NODES, {"most": most})).scalars())
    if not ids:
        return len(list(await connection.execute(_DELETE_CHANGES, {"most": most})))
    await connection.execute(GAPS_OF, {"ids": ids})
    await connection.execute(_DELETE_NODES, {"ids": ids})
    return len(ids) + len(list(await connection.execute(_DELETE_EDGES, {"ids": ids})))

"""What goes from a graph: hidden, or removed."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    Select,
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
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningUpdate

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import EdgeKind
from ivgraph_auth.graph.rows import Change
from ivgraph_auth.graph.tables import graph_changes, graph_edges, graph_gaps, graph_hiding, graph_nodes, graphs

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
_ends_here = or_(graph_edges.c.source == any_(_IDS), graph_edges.c.target == any_(_IDS))
# What is left are edges of others, which wait until these nodes show again.
_LOOSEN = (
    update(graph_edges)
    .where(graph_edges.c.id.in_(select(graph_edges.c.id).where(_ends_here).limit(_MOST)))
    .values(
        source=case((graph_edges.c.source == any_(_IDS), null()), else_=graph_edges.c.source),
        target=case((graph_edges.c.target == any_(_IDS), null()), else_=graph_edges.c.target),
    )
    .returning(graph_edges.c.id)
)
_LOCK = select(graphs.c.id).where(graphs.c.id == _GRAPH).with_for_update(key_share=True)
# Each takes a tenth of a millisecond, and a transaction may take 2.5 s.
_MOST_HIDDEN = _MOST_LOOSENED = 2000
_MOST_TOPS = 50
_HIDDEN_AT = bindparam("hidden_at", type_=DateTime(timezone=True))
_was_read_before = graph_nodes.c.read_at < _HIDDEN_AT


def _hide(top: Select[tuple[int]], *conditions: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """The first `most` of these and of what is below them, the nearest first."""
    below = top.cte("below", recursive=True)
    child = (
        select(graph_edges.c.target.label("id"))
        .where(graph_edges.c.source == below.c.id, _is_from_parent, graph_edges.c.target.is_not(None))
        # Read by the index, node for node: what is below is not known when the plan is made.
        .offset(0)
        .lateral()
    )
    step = select(child.c.id).select_from(below.join(child, true()))
    if conditions:
        step = step.join(graph_nodes, graph_nodes.c.id == child.c.id).where(*conditions)
    # UNION leaves out what was found already: a circle of parents ends.
    below = below.union(step)
    return (
        update(graph_nodes)
        .where(graph_nodes.c.id.in_(select(below.c.id).limit(_MOST)))
        .values(hidden=True, digest=literal(b"", LargeBinary))
        .returning(graph_nodes.c.id, graph_nodes.c.notion_id)
    )


_HIDE = _hide(
    select(graph_nodes.c.id).where(
        graph_nodes.c.graph_id == _GRAPH, graph_nodes.c.notion_id == any_(_NOTION_IDS), ~graph_nodes.c.hidden
    )
)
_HIDE_BELOW = _hide(
    select(graph_nodes.c.id)
    .join(graph_edges, graph_edges.c.target == graph_nodes.c.id)
    .where(graph_edges.c.source == any_(_IDS), _is_from_parent, _was_read_before),
    _was_read_before,
)
_left = (
    graph_nodes.c.id == any_(_IDS),
    or_(
        exists().where(graph_edges.c.source == graph_nodes.c.id),
        exists().where(graph_edges.c.target == graph_nodes.c.id),
    ),
)
_NOTE_UNFINISHED = (
    insert(graph_hiding)
    .from_select(
        ["graph_id", "node", "hidden_at"],
        select(_GRAPH, graph_nodes.c.id, func.coalesce(_HIDDEN_AT, func.now())).where(*_left),
    )
    .on_conflict_do_update(
        index_elements=[graph_hiding.c.graph_id, graph_hiding.c.node], set_={"hidden_at": func.now()}
    )
)
_earliest = select(func.min(graph_hiding.c.hidden_at)).where(graph_hiding.c.graph_id == _GRAPH).scalar_subquery()
_UNFINISHED = (
    delete(graph_hiding)
    .where(
        graph_hiding.c.graph_id == _GRAPH,
        graph_hiding.c.node.in_(
            select(graph_hiding.c.node)
            .where(graph_hiding.c.graph_id == _GRAPH, graph_hiding.c.hidden_at == _earliest)
            .limit(_MOST)
        ),
    )
    .returning(graph_hiding.c.node, graph_hiding.c.hidden_at)
)
_STILL_HIDDEN = select(graph_nodes.c.id).where(graph_nodes.c.id == any_(_IDS), graph_nodes.c.hidden)
_UNFINISHED_GRAPHS = select(graph_hiding.c.graph_id).distinct().order_by(graph_hiding.c.graph_id)
_RUN = bindparam("of_run", type_=BigInteger)
_was_seen_before = graph_nodes.c.seen_run < _RUN
_given = (graph_nodes.c.graph_id == _GRAPH, graph_nodes.c.notion_id == any_(_NOTION_IDS))
_HIDE_UNSEEN = _hide(select(graph_nodes.c.id).where(*_given, ~graph_nodes.c.hidden, _was_seen_before), _was_seen_before)
_UNSEEN = select(graph_nodes.c.id).where(*_given, _was_seen_before)
_DELETE_NODES = delete(graph_nodes).where(graph_nodes.c.id == any_(_IDS))
_changed = (
    func.unnest(bindparam("all_nodes", type_=ARRAY(Uuid)), bindparam("all_what", type_=ARRAY(Text)))
    .table_valued(column("node", Uuid), column("what", Text))
    .render_derived(name="changed")
)
_NOTE = insert(graph_changes).from_select(
    ["graph_id", "notion_id", "what", "at"], select(_GRAPH, _changed.c.node, _changed.c.what, func.now())
)


async def lock(connection: Connection, graph_id: int) -> bool:
    """False when the graph is gone."""
    return (await connection.execute(_LOCK, {"of_graph": graph_id})).one_or_none() is not None


async def hide(connection: Connection, graph_id: int, notion_ids: Iterable[uuid.UUID]) -> int:
    """These and what is below them, until they are saved again. Answers how many showed before.

    Where that is too much for a transaction these go at once, and `hide_below` does the rest. Until then edges may lead
    to a node that does not show.
    """
    given = list(notion_ids)
    if not given or not await lock(connection, graph_id):
        return 0
    values = {"of_graph": graph_id, "notion_ids": given, "most": _MOST_HIDDEN}
    hidden = list(await connection.execute(_HIDE, values))
    await _finish(connection, graph_id, hidden, [], None)
    return len(hidden)


async def hide_below(connection: Connection, graph_id: int) -> int:
    """Some of what `hide` has left, but for what was read since. Answers how much of it was done; again until it is
    none.
    """
    if not await lock(connection, graph_id):
        return 0
    rows = list(await connection.execute(_UNFINISHED, {"of_graph": graph_id, "most": _MOST_TOPS}))
    if not rows:
        return 0
    hidden_at = rows[0].hidden_at
    tops = list((await connection.execute(_STILL_HIDDEN, {"ids": [row.node for row in rows]})).scalars())
    values = {"ids": tops, "most": _MOST_HIDDEN, "hidden_at": hidden_at}
    hidden = list(await connection.execute(_HIDE_BELOW, values))
    await _finish(connection, graph_id, hidden, tops, hidden_at)
    return len(rows) + len(hidden)


async def list_unfinished(connection: Connection) -> list[int]:
    """Graphs with something left for `hide_below`."""
    return list((await connection.execute(_UNFINISHED_GRAPHS)).scalars())


async def _finish(
    connection: Connection, graph_id: int, hidden: Sequence[Row], tops: Sequence[int], hidden_at: datetime | None
) -> bool:
    """`tops` were hidden before, at this time; None is now. Whether nothing of it is left for `hide_below`."""
    ids = [row.id for row in hidden]
    if ids:
        for statement in (_DELETE_OWNED, GAPS_OF):
            await connection.execute(statement, {"ids": ids})
        await note_changes(connection, graph_id, {row.notion_id: Change.WENT for row in hidden})
    both = [*tops, *ids]
    is_whole = len(hidden) < _MOST_HIDDEN and (
        not both or len(list(await connection.execute(_LOOSEN, {"ids": both, "most": _MOST_LOOSENED}))) < _MOST_LOOSENED
    )
    if not is_whole:
        await connection.execute(_NOTE_UNFINISHED, {"of_graph": graph_id, "ids": both, "hidden_at": hidden_at})
    return is_whole


async def remove_gone(connection: Connection, graph_id: int, run: int, notion_ids: Iterable[uuid.UUID]) -> bool:
    """Those of them that this run has not seen. What is below, and was not seen either, is hidden until it is.

    False where that is too much for a transaction: they are hidden then, and to be given again after `hide_below`.
    """
    values = {"of_graph": graph_id, "of_run": run, "notion_ids": list(notion_ids)}
    if not values["notion_ids"] or not await lock(connection, graph_id):
        return True
    hidden = list(await connection.execute(_HIDE_UNSEEN, {**values, "most": _MOST_HIDDEN}))
    if not await _finish(connection, graph_id, hidden, [], None):
        return False
    unseen = list((await connection.execute(_UNSEEN, values)).scalars())
    await _detach(connection, unseen)
    await connection.execute(_DELETE_NODES, {"ids": unseen})
    return True


async def _detach(connection: Connection, ids: Sequence[int]) -> None:
    if ids:
        for statement in (_DELETE_OWNED, _LOOSEN, GAPS_OF):
            await connection.execute(statement, {"ids": list(ids), "most": None})


async def note_changes(connection: Connection, graph_id: int, what: Mapping[uuid.UUID, Change]) -> None:
    if what:
        values = {"all_nodes": list(what), "all_what": [change.value for change in what.values()]}
        await connection.execute(_NOTE, {"of_graph": graph_id, **values})

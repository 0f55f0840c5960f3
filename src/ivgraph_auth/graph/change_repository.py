"""What appeared, changed and went, for who keeps a copy."""

from collections.abc import Mapping, Sequence

from sqlalchemy import BigInteger, Integer, and_, bindparam, case, column, exists, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph.node_repository import IS_GRANTED, select_visible
from ivgraph_auth.graph.rows import Change, ChangeRow, ChangesPage
from ivgraph_auth.graph.tables import graph_changes, graph_nodes, graphs

_MOST = bindparam("most", type_=Integer)
_since = (
    func.unnest(bindparam("since_graphs", type_=ARRAY(BigInteger)), bindparam("since_seqs", type_=ARRAY(BigInteger)))
    .table_valued(column("graph_id", BigInteger), column("seq", BigInteger))
    .render_derived(name="since")
)
_own = (
    select(graphs.c.id, func.coalesce(_since.c.seq, 0).label("seq"))
    .select_from(graphs.outerjoin(_since, _since.c.graph_id == graphs.c.id))
    .where(IS_GRANTED)
    .cte("own")
)
_latest = select(func.max(graph_changes.c.seq)).where(graph_changes.c.graph_id == graphs.c.id).scalar_subquery()
_OWN = select(
    graphs.c.id, graphs.c.pruned_seq, func.greatest(graphs.c.pruned_seq, func.coalesce(_latest, 0)).label("latest")
).where(IS_GRANTED)
_of_graph = (
    select(*graph_changes.c)
    .where(graph_changes.c.graph_id == _own.c.id, graph_changes.c.seq > _own.c.seq)
    .order_by(graph_changes.c.seq)
    .limit(_MOST)
    .lateral()
)
# What went from one grant's view is not gone while another grant of the principal sees it.
_is_seen_elsewhere = exists(
    select_visible(graph_nodes.c.id).where(
        graph_nodes.c.notion_id == _of_graph.c.notion_id, graph_nodes.c.graph_id != _of_graph.c.graph_id
    )
)
_what = case(
    (and_(_of_graph.c.what == Change.WENT.value, _is_seen_elsewhere), literal(Change.CHANGED.value)),
    else_=_of_graph.c.what,
)
_CHANGES = (
    select(_of_graph.c.seq, _of_graph.c.graph_id, _of_graph.c.notion_id, _what.label("what"), _of_graph.c.at)
    .select_from(_own.join(_of_graph, true()))
    .order_by(_of_graph.c.seq)
    .limit(_MOST)
)


async def latest(connection: Connection, grant_ids: Sequence[int]) -> dict[int, int]:
    """The positions behind all changes there are."""
    return {row.id: row.latest for row in await connection.execute(_OWN, {"grant_ids": list(grant_ids)})}


async def is_lost(connection: Connection, grant_ids: Sequence[int], since: Mapping[int, int]) -> bool:
    """A graph of these positions is gone, or changes behind them are."""
    own = {row.id: row.pruned_seq for row in await connection.execute(_OWN, {"grant_ids": list(grant_ids)})}
    return _is_lost(own, since)


def _is_lost(own: Mapping[int, int], since: Mapping[int, int]) -> bool:
    return not since.keys() <= own.keys() or any(since.get(graph_id, 0) < own[graph_id] for graph_id in own)


async def changes(
    connection: Connection, grant_ids: Sequence[int], since: Mapping[int, int], limit: int
) -> ChangesPage:
    """`since` is `positions` of an earlier page; empty from the beginning. Numbers rise within a graph in the order of
    commits, but not among graphs, so that there is a position for each.
    """
    values: dict[str, object] = {"grant_ids": list(grant_ids)}
    own = {row.id: row.pruned_seq for row in await connection.execute(_OWN, values)}
    values |= {"since_graphs": list(since), "since_seqs": list(since.values()), "most": limit + 1}
    rows = list(await connection.execute(_CHANGES, values))
    found = tuple(ChangeRow(row.seq, row.graph_id, row.notion_id, Change(row.what), row.at) for row in rows[:limit])
    positions = {graph_id: since.get(graph_id, 0) for graph_id in own}
    positions |= {change.graph_id: change.seq for change in found}
    return ChangesPage(found, positions, more=len(rows) > limit, lost=_is_lost(own, since))

"""What could not be read of graphs: how much, and where.

An edge that leads to what is not seen is a gap too, `not_shared`. What one grant lacks and another of the principal has
is none.
"""

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import and_, exists, func, select, text

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import GapReason
from ivgraph_auth.graph.node_repository import IS_GRANTED, select_visible
from ivgraph_auth.graph.rows import UNRESOLVED, GapPage, GapTotal, GraphRow, NodeGap
from ivgraph_auth.graph.tables import graph_edges, graph_gap_counts, graph_gaps, graph_nodes, graphs

_COUNTED_AS_UNRESOLVED = "unresolved"
# Where several connections see one workspace, what each counts is compared up to here.
_MOST_COMPARED = 1000
_edge = tuple(graph_edges.c[name] for name in ("kind", "property", "source_notion_id", "target_notion_id"))
_is_missing = graph_edges.c.target.is_(None)
_graph_columns = tuple(graphs.c[field.name] for field in fields(GraphRow))
# A graph without gaps has a row too, in which there is no reason.
_GRAPHS_AND_COUNTS = (
    select(*_graph_columns, graph_gap_counts.c.reason, graph_gap_counts.c.count)
    .outerjoin(graph_gap_counts, and_(graph_gap_counts.c.graph_id == graphs.c.id, graph_gap_counts.c.count > 0))
    .where(IS_GRANTED)
)
_noted_once = (
    select_visible(graph_nodes.c.notion_id, graph_gaps.c.reason, graph_gaps.c.detail)
    .join(graph_gaps, graph_gaps.c.node == graph_nodes.c.id)
    .distinct()
    .subquery()
)
_NOTED_ONCE = select(_noted_once.c.reason, func.count().label("count")).group_by(_noted_once.c.reason)
_once = (
    select(*_edge)
    .join(graphs, graphs.c.id == graph_edges.c.graph_id)
    .where(IS_GRANTED, _is_missing, graph_edges.c.source.is_not(None))
    .distinct()
    .subquery()
)
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
_UNRESOLVED_ONCE = select(func.count()).select_from(_once).where(~_is_there)


async def graphs_and_totals(
    connection: Connection, grant_ids: Sequence[int]
) -> tuple[Collection[GraphRow], list[GapTotal]]:
    """Every graph, and how many gaps there are by reason. Where several connections see one workspace and have many
    gaps, those of each are counted.
    """
    values = {"grant_ids": list(grant_ids)}
    every = list(await connection.execute(_GRAPHS_AND_COUNTS, values))
    own = {row.id: GraphRow(row.id, row.grant_id, row.workspace_id, row.as_of) for row in every}
    return own.values(), await _totals(connection, values, [row for row in every if row.reason is not None])


async def _totals(connection: Connection, values: Mapping[str, Any], rows: Sequence[Row]) -> list[GapTotal]:
    graph_ids, workspaces = {row.id for row in rows}, {row.workspace_id for row in rows}
    if len(graph_ids) > len(workspaces) and sum(row.count for row in rows) <= _MOST_COMPARED:
        counts = [(row.reason, row.count) for row in await connection.execute(_NOTED_ONCE, values)]
        counts.append((_COUNTED_AS_UNRESOLVED, (await connection.execute(_UNRESOLVED_ONCE, values)).scalar_one()))
    else:
        counts = [(row.reason, row.count) for row in rows]
    found: dict[str, int] = {}
    for reason, count in counts:
        name = GapReason.NOT_SHARED.value if reason == _COUNTED_AS_UNRESOLVED else reason
        found[name] = found.get(name, 0) + count
    return [GapTotal(GapReason(name), "", found[name]) for name in sorted(found) if found[name]]


# Of each graph in the order of its nodes: what was noted, then how many edges lead nowhere. `kind` tells the two apart.
_LISTING = """
    WITH own AS (SELECT id FROM graphs WHERE grant_id = ANY (CAST(:grant_ids AS bigint[]))),
    start AS (
        SELECT own.id, CASE WHEN own.id = :at_graph THEN CAST(:at_node AS bigint) ELSE 0 END AS node FROM own
        WHERE own.id >= :at_graph
    )
    SELECT found.*, n.notion_id FROM (
        SELECT start.id AS graph_id, noted.* FROM start CROSS JOIN LATERAL (
            SELECT g.node, 0 AS kind, g.id AS gap, g.reason, g.detail, CAST(1 AS bigint) AS count FROM graph_gaps AS g
            WHERE g.graph_id = start.id AND g.node >= start.node AND OF_NODE(g.node)
                AND (start.id, g.node, 0, g.id) > (:at_graph, :at_node, :at_kind, :at_gap)
                AND (CAST(:reason AS text) IS NULL OR g.reason = :reason)
                AND NOT EXISTS (
                    SELECT FROM graph_nodes AS mine
                    JOIN graph_nodes AS o ON o.notion_id = mine.notion_id AND NOT o.hidden
                    JOIN own AS before ON before.id = o.graph_id AND before.id < start.id
                    JOIN graph_gaps AS same ON same.node = o.id AND same.reason = g.reason AND same.detail = g.detail
                    WHERE mine.id = g.node
                )
            ORDER BY g.node, g.id LIMIT :most
        ) AS noted
        UNION ALL
        SELECT start.id, missing.* FROM start CROSS JOIN LATERAL (
            SELECT e.source, 1, CAST(0 AS bigint), 'not_shared', CAST(:unresolved AS text), count(*)
            FROM graph_edges AS e
            WHERE e.graph_id = start.id AND e.target IS NULL AND e.source IS NOT NULL
                AND e.source >= start.node AND OF_NODE(e.source)
                AND (start.id, e.source, 1, 0) > (:at_graph, :at_node, :at_kind, :at_gap)
                AND (CAST(:reason AS text) IS NULL OR :reason = 'not_shared')
                AND NOT EXISTS (
                    SELECT FROM graph_nodes AS o
                    JOIN own AS another ON another.id = o.graph_id AND another.id <> start.id
                    JOIN graph_edges AS t ON t.source = o.id AND t.kind = e.kind AND t.property = e.property
                        AND t.target_notion_id = e.target_notion_id AND t.source_notion_id = e.source_notion_id
                    WHERE o.notion_id = e.source_notion_id AND NOT o.hidden
                        AND (t.target IS NOT NULL OR another.id < start.id)
                )
            GROUP BY e.source ORDER BY e.source LIMIT :most
        ) AS missing
    ) AS found JOIN graph_nodes AS n ON n.id = found.node AND NOT n.hidden
    ORDER BY found.graph_id, found.node, found.kind, found.gap LIMIT :most
"""
_IS_NODE = "(SELECT n.id FROM graph_nodes AS n WHERE n.graph_id = start.id AND n.notion_id = CAST(:node_id AS uuid))"
_OF_ALL = text(re.sub(r"AND OF_NODE\(([\w.]+)\)", "", _LISTING))
_OF_NODE = text(re.sub(r"OF_NODE\(([\w.]+)\)", rf"\1 = {_IS_NODE}", _LISTING))


async def listing(
    connection: Connection,
    grant_ids: Sequence[int],
    *,
    reason: GapReason | None,
    node_id: uuid.UUID | None,
    limit: int,
    after: str | None,
) -> GapPage:
    """`after` is `next` of an earlier page, with the same arguments."""
    place = [int(part) for part in after.split()] if after else [0, 0, 0, 0]
    values: dict[str, Any] = dict(zip(("at_graph", "at_node", "at_kind", "at_gap"), place, strict=True))
    values |= {"grant_ids": list(grant_ids), "reason": reason and reason.value, "unresolved": UNRESOLVED}
    values["most"] = limit + 1
    if node_id is not None:
        values["node_id"] = node_id
    rows = list(await connection.execute(_OF_ALL if node_id is None else _OF_NODE, values))
    gaps = tuple(NodeGap(row.notion_id, GapReason(row.reason), row.detail, row.count) for row in rows[:limit])
    last = rows[limit - 1] if len(rows) > limit else None
    return GapPage(gaps, f"{last.graph_id} {last.node} {last.kind} {last.gap}" if last else None)

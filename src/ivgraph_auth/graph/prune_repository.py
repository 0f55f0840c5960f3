"""What nobody needs any more: rows of graphs that are gone, old changes, old runs."""

from datetime import timedelta

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    Table,
    any_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph.removal_repository import GAPS_OF
from ivgraph_auth.graph.tables import graph_changes, graph_edges, graph_nodes, graphs

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_MOST = bindparam("most", type_=Integer)
_DELETE_NODES = delete(graph_nodes).where(graph_nodes.c.id == any_(_IDS))


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
# Whoever keeps a copy up to an older change than `pruned_seq` is told to begin anew.
_PRUNE_CHANGES = text(
    """
    WITH due AS (
        SELECT graphs.id FROM graphs CROSS JOIN LATERAL (
            SELECT c.at FROM graph_changes AS c WHERE c.graph_id = graphs.id ORDER BY c.seq LIMIT 1
        ) AS oldest
        WHERE oldest.at < now() - CAST(:age AS interval) LIMIT :most FOR NO KEY UPDATE OF graphs SKIP LOCKED
    ), gone AS (
        DELETE FROM graph_changes AS c USING (
            SELECT old.* FROM due CROSS JOIN LATERAL (
                SELECT c.graph_id, c.seq, c.at FROM graph_changes AS c WHERE c.graph_id = due.id
                ORDER BY c.seq LIMIT :most
            ) AS old
            WHERE old.at < now() - CAST(:age AS interval) LIMIT :most
        ) AS old
        WHERE c.graph_id = old.graph_id AND c.seq = old.seq RETURNING c.graph_id, c.seq
    ), noted AS (
        UPDATE graphs SET pruned_seq = found.seq
        FROM (SELECT graph_id, max(seq) AS seq FROM gone GROUP BY graph_id) AS found WHERE graphs.id = found.graph_id
    )
    SELECT count(*) FROM gone
    """
)
# The latest of each graph stays: it tells when the next one is due.
_PRUNE_RUNS = text(
    """
    WITH gone AS (
        DELETE FROM graph_runs AS r USING (
            SELECT old.id FROM graphs CROSS JOIN LATERAL (
                SELECT r.id, r.finished_at FROM graph_runs AS r WHERE r.graph_id = graphs.id ORDER BY r.id LIMIT :most
            ) AS old
            WHERE old.finished_at < now() - CAST(:age AS interval)
                AND old.id < (SELECT max(r.id) FROM graph_runs AS r WHERE r.graph_id = graphs.id)
            LIMIT :most
        ) AS old
        WHERE r.id = old.id RETURNING r.id
    )
    SELECT count(*) FROM gone
    """
)


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


async def prune_changes(connection: Connection, age: timedelta, most: int) -> int:
    """Up to `most` that are older. Answers how many went; again until it is none."""
    count: int = (await connection.execute(_PRUNE_CHANGES, {"age": age, "most": most})).scalar_one()
    return count


async def prune_runs(connection: Connection, age: timedelta, most: int) -> int:
    """Up to `most` that have ended so long ago. Answers how many went; again until it is none."""
    count: int = (await connection.execute(_PRUNE_RUNS, {"age": age, "most": most})).scalar_one()
    return count

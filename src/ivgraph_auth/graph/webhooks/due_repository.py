"""What is to be read at Notion again, and who reads it."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Text,
    Uuid,
    and_,
    any_,
    case,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import EdgeKind, Gap, GapReason, NodeType, RunStatus
from ivgraph_auth.graph.reader.readings import Child
from ivgraph_auth.graph.tables import graph_due, graph_edges, graph_gaps, graph_nodes, graph_runs, graphs
from ivgraph_auth.graph.webhooks.models import DueMark

_due, _node, _edge, _run = graph_due.c, graph_nodes.c, graph_edges.c, graph_runs.c
_NOW = func.clock_timestamp()
_KEY = (_due.graph_id, _due.notion_id)
_BELOW = any_(literal([EdgeKind.CHILD.value, EdgeKind.ROW.value, EdgeKind.SOURCE.value], ARRAY(Text)))
_run_goes_on = exists().where(_run.id == _due.after_run, _run.status == RunStatus.RUNNING.value)
_is_free = and_(_due.held_until <= _NOW, ~_run_goes_on)


class LatestRun(NamedTuple):
    """`id` is 0 before the first."""

    id: int
    goes_on: bool


async def graphs_with(
    connection: Connection, workspace_id: uuid.UUID, grant_ids: Collection[int], notion_id: uuid.UUID
) -> list[int]:
    """Of these grants, and of the others of the workspace those in which the object shows."""
    shows = exists().where(_node.graph_id == graphs.c.id, _node.notion_id == notion_id, ~_node.hidden)
    named = graphs.c.grant_id == any_(literal(sorted(grant_ids), ARRAY(BigInteger)))
    query = select(graphs.c.id).where(graphs.c.workspace_id == workspace_id, or_(named, shows))
    return list((await connection.execute(query.order_by(graphs.c.id))).scalars())


async def mark_told(
    connection: Connection, graph_ids: Sequence[int], things: Iterable[Child], *, deleted: bool
) -> None:
    """At once, whatever was noted of them before. Whoever works on one of them finds that it was marked again."""
    rows = _rows(graph_ids, things, told=True, deleted=deleted)
    if not rows:
        return
    statement = insert(graph_due).values(rows)
    is_held = and_(_due.held_by.is_not(None), _due.held_until > _NOW)
    again = {
        "type": statement.excluded.type,
        "told": True,
        "deleted": or_(_due.deleted, statement.excluded.deleted),
        "marks": _due.marks + 1,
        "attempts": 0,
        "after_run": null(),
        "held_until": case((is_held, _due.held_until), else_=_NOW),
    }
    await connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=again))


async def mark_met(connection: Connection, graph_id: int, things: Iterable[Child]) -> None:
    """What was met in what was read so, unless it is to be read anyway."""
    rows = _rows([graph_id], things, told=False, deleted=False)
    if rows:
        await connection.execute(insert(graph_due).values(rows).on_conflict_do_nothing())


def _rows(graph_ids: Sequence[int], things: Iterable[Child], *, told: bool, deleted: bool) -> list[dict[str, Any]]:
    """In one order, so that two who mark at once do not wait for each other."""
    kept = {"told": told, "deleted": deleted, "due_since": _NOW, "marks": 1, "attempts": 0, "held_until": _NOW}
    return [
        {"graph_id": graph_id, "notion_id": thing.id, "type": thing.type.value, **kept}
        for graph_id in sorted(graph_ids)
        for thing in sorted({thing.id: thing for thing in things}.values())
    ]


async def list_deleted(connection: Connection, most: int) -> list[tuple[int, uuid.UUID]]:
    """Ids of graphs and objects that are to be hidden."""
    query = select(*_KEY).where(_due.deleted).order_by(*_KEY).limit(most)
    return [(row.graph_id, row.notion_id) for row in await connection.execute(query)]


async def take_deleted(connection: Connection, graph_id: int, notion_id: uuid.UUID) -> bool:
    """Once: False when another process has hidden it."""
    statement = update(graph_due).where(_due.graph_id == graph_id, _due.notion_id == notion_id, _due.deleted)
    done = await connection.execute(statement.values(deleted=False).returning(_due.graph_id))
    return done.one_or_none() is not None


async def list_graphs(connection: Connection, but: Collection[int], most: int) -> list[int]:
    """Those with something to be read, that which has waited longest first."""
    others = _due.graph_id != func.all(literal(sorted(but), ARRAY(BigInteger)))
    query = select(_due.graph_id).where(_is_free, others).group_by(_due.graph_id)
    return list((await connection.execute(query.order_by(func.min(_due.due_since)).limit(most))).scalars())


async def claim(
    connection: Connection, graph_id: int, process_id: uuid.UUID, hold: timedelta, most: int
) -> list[DueMark]:
    """Marks of a graph that nobody works on, what webhooks told of first."""
    free = (
        select(*_KEY)
        .where(_due.graph_id == graph_id, _is_free)
        .order_by(_due.told.desc(), _due.due_since, _due.notion_id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(graph_due)
        .where(tuple_(*_KEY).in_(free), graphs.c.id == _due.graph_id)
        .values(held_by=process_id, held_until=_NOW + hold)
        .returning(*graph_due.c, graphs.c.grant_id)
    )
    return [_to_mark(row) for row in await connection.execute(statement)]


async def finish(connection: Connection, mark: DueMark, process_id: uuid.UUID, *, after_run: int | None) -> None:
    """It is done, unless it was marked again meanwhile. With `after_run` it is read once more when that has ended."""
    mine = _mine(mark, process_id)
    if after_run is None:
        await connection.execute(delete(graph_due).where(*mine, _due.marks == mark.marks))
    else:
        once_more = {"after_run": after_run, "told": False}
        await connection.execute(update(graph_due).where(*mine, _due.marks == mark.marks).values(once_more))
    await connection.execute(update(graph_due).where(*mine).values(held_by=None, held_until=_NOW))


async def postpone(connection: Connection, mark: DueMark, process_id: uuid.UUID, pause: timedelta) -> None:
    """It could not be read. One that was marked again meanwhile is read again at once."""
    mine = _mine(mark, process_id)
    same = _due.marks == mark.marks
    values = {
        "held_by": None,
        "held_until": case((same, _NOW + pause), else_=_NOW),
        "attempts": case((same, _due.attempts + 1), else_=_due.attempts),
    }
    await connection.execute(update(graph_due).where(*mine).values(values))


async def hold(connection: Connection, mark: DueMark, process_id: uuid.UUID, until: timedelta) -> None:
    """For a while longer."""
    statement = update(graph_due).where(*_mine(mark, process_id))
    await connection.execute(statement.values(held_until=_NOW + until))


async def forget_graph(connection: Connection, graph_id: int) -> None:
    await connection.execute(delete(graph_due).where(_due.graph_id == graph_id))


async def latest_run(connection: Connection, graph_id: int) -> LatestRun:
    query = select(_run.id, _run.status).where(_run.graph_id == graph_id).order_by(_run.id.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return LatestRun(row.id, row.status == RunStatus.RUNNING.value) if row else LatestRun(0, False)


async def known_type(connection: Connection, graph_id: int, notion_id: uuid.UUID) -> tuple[NodeType, bool] | None:
    """What it is, and whether it shows. None when the graph does not have it."""
    query = select(_node.type, _node.hidden).where(_node.graph_id == graph_id, _node.notion_id == notion_id)
    row = (await connection.execute(query)).one_or_none()
    return (NodeType(row.type), not row.hidden) if row else None


async def list_showing(connection: Connection, graph_id: int, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    query = select(_node.notion_id).where(
        _node.graph_id == graph_id, _node.notion_id == any_(literal(sorted(ids), ARRAY(Uuid))), ~_node.hidden
    )
    return set((await connection.execute(query)).scalars())


async def list_below(connection: Connection, graph_id: int, notion_id: uuid.UUID) -> dict[uuid.UUID, Child]:
    """Pages and databases that stand in it, as far as the graph knows; not rows of a data source."""
    above = graph_nodes.alias("above")
    query = (
        select(_node.notion_id, _node.type)
        .join(graph_edges, _edge.target == _node.id)
        .join(above, above.c.id == _edge.source)
        .where(
            above.c.graph_id == graph_id,
            above.c.notion_id == notion_id,
            _edge.kind == _BELOW,
            _edge.kind != EdgeKind.ROW.value,
        )
    )
    return {row.notion_id: Child(row.notion_id, NodeType(row.type)) for row in await connection.execute(query)}


async def list_row_gaps(connection: Connection, graph_id: int, notion_id: uuid.UUID) -> list[Gap]:
    """What is known to be missing of a data source's rows."""
    query = (
        select(graph_gaps.c.detail)
        .join(graph_nodes, _node.id == graph_gaps.c.node)
        .where(
            _node.graph_id == graph_id,
            _node.notion_id == notion_id,
            graph_gaps.c.reason == GapReason.ROW_LIMIT.value,
        )
    )
    rows = await connection.execute(query)
    return [Gap(notion_id, GapReason.ROW_LIMIT, row.detail) for row in rows]


def _mine(mark: DueMark, process_id: uuid.UUID) -> tuple[Any, ...]:
    return _due.graph_id == mark.graph_id, _due.notion_id == mark.notion_id, _due.held_by == process_id


def _to_mark(row: Row) -> DueMark:
    return DueMark(
        graph_id=row.graph_id,
        grant_id=row.grant_id,
        notion_id=row.notion_id,
        type=NodeType(row.type),
        told=row.told,
        marks=row.marks,
        attempts=row.attempts,
    )

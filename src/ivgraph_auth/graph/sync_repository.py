"""Runs of the synchronization, and what they have met."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, Integer, Uuid, any_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph import repository
from ivgraph_auth.graph.models import NodeType, Run, RunPhase, RunStatus
from ivgraph_auth.graph.reader.readings import Child
from ivgraph_auth.graph.tables import graph_found, graph_nodes, graph_runs, graphs

_run, _node, _found = graph_runs.c, graph_nodes.c, graph_found.c
# One that is hidden may have come back, and Notion's search lists data sources whole.
_MUST_BE_ASKED = or_(_node.hidden, _node.type == NodeType.DATA_SOURCE.value)
_NOW = func.clock_timestamp()
_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_WITH_GRAPH = select(*graph_runs.c, graphs.c.grant_id, graphs.c.workspace_id).join(graphs, graphs.c.id == _run.graph_id)
_BEFORE = bindparam("before", type_=BigInteger)
_LATEST = (
    _WITH_GRAPH.where(
        graphs.c.grant_id == any_(bindparam("grant_ids", type_=ARRAY(BigInteger))),
        or_(_BEFORE.is_(None), _run.id < _BEFORE),
    )
    .order_by(_run.id.desc())
    .limit(bindparam("most", type_=Integer))
)
# Notion tells the minute in which a page was edited: what was read within it may have been edited again since.
_SURELY_UNCHANGED = text(
    """
    SELECT n.notion_id FROM graph_nodes AS n
    JOIN unnest(CAST(:ids AS uuid[]), CAST(:edited AS timestamptz[])) AS now (id, edited_at) ON n.notion_id = now.id
    WHERE n.graph_id = :graph_id AND n.edited_at = now.edited_at AND NOT n.hidden
      AND n.read_at > n.edited_at + interval '2 minutes'
    """
)


class UnseenNode(NamedTuple):
    child: Child
    must_be_asked: bool


async def start(connection: Connection, graph_id: int, started_by: int | None) -> int | None:
    """None while another run of this graph goes on. `started_by` is an account."""
    known = select(func.count()).select_from(graph_nodes).where(_node.graph_id == graph_id, ~_node.hidden)
    statement = insert_or(graph_runs).values(
        graph_id=graph_id,
        status=RunStatus.RUNNING.value,
        phase=RunPhase.SEARCH.value,
        seen=0,
        total=known.scalar_subquery(),
        stop_asked=False,
        started_by=started_by,
        started_at=_NOW,
        held_until=_NOW,
    )
    started: int | None = (
        await connection.execute(statement.on_conflict_do_nothing().returning(_run.id))
    ).scalar_one_or_none()
    return started


async def claim(connection: Connection, process_id: uuid.UUID, hold: timedelta) -> Run | None:
    """One that nobody goes on with: it is new, or whoever had it was cut short."""
    free = (
        select(_run.id)
        .where(_run.status == RunStatus.RUNNING.value, _run.held_until <= _NOW)
        .order_by(_run.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = (
        update(graph_runs).where(_run.id == free).values(held_by=process_id, held_until=_NOW + hold).returning(_run.id)
    )
    run_id = (await connection.execute(statement)).scalar_one_or_none()
    return await find(connection, run_id) if run_id is not None else None


async def find(connection: Connection, run_id: int) -> Run | None:
    row = (await connection.execute(_WITH_GRAPH.where(_run.id == run_id))).one_or_none()
    return _to_run(row) if row else None


async def list_latest(connection: Connection, grant_ids: Sequence[int], before: int | None, most: int) -> list[Run]:
    """Runs of these grants' graphs, newest first; those older than `before`."""
    values = {"grant_ids": list(grant_ids), "before": before, "most": most}
    return [_to_run(row) for row in await connection.execute(_LATEST, values)]


async def hold(connection: Connection, run: Run, process_id: uuid.UUID, until: timedelta) -> bool:
    """Notes how far it is. False when it was asked to stop, or is not this process's any more."""
    statement = (
        update(graph_runs)
        .where(
            _run.id == run.id,
            _run.status == RunStatus.RUNNING.value,
            _run.held_by == process_id,
            _run.stop_asked.is_(False),
        )
        .values(held_until=_NOW + until, phase=run.phase.value, cursor=run.cursor, seen=run.seen)
        .returning(_run.id)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def release(connection: Connection, process_id: uuid.UUID) -> None:
    """Lets another process go on with what this one holds."""
    statement = update(graph_runs).where(_run.held_by == process_id, _run.status == RunStatus.RUNNING.value)
    await connection.execute(statement.values(held_by=None, held_until=_NOW))


async def ask_to_stop(connection: Connection, run_id: int) -> bool:
    """False when it does not run."""
    statement = (
        update(graph_runs)
        .where(_run.id == run_id, _run.status == RunStatus.RUNNING.value)
        .values(stop_asked=True)
        .returning(_run.id)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def finish(connection: Connection, run: Run, process_id: uuid.UUID, status: RunStatus, error: str | None) -> bool:
    """When it ends well, the graph is as it was at Notion when it began. False when it is not this process's."""
    statement = (
        update(graph_runs)
        .where(_run.id == run.id, _run.held_by == process_id, _run.status == RunStatus.RUNNING.value)
        .values(status=status.value, error=error, finished_at=_NOW, seen=run.seen, held_by=None)
        .returning(_run.started_at)
    )
    started_at = (await connection.execute(statement)).scalar_one_or_none()
    if started_at is None:
        return False
    if status is RunStatus.DONE:
        await repository.set_as_of(connection, run.graph_id, started_at)
        await connection.execute(_JUDGE_WEBHOOKS, {"graph_id": run.graph_id, "started_at": started_at})
        await connection.execute(delete(graph_found).where(_found.graph_id == run.graph_id))
    return True


async def has_failed_before(connection: Connection, run: Run, error: str) -> bool:
    """Whether the run before this one has ended alike."""
    before = select(_run.error).where(_run.graph_id == run.graph_id, _run.id < run.id).order_by(_run.id.desc()).limit(1)
    return bool((await connection.execute(before)).scalar_one_or_none() == error)


async def list_seen(connection: Connection, run: Run, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those that this run has read, or knows to be unchanged."""
    query = select(_node.notion_id).where(
        _node.graph_id == run.graph_id, _node.seen_run == run.id, ~_node.hidden, _node.notion_id == _IDS
    )
    return set((await connection.execute(query, {"ids": list(ids)})).scalars())


async def list_unchanged(
    connection: Connection, graph_id: int, edited: Mapping[uuid.UUID, datetime | None]
) -> set[uuid.UUID]:
    values = {"graph_id": graph_id, "ids": list(edited), "edited": list(edited.values())}
    return set((await connection.execute(_SURELY_UNCHANGED, values)).scalars())


async def list_unseen(connection: Connection, run: Run, most: int) -> list[UnseenNode]:
    """What an earlier run had, and this one has not met: what must be asked for, then what was seen longest ago."""
    query = select(_node.type, _node.notion_id, _MUST_BE_ASKED.label("must_be_asked")).where(
        _node.graph_id == run.graph_id, _node.seen_run != run.id
    )
    rows = await connection.execute(query.order_by(_MUST_BE_ASKED.desc(), _node.seen_run, _node.id).limit(most))
    return [UnseenNode(Child(row.notion_id, NodeType(row.type)), row.must_be_asked) for row in rows]


def _to_run(row: Row) -> Run:
    return Run(
        id=row.id,
        graph_id=row.graph_id,
        grant_id=row.grant_id,
        workspace_id=row.workspace_id,
        status=RunStatus(row.status),
        phase=RunPhase(row.phase),
        cursor=row.cursor,
        seen=row.seen,
        total=row.total,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        started_by=row.started_by,
    )


# Whether webhooks may be relied on: they arrive, and what this run found to have changed is what they had told of. Of
# what was edited within five minutes they may be about to tell.
_JUDGE_WEBHOOKS = text(
    """
    UPDATE graphs SET trusted_since = CASE
      WHEN EXISTS (
        SELECT FROM webhook_workspaces AS told
        WHERE told.workspace_id = graphs.workspace_id AND told.last_event_at > clock_timestamp() - interval '6 hours'
      ) AND NOT EXISTS (
        SELECT FROM (
          SELECT notion_id, at FROM graph_changes WHERE graph_id = :graph_id ORDER BY seq DESC LIMIT 10000
        ) AS change
        LEFT JOIN graph_nodes AS node ON node.graph_id = :graph_id AND node.notion_id = change.notion_id
        WHERE change.at >= :started_at
          AND (node.edited_at IS NULL OR node.edited_at < CAST(:started_at AS timestamptz) - interval '5 minutes')
          AND NOT EXISTS (SELECT FROM webhook_events WHERE webhook_events.notion_id = change.notion_id)
      )
      THEN coalesce(trusted_since, clock_timestamp())
    END
    WHERE id = :graph_id
    """
)
# A run that has ended well counts for as long as webhooks had been relied on by then, up to six hours: so the time
# between two runs doubles. It does so no longer once webhooks stay away.
_DUE = text(
    """
    SELECT asked.grant_id FROM unnest(CAST(:grant_ids AS bigint[])) AS asked (grant_id)
    WHERE NOT EXISTS (
      SELECT FROM graphs JOIN graph_runs ON graph_runs.graph_id = graphs.id
      LEFT JOIN webhook_workspaces AS told
        ON told.workspace_id = graphs.workspace_id AND told.last_event_at > clock_timestamp() - interval '6 hours'
      WHERE graphs.grant_id = asked.grant_id AND (
        graph_runs.status = 'running'
        OR graph_runs.finished_at > clock_timestamp() - greatest(
          CAST(:interval AS interval),
          CASE WHEN graph_runs.status = 'done' AND told.workspace_id IS NOT NULL AND graphs.trusted_since IS NOT NULL
            THEN least(graph_runs.finished_at - graphs.trusted_since, interval '6 hours')
          END
        )
      )
    )
    """
)


async def list_due(connection: Connection, grant_ids: Sequence[int], interval: timedelta) -> set[int]:
    """Those without a run that goes on, or counts still: for `interval`, and longer where webhooks tell of changes."""
    values = {"grant_ids": list(grant_ids), "interval": interval}
    return set((await connection.execute(_DUE, values)).scalars())

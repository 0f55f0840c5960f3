"""What was edited last, and what went: for who asks what is new, and keeps no copy."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime, Integer, Uuid, and_, bindparam, or_, select

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph.node_repository import IS_GRANTED, SUMMARY, select_visible, to_summary
from ivgraph_auth.graph.query_repository import summaries
from ivgraph_auth.graph.rows import Change, NodeSummary
from ivgraph_auth.graph.tables import graph_changes, graph_nodes, graphs

_MOST_GONE = 100
_SINCE = bindparam("since", type_=DateTime(timezone=True))
_BEFORE = bindparam("before", type_=DateTime(timezone=True))
_EDITED = (
    select_visible(*SUMMARY)
    .where(
        graph_nodes.c.edited_at >= _SINCE,
        or_(
            graph_nodes.c.edited_at < _BEFORE,
            and_(graph_nodes.c.edited_at == _BEFORE, graph_nodes.c.notion_id > bindparam("last", type_=Uuid)),
        ),
    )
    .order_by(graph_nodes.c.edited_at.desc(), graph_nodes.c.notion_id)
    .limit(bindparam("most", type_=Integer))
)
_GONE = (
    select(graph_changes.c.notion_id)
    .join(graphs, graphs.c.id == graph_changes.c.graph_id)
    .where(IS_GRANTED, graph_changes.c.what == Change.WENT.value, graph_changes.c.at >= _SINCE)
    .order_by(graph_changes.c.seq.desc())
    .limit(_MOST_GONE)
)
_END_OF_TIME = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
_NIL = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class EditedPage:
    """`next` is a position for `after`; None at the end."""

    nodes: tuple[NodeSummary, ...]
    next: str | None


async def edited(
    connection: Connection, grant_ids: Sequence[int], since: datetime, *, limit: int, after: str | None = None
) -> EditedPage:
    before, last = _place(after)
    values = {"grant_ids": list(grant_ids), "since": since, "before": before, "last": last, "most": limit + 1}
    rows = [to_summary(row) for row in await connection.execute(_EDITED, values)]
    shown = rows[:limit]
    # Where two grants see one object, the older row of it is none of its own.
    newest = await summaries(connection, grant_ids, [row.id for row in shown])
    nodes = {row.id: row for row in shown if row.id in newest and newest[row.id].edited_at == row.edited_at}
    return EditedPage(tuple(nodes.values()), _position(shown[-1]) if len(rows) > limit else None)


async def gone(connection: Connection, grant_ids: Sequence[int], since: datetime) -> tuple[uuid.UUID, ...]:
    """The last ones first, without those that another grant still sees, or that came back; at most 100."""
    values = {"grant_ids": list(grant_ids), "since": since}
    went = list(dict.fromkeys([row.notion_id for row in await connection.execute(_GONE, values)]))
    there = await summaries(connection, grant_ids, went)
    return tuple(node_id for node_id in went if node_id not in there)


def _place(after: str | None) -> tuple[datetime, uuid.UUID]:
    if after is None:
        return _END_OF_TIME, _NIL
    moment, _, last = after.partition(" ")
    return datetime.fromisoformat(moment), uuid.UUID(last)


def _position(row: NodeSummary) -> str:
    moment = row.edited_at or _END_OF_TIME
    return f"{moment.isoformat()} {row.id}"

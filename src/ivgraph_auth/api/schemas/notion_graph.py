"""The shapes of a person's own graphs: the whole of them, and the runs that keep them."""

import uuid
from datetime import datetime, timedelta
from typing import Literal

from ivgraph_auth.api.schemas.graph import EdgeOut, IdInBody, NodeOut
from ivgraph_auth.api.schemas.models import In, Moment, Out
from ivgraph_auth.graph.models import Run, RunPhase, RunStatus

# Fewer say nothing of how fast it goes.
_LEAST_SEEN = 20


class SyncRequest(In):
    workspace_id: IdInBody


class RunOut(Out):
    """`seen` of about `total` objects; `eta` is when it will end, if it goes on like that. `error` is why it failed."""

    id: int
    workspace_id: uuid.UUID
    status: RunStatus
    phase: RunPhase
    seen: int
    total: int
    eta: Moment | None
    started_at: Moment
    finished_at: Moment | None
    error: str | None


class RunsOut(Out):
    results: list[RunOut]
    next_cursor: str | None


class EventsEnd(Out):
    """`finished`: the run. `gone`: with its connection. `credential_ended`: ask again with another. `shutting_down`
    and `unavailable`: ask again soon.
    """

    reason: Literal["finished", "gone", "credential_ended", "shutting_down", "unavailable"]


class WholeGraphOut(Out):
    """`as_of`: what was at Notion then is here; null while a workspace has not been read whole yet. `sync` is the
    latest run. What is written while it is read may be in it or not, and an edge may lead to a node that is not.
    """

    nodes: list[NodeOut]
    edges: list[EdgeOut]
    as_of: Moment | None
    sync: RunOut | None


def run_out(run: Run, now: datetime) -> RunOut:
    return RunOut.of(run, total=max(run.total, run.seen), eta=_eta(run, now))


def _eta(run: Run, now: datetime) -> datetime | None:
    if run.status is not RunStatus.RUNNING or run.seen < _LEAST_SEEN or run.total <= run.seen:
        return None
    per_object = (now - run.started_at).total_seconds() / run.seen
    return now + timedelta(seconds=per_object * (run.total - run.seen))

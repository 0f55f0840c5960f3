"""A person's own graphs: the whole of one for a picture, and the synchronization that keeps it."""

import uuid
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path, Response

from ivgraph_auth.api.dependencies import InjectedServices
from ivgraph_auth.api.resolvers import CanSync
from ivgraph_auth.api.schemas.graph import IdInBody
from ivgraph_auth.api.schemas.models import In, Moment, Out
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.graph.models import Run, RunPhase, RunStatus
from ivgraph_auth.web.routing import Router

router = Router(tags=["Graph"])

_LARGEST_ID = 2**63 - 1
# Fewer say nothing of how fast it goes.
_LEAST_SEEN = 20
RunId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


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


@router.post("/api/notion-graph/sync/", status_code=202, responses=problems(400, 401, 403, 404, 409, 415, 422))
async def start_sync(principal: CanSync, body: SyncRequest, services: InjectedServices) -> RunOut:
    """Reads at Notion what a workspace's connection sees. Goes on beside agents' calls, and after a restart."""
    return _run(await services.sync.start(principal, body.workspace_id), services.clock.now())


@router.get("/api/notion-graph/sync/{run_id}", responses=problems(401, 403, 404, 422))
async def follow_sync(principal: CanSync, run_id: RunId, services: InjectedServices) -> RunOut:
    """How far it is."""
    return _run(await services.sync.get(principal, run_id), services.clock.now())


@router.delete("/api/notion-graph/sync/{run_id}", status_code=204, responses=problems(401, 403, 404, 422))
async def stop_sync(principal: CanSync, run_id: RunId, services: InjectedServices) -> Response:
    """Soon. What has been read stays; the next one reads what is missing."""
    await services.sync.stop(principal, run_id)
    return Response(status_code=204)


def _run(run: Run, now: datetime) -> RunOut:
    return RunOut.of(run, total=max(run.total, run.seen), eta=_eta(run, now))


def _eta(run: Run, now: datetime) -> datetime | None:
    if run.status is not RunStatus.RUNNING or run.seen < _LEAST_SEEN or run.total <= run.seen:
        return None
    per_object = (now - run.started_at).total_seconds() / run.seen
    return now + timedelta(seconds=per_object * (run.total - run.seen))

"""A person's own graphs: the whole of one for a picture, and the synchronization that keeps it."""

import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path, Response
from pydantic import TypeAdapter

from ivgraph_auth.api.dependencies import Context, InjectedServices
from ivgraph_auth.api.resolvers import CanSync, resolve
from ivgraph_auth.api.schemas.graph import EdgeOut, IdInBody, NodeOut, OptionalId, edge_out, node_out
from ivgraph_auth.api.schemas.models import In, Moment, Out
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.graph.export_service import Export
from ivgraph_auth.graph.models import Run, RunPhase, RunStatus
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.routing import Router
from ivgraph_auth.web.streaming import stream_json

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


class WholeGraphOut(Out):
    """`as_of`: what was at Notion then is here; null while a workspace has not been read whole yet. `sync` is the
    latest run. What is written while it is read may be in it or not, and an edge may lead to a node that is not.
    """

    nodes: list[NodeOut]
    edges: list[EdgeOut]
    as_of: Moment | None
    sync: RunOut | None


_NODES, _EDGES = TypeAdapter(list[NodeOut]), TypeAdapter(list[EdgeOut])
_MOMENT, _RUN = TypeAdapter(Moment | None), TypeAdapter(RunOut | None)


@router.get(
    "/api/notion-graph/",
    response_class=Response,
    responses={200: {"model": WholeGraphOut}, **problems(401, 403, 404, 422, 429)},
)
async def read_whole_graph(
    principal: CanSync, services: InjectedServices, context: Context, workspace_id: OptionalId = None
) -> Response:
    """All nodes and edges of a workspace, or of all of them, for a picture. Sent while it is read, however large it
    is: an answer that was cut short does not parse.
    """
    export = await services.export.open(principal, workspace_id)
    return stream_json(context, _write(export, context))


async def _write(export: Export, context: RequestContext) -> AsyncIterator[bytes]:
    """Raises as soon as the credential does not open this any more."""
    run = _run(export.run, context.services.clock.now()) if export.run else None
    between = b'{"nodes":['
    async for nodes in export.nodes():
        await resolve(context)
        if nodes:
            yield between + _NODES.dump_json([node_out(item) for item in nodes])[1:-1]
            between = b","
    yield b'{"nodes":[],"edges":[' if between != b"," else b'],"edges":['
    between = b""
    async for edges in export.edges():
        await resolve(context)
        if edges:
            yield between + _EDGES.dump_json([edge_out(item) for item in edges], by_alias=True)[1:-1]
            between = b","
    yield b'],"as_of":' + _MOMENT.dump_json(export.as_of) + b',"sync":' + _RUN.dump_json(run) + b"}"


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

"""A person's own graphs: the whole of one for a picture, and the synchronization that keeps it."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Path, Response
from pydantic import TypeAdapter

from ivgraph_auth.api.dependencies import CallingClient, Context, Cursor, InjectedServices, Limit
from ivgraph_auth.api.resolvers import CanSync, resolve
from ivgraph_auth.api.schemas.graph import EdgeOut, NodeOut, OptionalId, edge_out, node_out
from ivgraph_auth.api.schemas.models import Moment
from ivgraph_auth.api.schemas.notion_graph import (
    EventsEnd,
    RunOut,
    RunsOut,
    SyncRequest,
    WholeGraphOut,
    run_out,
)
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.core.errors import NotAuthenticated, TokenNotValid, Unavailable
from ivgraph_auth.graph.errors import UnknownSync
from ivgraph_auth.graph.export_service import Export
from ivgraph_auth.graph.models import RunStatus
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.routing import Router
from ivgraph_auth.web.streaming import EVENTS, HEARTBEAT, event, stream_events, stream_json, takes_events

router = Router(tags=["Graph"])

_LARGEST_ID = 2**63 - 1
# Between two looks at a run that somebody follows, and how many of them may pass without a word.
_LOOK_SECONDS = 1.0
_MOST_SILENT = 15
RunId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
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
    return stream_json(context, principal.account_id, _write(export, context))


async def _write(export: Export, context: RequestContext) -> AsyncIterator[bytes]:
    """Raises as soon as the credential opens this no more."""
    run = run_out(export.run, context.services.clock.now()) if export.run else None
    between = b'{"nodes":['
    async for nodes in export.nodes():
        await resolve(context)
        if nodes:
            yield between + _NODES.dump_json([node_out(item) for item in nodes])[1:-1]
            between = b","
    yield b'],"edges":[' if between == b"," else b'{"nodes":[],"edges":['
    between = b""
    async for edges in export.edges():
        await resolve(context)
        if edges:
            yield between + _EDGES.dump_json([edge_out(item) for item in edges], by_alias=True)[1:-1]
            between = b","
    yield b'],"as_of":' + _MOMENT.dump_json(export.as_of) + b',"sync":' + _RUN.dump_json(run) + b"}"


@router.post("/api/notion-graph/sync/", status_code=202, responses=problems(400, 401, 403, 404, 409, 415, 422))
async def start_sync(
    principal: CanSync, body: SyncRequest, services: InjectedServices, caller: CallingClient
) -> RunOut:
    """Reads at Notion what a workspace's connection sees. Goes on beside agents' calls, and after a restart."""
    return run_out(await services.sync.start(principal, body.workspace_id, caller), services.clock.now())


@router.get("/api/notion-graph/sync/", responses=problems(400, 401, 403, 422))
async def list_syncs(
    principal: CanSync,
    services: InjectedServices,
    workspace_id: OptionalId = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> RunsOut:
    """Newest first, those that go on and those of the last days."""
    runs, following = await services.sync.page(principal, workspace_id, limit=limit, cursor=cursor)
    now = services.clock.now()
    return RunsOut(results=[run_out(run, now) for run in runs], next_cursor=following)


_FOLLOWED = {200: {"content": {EVENTS: {"schema": {"type": "string"}}}}}


@router.get(
    "/api/notion-graph/sync/{run_id}",
    response_model=RunOut,
    responses={**_FOLLOWED, **problems(401, 403, 404, 422, 429)},
)
async def follow_sync(
    principal: CanSync, run_id: RunId, services: InjectedServices, context: Context
) -> RunOut | Response:
    """How far it is. With `Accept: text/event-stream` events until it has ended: `progress` with the same JSON, at
    once and whenever it has changed, and last `end` with `{"reason"}`. EventSource sends no credential: use fetch.
    """
    run = run_out(await services.sync.get(principal, run_id), services.clock.now())
    return stream_events(context, principal.account_id, _follow(context, run)) if takes_events(context) else run


async def _follow(context: RequestContext, run: RunOut) -> AsyncIterator[bytes]:
    """Holds nothing between two looks."""
    silent = 0
    yield _progress(run)
    while run.status is RunStatus.RUNNING:
        found = await _look(context, run)
        if isinstance(found, EventsEnd):
            yield _end(found)
            return
        silent = 0 if _differ(run, found) else silent + 1
        run = found
        if not silent:
            yield _progress(run)
        elif silent % _MOST_SILENT == 0:
            yield HEARTBEAT
    yield _end(EventsEnd(reason="finished"))


async def _look(context: RequestContext, run: RunOut) -> RunOut | EventsEnd:
    """In a while. Asks who it is that listens, each time."""
    services = context.services
    if await context.stopping.wait(_LOOK_SECONDS):
        return EventsEnd(reason="shutting_down")
    try:
        found = await services.sync.get(await resolve(context), run.id)
    except (NotAuthenticated, TokenNotValid):
        return EventsEnd(reason="credential_ended")
    except UnknownSync:
        return EventsEnd(reason="gone")
    except Unavailable:
        return EventsEnd(reason="unavailable")
    return run_out(found, services.clock.now())


def _differ(before: RunOut, now: RunOut) -> bool:
    """An estimate moves with each look."""
    return before.model_copy(update={"eta": None}) != now.model_copy(update={"eta": None})


def _progress(run: RunOut) -> bytes:
    return event("progress", run.model_dump_json().encode())


def _end(why: EventsEnd) -> bytes:
    return event("end", why.model_dump_json().encode())


@router.delete("/api/notion-graph/sync/{run_id}", status_code=204, responses=problems(401, 403, 404, 422))
async def stop_sync(principal: CanSync, run_id: RunId, services: InjectedServices, caller: CallingClient) -> Response:
    """Soon. What has been read stays; the next one reads what is missing."""
    await services.sync.stop(principal, run_id, caller)
    return Response(status_code=204)

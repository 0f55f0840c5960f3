"""The graph of a principal's workspaces: pages, databases, data sources, and what connects them."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Query
from pydantic import AfterValidator
from starlette.responses import Response

from ivgraph_auth.api.dependencies import CallingClient, InjectedServices
from ivgraph_auth.api.resolvers import CanReadGraph, CanSearchGraph, CanTraverseGraph
from ivgraph_auth.api.schemas.graph import (
    ChangeOut,
    ChangesOut,
    ContentOut,
    Cursor,
    GapLinks,
    GapsOut,
    IdQuery,
    Limit,
    NeighborsOut,
    NodeAnswer,
    NodeId,
    OptionalId,
    PathOut,
    PathsOut,
    SearchOut,
    Words,
    _check_words,
    edge_out,
    gap_out,
    neighbor_out,
    node_details,
    node_out,
)
from ivgraph_auth.api.schemas.models import Out
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.graph.content.cutting import DEFAULT_CHARS, MOST_CHARS
from ivgraph_auth.graph.content_service import ContentQuery
from ivgraph_auth.graph.models import EdgeKind, GapReason, NodeType
from ivgraph_auth.graph.service import GapsQuery, NeighborsQuery, SearchQuery
from ivgraph_auth.web.policy import API
from ivgraph_auth.web.routing import Router
from ivgraph_auth.web.services import Services

router = Router(policy=replace(API, fast=True), tags=["Graph"])


def _render(answer: Out) -> Response:
    return Response(answer.model_dump_json(by_alias=True), media_type="application/json")


def _links(services: Services) -> GapLinks:
    return GapLinks(services.settings.public_url)


@router.get("/api/v1/graph/search", response_model=SearchOut, responses=problems(400, 401, 403, 422))
async def search_graph(
    principal: CanSearchGraph,
    services: InjectedServices,
    q: Annotated[Words, AfterValidator(_check_words)],
    workspace_id: OptionalId = None,
    type: NodeType | None = None,  # noqa: A002 -- the contract's name
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Pages, databases and data sources by their titles, the best first. Accents and case do not count."""
    query = SearchQuery(q, workspace_id, type)
    answer = await services.graph.search(principal, query, limit=limit, cursor=cursor)
    results = [node_out(item) for item in answer.value]
    return _render(
        SearchOut(
            results=results,
            next_cursor=answer.next_cursor,
            truncated=answer.truncated,
            **_links(services).freshness(answer),
        )
    )


@router.get("/api/v1/graph/nodes/{node_id}", response_model=NodeAnswer, responses=problems(401, 403, 404, 422))
async def get_node(principal: CanReadGraph, services: InjectedServices, node_id: NodeId) -> Response:
    """One of them, with its properties, and how much is connected with it."""
    answer, links = await services.graph.node(principal, node_id), _links(services)
    return _render(NodeAnswer(node=node_details(answer.value, links), **links.freshness(answer)))


@router.get(
    "/api/v1/graph/nodes/{node_id}/neighbors", response_model=NeighborsOut, responses=problems(400, 401, 403, 404, 422)
)
async def list_neighbors(
    principal: CanTraverseGraph,
    services: InjectedServices,
    node_id: NodeId,
    direction: Literal["in", "out", "both"] = "both",
    kind: Annotated[list[EdgeKind], Query(max_length=len(EdgeKind))] = [],  # noqa: B006 -- FastAPI copies it
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """What is connected with it, and how."""
    query = NeighborsQuery(node_id, None if direction == "both" else direction, tuple(sorted(set(kind))))
    answer = await services.graph.neighbors(principal, query, limit=limit, cursor=cursor)
    results = [neighbor_out(item) for item in answer.value]
    return _render(NeighborsOut(results=results, next_cursor=answer.next_cursor, **_links(services).freshness(answer)))


@router.get("/api/v1/graph/paths", response_model=PathsOut, responses=problems(401, 403, 404, 422))
async def find_paths(
    principal: CanTraverseGraph,
    services: InjectedServices,
    source: Annotated[IdQuery, Query(alias="from")],
    target: Annotated[IdQuery, Query(alias="to")],
    max_depth: Annotated[int, Query(ge=1, le=6)] = 6,
) -> Response:
    """The shortest ways from one to the other, at most ten, whichever way each edge leads. None: an empty list."""
    answer = await services.graph.paths(principal, source, target, max_depth=max_depth)
    nodes = answer.value.nodes
    paths = [
        PathOut(
            nodes=[node_out(nodes[node_id]) for node_id in path.nodes], edges=[edge_out(edge) for edge in path.edges]
        )
        for path in answer.value.paths
    ]
    return _render(PathsOut(paths=paths, truncated=answer.truncated, **_links(services).freshness(answer)))


@router.get("/api/v1/graph/changes", response_model=ChangesOut, responses=problems(400, 401, 403, 422))
async def list_changes(
    principal: CanReadGraph, services: InjectedServices, since: Cursor = None, limit: Limit = 100
) -> Response:
    """For those who keep a copy: without `since` all that is there, then what appeared, changed and went, in order."""
    answer = await services.graph.changes(principal, since=since, limit=limit)
    results = [
        ChangeOut(id=change.node, what=change.what, at=change.at, node=node_out(node) if node else None)
        for change, node in answer.value
    ]
    return _render(
        ChangesOut(
            results=results,
            next_cursor=answer.next_cursor,
            start_again=answer.truncated,
            **_links(services).freshness(answer),
        )
    )


@router.get("/api/v1/graph/gaps", response_model=GapsOut, responses=problems(400, 401, 403, 404, 422))
async def list_gaps(
    principal: CanReadGraph,
    services: InjectedServices,
    reason: GapReason | None = None,
    node_id: OptionalId = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """What could not be read and where, so that nobody takes it for what does not exist."""
    answer = await services.graph.gaps(principal, GapsQuery(reason, node_id), limit=limit, cursor=cursor)
    results = [gap_out(node, gap) for node, gap in answer.value]
    return _render(GapsOut(results=results, next_cursor=answer.next_cursor, **_links(services).freshness(answer)))


@router.get(
    "/api/v1/graph/nodes/{node_id}/content",
    response_model=ContentOut,
    responses=problems(400, 401, 403, 404, 409, 422, 429, 502, 503, 504),
)
async def get_content(
    principal: CanReadGraph,
    services: InjectedServices,
    caller: CallingClient,
    node_id: NodeId,
    form: Annotated[Literal["markdown", "blocks"], Query(alias="format")] = "markdown",
    max_chars: Annotated[int, Query(ge=100, le=MOST_CHARS)] = DEFAULT_CHARS,
    cursor: Cursor = None,
) -> Response:
    """What a page says, asked of Notion now and stored nowhere; cut between blocks, with a cursor to go on."""
    content = await services.content.read(principal, ContentQuery(node_id, form, max_chars, cursor), caller)
    gaps = [_links(services).of_content(gap, node_id) for gap in content.gaps]
    return _render(ContentOut.of(content, as_of=services.clock.now(), gaps=gaps, waiting=[]))

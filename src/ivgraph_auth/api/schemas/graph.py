"""The shapes of what the graph's routes take and answer."""

import uuid
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Path, Query
from pydantic import BeforeValidator, Field

from ivgraph_auth.api.schemas.models import Moment, Out
from ivgraph_auth.core.urls import NOTION_ID, parse_notion_id
from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason, NodeType
from ivgraph_auth.graph.rows import Change, GapTotal, Neighbor, NodeGap, NodeRow, NodeSummary
from ivgraph_auth.graph.service import Answer


def _parse_id(value: object) -> object:
    found = parse_notion_id(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be a Notion id (a UUID)")
    return found


def _check_words(text: str) -> str:
    if "\x00" in text or not text.strip():
        raise ValueError("must hold something to look for, and no NUL")
    return text


_ID_SCHEMA = {"type": "string", "pattern": rf"^{NOTION_ID}$"}
NodeId = Annotated[uuid.UUID, BeforeValidator(_parse_id), Path(json_schema_extra=_ID_SCHEMA)]
IdInBody = Annotated[uuid.UUID, BeforeValidator(_parse_id), Field(json_schema_extra=_ID_SCHEMA)]
IdQuery = Annotated[uuid.UUID, BeforeValidator(_parse_id)]
OptionalId = Annotated[
    uuid.UUID | None, BeforeValidator(lambda value: None if value is None else _parse_id(value)), Query()
]
Words = Annotated[str, Query(min_length=1, max_length=500, description="Every word must be in the title, or begin one")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]


class GapOut(Out):
    """What could not be read, and how often. `url` leads to where: a list of gaps, or of content the node."""

    reason: GapReason
    detail: str
    count: int
    url: str


class FreshOut(Out):
    """`as_of`: what was at Notion then is here; null while a workspace has not been read whole yet. `waiting` are those
    workspaces. `gaps`: what could not be read, so that nobody takes it for what does not exist.
    """

    as_of: Moment | None
    gaps: list[GapOut]
    waiting: list[uuid.UUID]


class ParentOut(Out):
    type: str
    id: uuid.UUID | None


class NodeOut(Out):
    id: uuid.UUID
    type: NodeType
    title: str
    url: str | None
    icon: str | None
    parent: ParentOut | None
    workspace_id: uuid.UUID
    last_edited_at: Moment | None


class SearchOut(FreshOut):
    """`truncated`: the words are in more titles than are ranked. Add a word."""

    results: list[NodeOut]
    next_cursor: str | None
    truncated: bool


class NodeDetails(NodeOut):
    properties: dict[str, Any]
    created_at: Moment | None
    read_at: Moment
    counts: dict[Literal["in", "out"], dict[EdgeKind, int]]
    node_gaps: list[GapOut] = Field(description="What of this node could not be read")


class NodeAnswer(FreshOut):
    node: NodeDetails


class EdgeOut(Out):
    """From `source` to `target`. `property` is the name of a relation."""

    kind: EdgeKind
    source: uuid.UUID = Field(serialization_alias="from")
    target: uuid.UUID = Field(serialization_alias="to")
    property: str | None


class NeighborOut(Out):
    node: NodeOut
    edge: EdgeOut


class NeighborsOut(FreshOut):
    results: list[NeighborOut]
    next_cursor: str | None


class PathOut(Out):
    nodes: list[NodeOut]
    edges: list[EdgeOut]


class PathsOut(FreshOut):
    """Shortest ones. `truncated`: not everything was walked, so that there may be others, or shorter ones."""

    paths: list[PathOut]
    truncated: bool


class ContentOut(FreshOut):
    """`markdown` or `blocks`, as was asked. Links between pages read `notion://page/<id>`."""

    markdown: str | None
    blocks: list[Any] | None
    next_cursor: str | None


class NodeGapOut(Out):
    """`count`: of links, mentions and relations that lead to what is not seen, as many as there are."""

    node: NodeOut
    reason: GapReason
    detail: str
    count: int


class GapsOut(FreshOut):
    results: list[NodeGapOut]
    next_cursor: str | None


class ChangeOut(Out):
    """`node` is what it is now; null when it is gone, or has gone since."""

    id: uuid.UUID
    what: Change
    at: Moment
    node: NodeOut | None


class ChangesOut(FreshOut):
    """`next_cursor` is always there: ask again with it. `start_again`, without `since`: a connection that the copy is
    of is gone, or more than 30 days have passed.
    """

    results: list[ChangeOut]
    next_cursor: str
    start_again: bool


@dataclass(frozen=True, slots=True)
class GapLinks:
    """Where more is told of gaps. `public_url` is the service's."""

    public_url: str

    def freshness(self, answer: Answer[Any]) -> dict[str, Any]:
        fresh = answer.fresh
        gaps = [self.of_list(gap) for gap in fresh.gaps]
        return {"as_of": fresh.as_of, "gaps": gaps, "waiting": list(fresh.waiting)}

    def of_list(self, gap: GapTotal, **query: object) -> GapOut:
        asked = urlencode({"reason": gap.reason.value, **query})
        return GapOut.of(gap, url=f"{self.public_url}/api/v1/graph/gaps?{asked}")

    def of_content(self, gap: Gap, node_id: uuid.UUID) -> GapOut:
        return GapOut.of(gap, count=1, url=f"{self.public_url}/api/v1/graph/nodes/{node_id}")


def node_out(item: NodeSummary) -> NodeOut:
    return NodeOut.of(item, parent=ParentOut.of(item.parent) if item.parent else None, last_edited_at=item.edited_at)


def node_details(item: NodeRow, links: GapLinks) -> NodeDetails:
    return NodeDetails(
        **dict(node_out(item.summary)),
        properties=dict(item.properties),
        created_at=item.created_at,
        read_at=item.read_at,
        counts={"in": dict(item.counts_in), "out": dict(item.counts_out)},
        node_gaps=[links.of_list(gap, node_id=item.summary.id) for gap in item.gaps],
    )


def neighbor_out(item: Neighbor) -> NeighborOut:
    return NeighborOut(node=node_out(item.node), edge=edge_out(item.edge))


def edge_out(edge: Edge) -> EdgeOut:
    return EdgeOut.of(edge, property=edge.property or None)


def gap_out(node: NodeSummary, gap: NodeGap) -> NodeGapOut:
    return NodeGapOut.of(gap, node=node_out(node))

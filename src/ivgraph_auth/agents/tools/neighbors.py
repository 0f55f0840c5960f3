"""`neighbors`: what is connected with a page, a database or a data source, and how; from the graph."""

import uuid
from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import AS_LIST, Arguments, Cursor, Reference, describe
from ivgraph_auth.agents.connections import workspace_name
from ivgraph_auth.agents.errors import NotInGraph
from ivgraph_auth.agents.models import AgentTool, ResourceLink, ToolAnswer, ToolCaller
from ivgraph_auth.agents.rendering.notes import go_on, waiting_note
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.graph.errors import UnknownNode
from ivgraph_auth.graph.models import EdgeKind, NodeType
from ivgraph_auth.graph.page_urls import page_link
from ivgraph_auth.graph.rows import Neighbor
from ivgraph_auth.graph.service import NeighborsQuery

_HEADS = {
    ("out", EdgeKind.CHILD): "Contains",
    ("in", EdgeKind.CHILD): "Stands on",
    ("out", EdgeKind.ROW): "Has the rows",
    ("in", EdgeKind.ROW): "Is a row of",
    ("out", EdgeKind.SOURCE): "Has the data sources",
    ("in", EdgeKind.SOURCE): "Is a data source of",
    ("out", EdgeKind.LINK): "Links to",
    ("in", EdgeKind.LINK): "Is linked from",
    ("out", EdgeKind.MENTION): "Mentions",
    ("in", EdgeKind.MENTION): "Is mentioned by",
    ("out", EdgeKind.RELATION): "Relates to",
    ("in", EdgeKind.RELATION): "Is related to by",
}
_MOST_LINKS = 10
Kind = Literal["child", "row", "source", "link", "mention", "relation"]


class NeighborsArguments(Arguments):
    id: Annotated[Reference, describe("Of a page, a row, a database or a data source: its id or Notion URL.")]
    direction: Annotated[Literal["in", "out", "both"], describe("What leads out of it, into it, or both.")] = "both"
    kinds: Annotated[
        list[Kind], *AS_LIST, describe("Only edges of these kinds.", max_length=len(EdgeKind), examples=[["relation"]])
    ] = Field(default_factory=list)
    limit: Annotated[int, describe("How many to answer.", ge=1, le=100)] = 50
    cursor: Cursor = ""


class NeighborOut(BaseModel):
    id: str
    title: str
    type: str
    kind: str
    direction: str
    property: str = Field(default="", description="Of a relation.")


class NeighborsResult(BaseModel):
    results: list[NeighborOut]
    next_cursor: str = Field(default="", description="Absent at the end.")
    note: str = Field(default="", description="What this answer may lack.")


async def _neighbors(box: Toolbox, caller: ToolCaller, asked: NeighborsArguments) -> ToolAnswer:
    direction = None if asked.direction == "both" else asked.direction
    query = NeighborsQuery(uuid.UUID(asked.id), direction, tuple(sorted({EdgeKind(kind) for kind in asked.kinds})))
    try:
        answer = await box.graph.neighbors(caller.principal, query, limit=asked.limit, cursor=asked.cursor or None)
    except UnknownNode as unknown:
        raise NotInGraph from unknown
    structured: dict[str, Any] = {"results": [_out(item) for item in answer.value]}
    structured |= {"next_cursor": answer.next_cursor} if answer.next_cursor else {}
    note = waiting_note([workspace_name(caller.principal, each) for each in answer.fresh.waiting])
    structured |= {"note": note} if note else {}
    lines = [*_lines(answer.value), go_on(answer.next_cursor, "There are more."), note]
    return ToolAnswer(
        "\n".join(filter(None, lines)) or "Nothing is connected with it.", structured, _links(answer.value)
    )


def _lines(found: Sequence[Neighbor]) -> list[str]:
    """Grouped by how they are connected; a type is told where it is no page."""
    lines: list[str] = []
    for (direction, kind, name), group in groupby(sorted(found, key=_group), _group):
        lines.append(_HEADS[direction, EdgeKind(kind)] + (f" ({name})" if name else "") + ":")
        lines += [_line(item) for item in group]
    return lines


def _group(item: Neighbor) -> tuple[Literal["in", "out"], str, str]:
    return item.direction, item.edge.kind.value, item.edge.property


def _line(item: Neighbor) -> str:
    kind = "" if item.node.type is NodeType.PAGE else f" ({item.node.type.value})"
    return f"- {item.node.title or 'Untitled'}{kind} {item.node.id}"


def _out(item: Neighbor) -> dict[str, str]:
    found = {"id": str(item.node.id), "title": item.node.title, "type": item.node.type.value}
    found |= {"kind": item.edge.kind.value, "direction": item.direction}
    return {**found, "property": item.edge.property} if item.edge.property else found


def _links(found: Sequence[Neighbor]) -> tuple[ResourceLink, ...]:
    pages = {item.node.id: item.node.title or "Untitled" for item in found if item.node.type is NodeType.PAGE}
    return tuple(ResourceLink(page_link(page), title, title) for page, title in list(pages.items())[:_MOST_LINKS])


NEIGHBORS = AgentTool(
    name="neighbors",
    title="What is connected",
    description="What is connected with a Notion page, row, database or data source: what it contains, links to, "
    "mentions or relates to, and what leads to it. From the graph: complete also where Notion's own answers are cut.",
    scopes=(Scope.GRAPH_NEIGHBORS,),
    takes=NeighborsArguments,
    answers=NeighborsResult,
    run=_neighbors,
    idempotent=True,
)

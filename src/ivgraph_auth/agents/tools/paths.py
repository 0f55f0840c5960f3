"""`paths`: how two pages or databases are connected; from the graph."""

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments, Reference, describe
from ivgraph_auth.agents.connections import workspace_name
from ivgraph_auth.agents.errors import NotInGraph
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.rendering.notes import waiting_note
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.graph.errors import UnknownNode
from ivgraph_auth.graph.models import Edge
from ivgraph_auth.graph.rows import NodeSummary, Path

_DEEPEST = 6


class PathsArguments(Arguments):
    source: Annotated[Reference, describe("Where to begin: an id or a Notion URL.")]
    target: Annotated[Reference, describe("Where to end: an id or a Notion URL.")]
    max_depth: Annotated[int, describe("How many steps at most.", ge=1, le=_DEEPEST)] = _DEEPEST


class PathNode(BaseModel):
    id: str
    title: str
    type: str


class PathEdge(BaseModel):
    source: str
    target: str
    kind: str
    property: str = Field(default="", description="Of a relation.")


class PathOut(BaseModel):
    nodes: list[PathNode]
    edges: list[PathEdge]


class PathsResult(BaseModel):
    paths: list[PathOut]
    note: str = Field(default="", description="Where there may be more, or shorter, paths.")


async def _paths(box: Toolbox, caller: ToolCaller, asked: PathsArguments) -> ToolAnswer:
    ends = uuid.UUID(asked.source), uuid.UUID(asked.target)
    try:
        answer = await box.graph.paths(caller.principal, *ends, max_depth=asked.max_depth)
    except UnknownNode as unknown:
        raise NotInGraph from unknown
    nodes = answer.value.nodes
    cut = "There are so many neighbours that shorter paths may have been missed." if answer.truncated else ""
    waiting = waiting_note([workspace_name(caller.principal, each) for each in answer.fresh.waiting])
    note = " ".join(filter(None, (cut, waiting)))
    structured: dict[str, Any] = {"paths": [_out(path, nodes) for path in answer.value.paths]}
    structured |= {"note": note} if note else {}
    lines = [_line(path, nodes) for path in answer.value.paths]
    named = {node_id for path in answer.value.paths for node_id in path.nodes}
    ids = [f"{nodes[node_id].title or 'Untitled'}: {node_id}" for node_id in sorted(named)]
    nothing = "" if lines else f"No path of at most {asked.max_depth} steps."
    return ToolAnswer("\n".join(filter(None, (nothing, *lines, *ids, note))), structured)


def _line(path: Path, nodes: Mapping[uuid.UUID, NodeSummary]) -> str:
    """`Tools and keys ←child— Handbook —link→ Roadmap`: an arrow points where its edge leads."""
    line = nodes[path.nodes[0]].title or "Untitled"
    for edge, here, there in zip(path.edges, path.nodes, path.nodes[1:], strict=False):
        how = edge.kind.value + (f" ({edge.property})" if edge.property else "")
        arrow = f"—{how}→" if edge.source == here else f"←{how}—"
        line += f" {arrow} {nodes[there].title or 'Untitled'}"
    return f"- {line}"


def _out(path: Path, nodes: Mapping[uuid.UUID, NodeSummary]) -> dict[str, Any]:
    return {"nodes": [_node(nodes[each]) for each in path.nodes], "edges": [_edge(each) for each in path.edges]}


def _node(node: NodeSummary) -> dict[str, str]:
    return {"id": str(node.id), "title": node.title, "type": node.type.value}


def _edge(edge: Edge) -> dict[str, str]:
    found = {"source": str(edge.source), "target": str(edge.target), "kind": edge.kind.value}
    return {**found, "property": edge.property} if edge.property else found


PATHS = AgentTool(
    name="paths",
    title="How two things are connected",
    description="The shortest ways from one Notion page, row or database to another, at most ten, over links, "
    "mentions, relations and what contains what, whichever way each leads.",
    scopes=(Scope.GRAPH_NEIGHBORS,),
    takes=PathsArguments,
    answers=PathsResult,
    run=_paths,
    idempotent=True,
)

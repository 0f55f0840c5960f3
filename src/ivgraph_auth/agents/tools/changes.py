"""`changes`: what was edited since a moment, the newest first; from the graph."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments, Cursor, Moment, describe, read_moment
from ivgraph_auth.agents.connections import connections_of, workspace_name
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.rendering.notes import go_on, moment, waiting_note
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Principal, Scope
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.rows import NodeSummary

_DAYS = 7


class ChangesArguments(Arguments):
    since: Annotated[
        Moment,
        describe(
            f"A date or a time (UTC where no zone is told); the last {_DAYS} days without it.", examples=["2026-11-01"]
        ),
    ] = ""
    limit: Annotated[int, describe("How many to answer.", ge=1, le=100)] = 50
    cursor: Cursor = ""


class Edited(BaseModel):
    id: str
    title: str
    type: str
    edited: str


class ChangesResult(BaseModel):
    since: str
    results: list[Edited]
    gone: list[str] = Field(description="Ids of what was removed, or is not shared any more; on the first page alone.")
    next_cursor: str = Field(default="", description="Absent at the end.")
    note: str = Field(default="", description="How old the graph is, and what it lacks.")


async def _changes(box: Toolbox, caller: ToolCaller, asked: ChangesArguments) -> ToolAnswer:
    wanted = read_moment(asked.since) or box.clock.now() - timedelta(days=_DAYS)
    found = await box.lookup.recent(caller.principal, wanted, limit=asked.limit, cursor=asked.cursor or None)
    since = moment(found.since)
    results = [_out(node) for node in found.edited]
    structured: dict[str, Any] = {
        "since": since,
        "results": results,
        "gone": [str(each) for each in found.gone],
    }
    structured |= {"next_cursor": found.next_cursor} if found.next_cursor else {}
    note = await _note(box, caller.principal)
    structured |= {"note": note} if note else {}
    lines = [_line(node) for node in found.edited]
    head = f"Edited since {since}, the newest first:" if lines else f"Nothing was edited since {since}."
    gone = f"Gone: {', '.join(map(str, found.gone))}" if found.gone else ""
    return ToolAnswer(
        "\n".join(filter(None, (head, *lines, gone, go_on(found.next_cursor, "There are more."), note))), structured
    )


async def _note(box: Toolbox, principal: Principal) -> str:
    """When the oldest of the graphs was whole, and of which workspaces there is none."""
    grants = await connections_of(box, principal)
    graphs = {each.workspace_id: each.as_of for each in await box.lookup.graphs(grants) if each.as_of}
    waiting = {each.workspace_id for each in grants} - graphs.keys()
    oldest = f"As of {moment(min(graphs.values()))}." if graphs else ""
    names = sorted(workspace_name(principal, workspace_id) for workspace_id in waiting)
    return " ".join(filter(None, (oldest, waiting_note(names))))


def _line(node: NodeSummary) -> str:
    kind = "" if node.type is NodeType.PAGE else f" ({node.type.value})"
    return f"- {moment(node.edited_at)} {node.title or 'Untitled'}{kind} {node.id}"


def _out(node: NodeSummary) -> dict[str, str]:
    told = {"id": str(node.id), "title": node.title, "type": node.type.value}
    return {**told, "edited": moment(node.edited_at)}


CHANGES = AgentTool(
    name="changes",
    title="What changed",
    description="Which Notion pages, rows and databases were edited since a moment, the newest first, and what is "
    "gone. fetch one to see what it says now.",
    scopes=(Scope.GRAPH_READ,),
    takes=ChangesArguments,
    answers=ChangesResult,
    run=_changes,
    idempotent=True,
)

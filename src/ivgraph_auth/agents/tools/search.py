"""`search`: pages, databases and data sources by their titles, from the graph.

Its answer has the form that ChatGPT's connectors ask for: `{"results": [{"id", "title", "url"}]}`, as structured
content and as the JSON text of the only content item (https://platform.openai.com/docs/mcp).
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments, Cursor, Text, Workspace, describe
from ivgraph_auth.agents.connections import connections_of, workspace_name
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.rendering.notes import waiting_note
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.rows import NodeSummary
from ivgraph_auth.graph.service import SearchQuery

_ANY = "any"


class SearchArguments(Arguments):
    query: Annotated[
        Text, describe("Words of a title, or beginnings of words.", min_length=1, max_length=500, examples=["roadmap"])
    ]
    type: Annotated[
        Literal["any", "page", "database", "data_source"], describe("Only pages, databases or data sources.")
    ] = "any"
    limit: Annotated[int, describe("How many to answer.", ge=1, le=50)] = 10
    cursor: Cursor = ""
    workspace: Workspace = ""


class Found(BaseModel):
    id: str
    title: str
    url: str
    type: str


class SearchResult(BaseModel):
    results: list[Found]
    next_cursor: str = Field(default="", description="Absent at the end.")
    note: str = Field(default="", description="What this answer may lack.")


async def _search(box: Toolbox, caller: ToolCaller, asked: SearchArguments) -> ToolAnswer:
    grants = await connections_of(box, caller.principal, asked.workspace)
    workspace = grants[0].workspace_id if asked.workspace else None
    query = SearchQuery(asked.query, workspace, None if asked.type == _ANY else NodeType(asked.type))
    answer = await box.graph.search(caller.principal, query, limit=asked.limit, cursor=asked.cursor or None)
    structured: dict[str, Any] = {"results": [_found(item) for item in answer.value]}
    note = waiting_note([workspace_name(caller.principal, each) for each in answer.fresh.waiting])
    structured |= {"next_cursor": answer.next_cursor} if answer.next_cursor else {}
    structured |= {"note": note} if note else {}
    return ToolAnswer(json.dumps(structured, ensure_ascii=False, separators=(",", ":")), structured)


def _found(item: NodeSummary) -> dict[str, Any]:
    return {"id": str(item.id), "title": item.title or "Untitled", "url": item.url or "", "type": item.type.value}


SEARCH = AgentTool(
    name="search",
    title="Search titles",
    description="Find Notion pages, rows, databases and data sources by the words of their titles. "
    "Fetch one to read it; query a data source for its rows.",
    scopes=(Scope.GRAPH_SEARCH,),
    takes=SearchArguments,
    answers=SearchResult,
    run=_search,
    idempotent=True,
)

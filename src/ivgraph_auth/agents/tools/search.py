"""`search`: pages, databases and data sources by their titles, from the graph.

Its answer has the form that ChatGPT's connectors ask for: `{"results": [{"id", "title", "url"}]}`, as structured
content and as the JSON text of the only content item (https://platform.openai.com/docs/mcp).
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments, Cursor, Text, Workspace, describe
from ivgraph_auth.agents.connections import connections_of, record, workspace_name
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.rendering.notes import waiting_note
from ivgraph_auth.agents.rendering.pages import title_of, url_of
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.graph.json_values import as_id, as_list, encodable_text, member
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.rows import NodeSummary
from ivgraph_auth.graph.service import SearchQuery
from ivgraph_auth.notion.tools import Age, age_of

_ANY = "any"
_TOOL = "notion.search"
# Connections that Notion is asked by, at most.
_MOST_ASKED = 2


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
    results = [_found(item) for item in answer.value]
    waiting = [each for each in grants if each.workspace_id in answer.fresh.waiting]
    if waiting and not asked.cursor and Scope.NOTION_READ in caller.principal.scopes:
        known = {each["id"] for each in results}
        results += [each for each in await _ask_notion(box, caller, asked, waiting) if each["id"] not in known]
    structured: dict[str, Any] = {"results": results[: asked.limit]}
    note = waiting_note([workspace_name(caller.principal, each) for each in answer.fresh.waiting])
    structured |= {"next_cursor": answer.next_cursor} if answer.next_cursor else {}
    structured |= {"note": note} if note else {}
    return ToolAnswer(json.dumps(structured, ensure_ascii=False, separators=(",", ":")), structured)


async def _ask_notion(
    box: Toolbox, caller: ToolCaller, asked: SearchArguments, grants: Sequence[TenantGrant]
) -> list[dict[str, Any]]:
    """What Notion's own search finds in workspaces of which the graph is not whole yet; nobody is refused for that."""
    wanted: dict[str, Any] = {"query": asked.query, "page_size": asked.limit}
    if kind := _notion_kind(asked.type, box.version):
        wanted["filter"] = {"property": "object", "value": kind}
    found: list[dict[str, Any]] = []
    for grant in grants[:_MOST_ASKED]:
        with suppress(ServiceError):
            async with record(box, caller, grant, _TOOL) as call:
                answer = await call.invoke(_TOOL, wanted)
            found += [_told(each) for each in as_list(answer.get("results")) if as_id(member(each, "id"))]
    return [each for each in found if asked.type in (_ANY, each["type"])]


def _notion_kind(kind: str, version: str) -> str:
    """As Notion's search calls it; empty for all. Of databases and data sources it knows one alone, by version."""
    if kind in (_ANY, "page"):
        return "" if kind == _ANY else kind
    return "database" if age_of(version) is Age.DATABASES else "data_source"


def _told(thing: object) -> dict[str, Any]:
    kind, own_id = encodable_text(member(thing, "object")), str(as_id(member(thing, "id")))
    return {"id": own_id, "title": title_of(thing), "url": url_of(thing), "type": kind}


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

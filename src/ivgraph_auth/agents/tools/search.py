"""`search`: pages, databases and data sources by their titles, from the graph."""

from typing import Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.models import AgentTool, Arguments, ResourceLink, ToolAnswer, ToolCaller
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.rows import NodeSummary
from ivgraph_auth.graph.service import SearchQuery


class SearchArguments(Arguments):
    query: str = Field(min_length=1, max_length=500, description="Words of a title, or beginnings of words.")
    type: NodeType | None = Field(default=None, description="Only pages, databases or data sources.")
    limit: int = Field(default=10, ge=1, le=50, description="How many to answer.")
    cursor: str | None = Field(default=None, max_length=1000, description="`next_cursor` of the answer before.")


class Found(BaseModel):
    id: str
    title: str
    url: str


class SearchResult(BaseModel):
    results: list[Found]
    next_cursor: str | None


async def _search(box: Toolbox, caller: ToolCaller, asked: SearchArguments) -> ToolAnswer:
    query = SearchQuery(asked.query, None, asked.type)
    answer = await box.graph.search(caller.principal, query, limit=asked.limit, cursor=asked.cursor)
    results = [_found(item) for item in answer.value]
    structured: dict[str, Any] = {"results": results, "next_cursor": answer.next_cursor}
    lines = [f"- {item.title} ({item.type.value}) {item.id}" for item in answer.value]
    links = tuple(ResourceLink(f"notion://page/{item.id}", item.title, item.title) for item in answer.value)
    return ToolAnswer("\n".join(lines) or "Nothing found.", structured, links)


def _found(item: NodeSummary) -> dict[str, Any]:
    return {"id": str(item.id), "title": item.title, "url": item.url or ""}


SEARCH = AgentTool(
    name="search",
    title="Search titles",
    description="Find pages, databases and data sources by the words of their titles. Fetch one to read it.",
    scopes=(Scope.GRAPH_SEARCH,),
    takes=SearchArguments,
    answers=SearchResult,
    run=_search,
    idempotent=True,
)

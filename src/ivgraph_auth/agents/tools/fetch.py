"""`fetch`: a page with its properties and its content, or a database with its properties and how to query it.

Its answer has the form that ChatGPT's connectors ask for: `{"id", "title", "text", "url", "metadata"}`, as structured
content and as the JSON text of the only content item (https://platform.openai.com/docs/mcp).
"""

import json
import uuid
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments, Cursor, MaxChars, Reference, Workspace, describe
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.reading import Wanted, read_document
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.graph.content.cutting import DEFAULT_CHARS


class FetchArguments(Arguments):
    id: Annotated[
        Reference,
        describe(
            "Of a page, a row, a database or a data source: its id, its Notion URL, or notion://page/<id>.",
            examples=["7a4ba6460ee04a098c0e12bc72c71a45"],
        ),
    ]
    max_chars: MaxChars = DEFAULT_CHARS
    cursor: Cursor = ""
    workspace: Workspace = ""


class FetchResult(BaseModel):
    id: str
    title: str
    text: str = Field(description="Markdown.")
    url: str
    metadata: dict[str, str] = Field(description="type: page, database or data_source.")
    next_cursor: str = Field(default="", description="Absent at the end.")
    note: str = Field(default="", description="What this answer lacks, and how to go on.")


async def _fetch(box: Toolbox, caller: ToolCaller, asked: FetchArguments) -> ToolAnswer:
    wanted = Wanted(uuid.UUID(asked.id), asked.max_chars, asked.cursor, asked.workspace)
    found = await read_document(box, caller, wanted)
    structured: dict[str, Any] = {"id": found.id, "title": found.title, "text": found.text, "url": found.url}
    structured["metadata"] = {"type": found.type.value}
    structured |= {"next_cursor": found.next_cursor} if found.next_cursor else {}
    structured |= {"note": found.note} if found.note else {}
    return ToolAnswer(json.dumps(structured, ensure_ascii=False, separators=(",", ":")), structured)


FETCH = AgentTool(
    name="fetch",
    title="Read a page or a database",
    description="Read a Notion page or row (its properties, then its content as Markdown), or a database or data "
    "source (properties with types and options, and how to query it). Asked of Notion now. A long page comes in "
    "pieces: go on with next_cursor.",
    scopes=(Scope.GRAPH_READ,),
    takes=FetchArguments,
    answers=FetchResult,
    run=_fetch,
    idempotent=True,
    open_world=True,
)

"""`create_page`: a page below a page, or a row of a data source."""

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from ivgraph_auth.agents.arguments import JsonObject, Markdown, Reference, Text, describe
from ivgraph_auth.agents.connections import Aim, by_connection, choose, connections_of, record
from ivgraph_auth.agents.errors import InvalidArguments, problem
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.targets import (
    Target,
    WriteArguments,
    Written,
    find_parent,
    parent_of,
    told_page,
    write_once,
    written_answer,
)
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.agents.writing.blocks import blocks_of
from ivgraph_auth.agents.writing.inline import plain_rich_text
from ivgraph_auth.agents.writing.properties import TITLE
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.lookup import Seen
from ivgraph_auth.notion.tools import Age, age_of

_TOOL = "notion.createPage"
_MOST_BLOCKS = 100


class CreatePageArguments(WriteArguments):
    title: Annotated[Text, describe("What the page or row is called.", min_length=1, max_length=2000)]
    parent: Annotated[
        Reference,
        describe(
            "Where it goes: a page, or a database or data source, of which it becomes a row; its id or Notion URL. "
            "Without it: a private page at the top of the workspace.",
            examples=["7a4ba6460ee04a098c0e12bc72c71a45"],
        ),
    ] = ""
    properties: Annotated[
        JsonObject,
        describe(
            "Of a row, by name: texts, numbers, true or false, days, lists of names; Notion's own form is taken too.",
            examples=[{"Status": "Done", "Due": "2026-12-01", "Tags": ["a", "b"], "Estimate": 3}],
        ),
    ] = Field(default_factory=dict)
    content: Annotated[Markdown, describe("What stands on the page, in Markdown, without the title.")] = ""
    icon: Annotated[Text, describe("An emoji.", max_length=32, examples=["📘"])] = ""


async def _create_page(box: Toolbox, caller: ToolCaller, asked: CreatePageArguments) -> ToolAnswer:
    async def work(call: RecordedCall, seen: Seen | None) -> dict[str, Any]:
        async def create() -> dict[str, Any]:
            target = await find_parent(box, caller, call, uuid.UUID(asked.parent), seen)
            return await _create(call, asked, parent_of(target), await _properties(target, asked), box.version)

        return await write_once(call, asked, create)

    if asked.parent:
        written = await by_connection(box, caller, Aim(uuid.UUID(asked.parent), asked.workspace, _TOOL), work)
    else:
        written = await _create_private(box, caller, asked)
    return written_answer("Created", written)


async def _create_private(box: Toolbox, caller: ToolCaller, asked: CreatePageArguments) -> dict[str, Any]:
    grants = await connections_of(box, caller.principal, asked.workspace)
    async with record(box, caller, choose(caller.principal, grants), _TOOL) as call:

        async def create() -> dict[str, Any]:
            parent = {"workspace": True}
            properties = await _properties(Target(box, caller, call, None, None), asked)
            return await _create(call, asked, parent, properties, box.version)

        return await write_once(call, asked, create)


async def _properties(target: Target, asked: CreatePageArguments) -> dict[str, Any]:
    """The title goes by its id, which is the same everywhere."""
    return {**await target.properties(asked.properties), TITLE: {TITLE: plain_rich_text(asked.title)}}


async def _create(
    call: RecordedCall,
    asked: CreatePageArguments,
    parent: Mapping[str, Any],
    properties: Mapping[str, Any],
    version: str,
) -> dict[str, Any]:
    body: dict[str, Any] = {"parent": dict(parent), "properties": dict(properties)}
    if asked.icon:
        body["icon"] = {"type": "emoji", "emoji": asked.icon}
    if asked.content:
        body |= _content(asked.content, version)
    return {"title": asked.title, **told_page(await call.invoke(_TOOL, body))}


def _content(markdown: str, version: str) -> dict[str, Any]:
    if age_of(version) is not Age.DATABASES:
        return {"markdown": markdown}
    blocks = blocks_of(markdown)
    if len(blocks) > _MOST_BLOCKS:
        message = f"Makes {len(blocks)} blocks; a new page takes {_MOST_BLOCKS}. append the rest"
        raise InvalidArguments([problem(("content",), message, "too_many_blocks")])
    return {"children": blocks}


CREATE_PAGE = AgentTool(
    name="create_page",
    title="Create a page or a row",
    description="Create a Notion page below a page, or a row in a database, with properties and content in Markdown. "
    "fetch the database first to see its properties.",
    scopes=(Scope.NOTION_WRITE,),
    takes=CreatePageArguments,
    answers=Written,
    run=_create_page,
    endpoint=_TOOL,
    writes=True,
    open_world=True,
)

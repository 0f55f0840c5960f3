"""`update_page`: a page's properties, and parts or all of its content."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ivgraph_auth.agents.arguments import AS_LIST, JsonObject, Markdown, Reference, Text, describe
from ivgraph_auth.agents.connections import Aim, by_connection
from ivgraph_auth.agents.errors import PartlyDone
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.targets import (
    Target,
    WriteArguments,
    Written,
    find_page,
    told_page,
    write_once,
    written_answer,
)
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.agents.writing.inline import plain_rich_text
from ivgraph_auth.agents.writing.properties import TITLE
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.lookup import Seen
from ivgraph_auth.notion.endpoints import ENDPOINTS
from ivgraph_auth.notion.operations import NotionRequest

_TOOL = "notion.updatePage"
_MARKDOWN = ENDPOINTS["notion.updatePageMarkdown"]
_MOST_EDITS = 100


class Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    old: Annotated[
        Text,
        describe(
            "Text of the page's Markdown as fetch answers it; it must stand there once.",
            min_length=1,
            max_length=200_000,
        ),
    ]
    new: Annotated[Text, describe("What stands there afterwards.", max_length=200_000)]


class UpdatePageArguments(WriteArguments):
    id: Annotated[Reference, describe("Of the page or row: its id or Notion URL.")]
    title: Annotated[Text, describe("A new title.", max_length=2000)] = ""
    properties: Annotated[
        JsonObject,
        describe(
            "Of a row, by name: texts, numbers, true or false, days, lists of names (which replace those "
            "that are there); null empties one. Notion's own form is taken too.",
            examples=[{"Status": "Done", "Due": "2026-12-01"}],
        ),
    ] = Field(default_factory=dict)
    edits: Annotated[list[Edit], *AS_LIST, describe("Texts of the content to replace.", max_length=_MOST_EDITS)] = (
        Field(default_factory=list)
    )
    replace_content: Annotated[
        Markdown,
        describe("Markdown that replaces all content; refused where that would delete pages or databases on it."),
    ] = ""
    icon: Annotated[Text, describe("An emoji.", max_length=32, examples=["📘"])] = ""
    in_trash: Annotated[bool, describe("true moves the page to the trash.")] = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.edits and self.replace_content:
            raise PydanticCustomError("either_or", "Give edits or replace_content, not both")
        if not (self.edits or self.replace_content or self.changes_page):
            raise PydanticCustomError(
                "nothing", "Say what to change: title, properties, edits, replace_content, icon, in_trash"
            )
        return self

    @property
    def changes_page(self) -> bool:
        return bool(self.title or self.properties or self.icon or self.in_trash)


async def _update_page(box: Toolbox, caller: ToolCaller, asked: UpdatePageArguments) -> ToolAnswer:
    page = uuid.UUID(asked.id)

    async def work(call: RecordedCall, seen: Seen | None) -> dict[str, Any]:
        async def update() -> dict[str, Any]:
            return await _update(await find_page(box, caller, call, page, seen), asked)

        return await write_once(call, asked, update)

    aim = Aim(page, asked.workspace, _TOOL if asked.changes_page else _MARKDOWN.name)
    return written_answer(
        "Moved to the trash" if asked.in_trash else "Updated", await by_connection(box, caller, aim, work)
    )


async def _update(target: Target, asked: UpdatePageArguments) -> dict[str, Any]:
    written: dict[str, Any] = {"id": asked.id}
    if asked.changes_page:
        written |= told_page(await target.call.invoke(_TOOL, await _body(target, asked)))
    edit = _edit(asked)
    if edit is None:
        return written
    request = NotionRequest("PATCH", f"/v1/pages/{asked.id}/markdown", "", edit)
    try:
        await target.call.ask(_MARKDOWN, request)
    except ServiceError as failure:
        if not asked.changes_page:
            raise
        message = f"The properties are changed, the content is not: {failure.detail} Send the content alone."
        raise PartlyDone(message) from failure
    return written


async def _body(target: Target, asked: UpdatePageArguments) -> dict[str, Any]:
    properties = await target.properties(asked.properties)
    if asked.title:
        properties[TITLE] = {TITLE: plain_rich_text(asked.title)}
    body: dict[str, Any] = {"page_id": asked.id}
    body |= {"properties": properties} if properties else {}
    body |= {"icon": {"type": "emoji", "emoji": asked.icon}} if asked.icon else {}
    body |= {"in_trash": True} if asked.in_trash else {}
    return body


def _edit(asked: UpdatePageArguments) -> dict[str, Any] | None:
    """https://developers.notion.com/reference/update-page-markdown"""
    if asked.replace_content:
        return {"type": "replace_content", "replace_content": {"new_str": asked.replace_content}}
    if asked.edits:
        return {"type": "update_content", "update_content": {"content_updates": _updates(asked.edits)}}
    return None


def _updates(edits: Sequence[Edit]) -> list[dict[str, str]]:
    return [{"old_str": each.old, "new_str": each.new} for each in edits]


UPDATE_PAGE = AgentTool(
    name="update_page",
    title="Change a page or a row",
    description="Change a Notion page: its title, a row's properties, its icon; replace texts of its content, or all "
    "of it; or move it to the trash. To add content, use append.",
    scopes=(Scope.NOTION_WRITE,),
    takes=UpdatePageArguments,
    answers=Written,
    run=_update_page,
    endpoint=_TOOL,
    writes=True,
    destructive=True,
    idempotent=True,
    open_world=True,
)

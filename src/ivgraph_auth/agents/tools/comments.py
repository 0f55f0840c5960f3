"""`comments`: the open discussions on a page or a block."""

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments, Cursor, MaxChars, Reference, Workspace, describe
from ivgraph_auth.agents.connections import Aim, by_connection
from ivgraph_auth.agents.listing import Place, count_fitting, read_list
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.objects import people_names
from ivgraph_auth.agents.rendering.comments import Said, comment_lines, read_comment
from ivgraph_auth.agents.rendering.notes import go_on
from ivgraph_auth.agents.rendering.values import Names
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.paging import BoundCursors
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.content.cutting import DEFAULT_CHARS
from ivgraph_auth.graph.content.rich_text import plain_text
from ivgraph_auth.graph.json_values import as_name, member
from ivgraph_auth.graph.lookup import Seen

_MOST = 200
_TOOL = "notion.listComments"


class CommentsArguments(Arguments):
    id: Annotated[Reference, describe("Of a page or a block: its id or Notion URL.")]
    max_chars: MaxChars = DEFAULT_CHARS
    cursor: Cursor = ""
    workspace: Workspace = ""


class CommentOut(BaseModel):
    discussion_id: str
    author: str
    created: str
    text: str


class CommentsResult(BaseModel):
    results: list[CommentOut]
    next_cursor: str = Field(default="", description="Absent at the end.")


async def _comments(box: Toolbox, caller: ToolCaller, asked: CommentsArguments) -> ToolAnswer:
    async def work(call: RecordedCall, _: Seen | None) -> ToolAnswer:
        return await _read(box, call, asked)

    return await by_connection(box, caller, Aim(uuid.UUID(asked.id), asked.workspace, _TOOL), work)


async def _read(box: Toolbox, call: RecordedCall, asked: CommentsArguments) -> ToolAnswer:
    cursors = BoundCursors(box.cursors, f"agent comments for {call.grant.account_id}: {asked.id}")
    position = cursors.open(asked.cursor or None)
    begin = Place.read(position) if position else Place()
    ask = partial(_ask, call, asked.id)
    found = await read_list(ask, begin, _MOST, lambda items: sum(map(_length, items)) > asked.max_chars)
    names = Names(people=await people_names(call, _unnamed(found.items)))
    said = [read_comment(each, names) for each in found.items]
    shown = count_fitting(["\n".join(comment_lines([each])) for each in said], asked.max_chars)
    following = found.after(shown)
    return _answer(said[:shown], cursors.issue(str(following) if following else None))


def _answer(shown: Sequence[Said], next_cursor: str | None) -> ToolAnswer:
    # A discussion's comments stand together, wherever the list has them.
    discussions = [each.discussion for each in shown]
    said = sorted(shown, key=lambda each: discussions.index(each.discussion))
    structured: dict[str, Any] = {"results": [_out(each) for each in said]}
    structured |= {"next_cursor": next_cursor} if next_cursor else {}
    lines = [*comment_lines(said), go_on(next_cursor, "There are more.")]
    return ToolAnswer("\n".join(filter(None, lines)) or "No open comments here.", structured)


async def _ask(call: RecordedCall, block_id: str, paging: Mapping[str, Any]) -> Mapping[str, Any]:
    return await call.invoke(_TOOL, {"block_id": block_id, **paging})


def _unnamed(comments: Sequence[Mapping[str, Any]]) -> set[str]:
    users = [member(each, "created_by") for each in comments if not member(each, "display_name", "resolved_name")]
    return {as_name(member(user, "id")) for user in users if not member(user, "name")}


def _length(comment: Mapping[str, Any]) -> int:
    return len(plain_text(comment.get("rich_text")))


def _out(said: Said) -> dict[str, str]:
    return {"discussion_id": said.discussion, "author": said.author, "created": said.created, "text": said.text}


COMMENTS = AgentTool(
    name="comments",
    title="Read comments",
    description="The open comments on a Notion page, or on one of its blocks by the block's id, by discussion. To "
    "answer in a discussion, give its id to comment.",
    scopes=(Scope.NOTION_READ,),
    takes=CommentsArguments,
    answers=CommentsResult,
    run=_comments,
    endpoint=_TOOL,
    idempotent=True,
    open_world=True,
)

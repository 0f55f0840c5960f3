"""`comments`: the open discussions on a page or a block."""

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments, Cursor, MaxChars, Reference, Workspace, describe
from ivgraph_auth.agents.connections import Aim, by_connection
from ivgraph_auth.agents.listing import Listed, Place, count_fitting, read_list
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.objects import people_names
from ivgraph_auth.agents.rendering.comments import author_of, comment_lines, discussion_of, words_of
from ivgraph_auth.agents.rendering.notes import go_on
from ivgraph_auth.agents.rendering.values import Names, short_time
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.paging import BoundCursors
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.content.cutting import DEFAULT_CHARS
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
    lines = [_lines_of(each, names) for each in found.items]
    shown = count_fitting(lines, asked.max_chars)
    following = found.after(shown)
    return _answer(found, shown, names, cursors.issue(str(following) if following else None))


def _answer(found: Listed, shown: int, names: Names, next_cursor: str | None) -> ToolAnswer:
    # A discussion's comments stand together, wherever the list has them.
    said = sorted(found.items[:shown], key=_first_of([discussion_of(each) for each in found.items[:shown]]))
    structured: dict[str, Any] = {"results": [_out(each, names) for each in said]}
    structured |= {"next_cursor": next_cursor} if next_cursor else {}
    lines = [*comment_lines(said, names), go_on(next_cursor, "There are more.")]
    return ToolAnswer("\n".join(filter(None, lines)) or "No open comments here.", structured)


def _first_of(discussions: Sequence[str]) -> Any:  # noqa: ANN401 -- a key for sorting
    return lambda each: discussions.index(discussion_of(each))


async def _ask(call: RecordedCall, block_id: str, paging: Mapping[str, Any]) -> Mapping[str, Any]:
    return await call.invoke(_TOOL, {"block_id": block_id, **paging})


def _unnamed(comments: Sequence[Mapping[str, Any]]) -> set[str]:
    users = [member(each, "created_by") for each in comments if not member(each, "display_name", "resolved_name")]
    return {as_name(member(user, "id")) for user in users if not member(user, "name")}


def _length(comment: Mapping[str, Any]) -> int:
    return len(words_of(comment, Names()))


def _lines_of(comment: Mapping[str, Any], names: Names) -> str:
    return "\n".join(comment_lines([comment], names))


def _out(comment: Mapping[str, Any], names: Names) -> dict[str, str]:
    return {
        "discussion_id": discussion_of(comment),
        "author": author_of(comment, names),
        "created": short_time(comment.get("created_time")),
        "text": words_of(comment, names),
    }


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

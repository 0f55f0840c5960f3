"""`comment`: on a page or a block, or in a discussion."""

import uuid
from typing import Annotated, Any, Self

from pydantic import BaseModel, model_validator
from pydantic_core import PydanticCustomError

from ivgraph_auth.agents.arguments import Reference, Text, describe
from ivgraph_auth.agents.connections import Aim, by_connection
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.objects import is_of_another_kind
from ivgraph_auth.agents.targets import WriteArguments, write_once
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.errors import NotionSaidNo
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.json_values import encodable_text
from ivgraph_auth.graph.lookup import Seen

_TOOL = "notion.createComment"


class CommentArguments(WriteArguments):
    text: Annotated[Text, describe("What to say, in a line of Markdown.", min_length=1, max_length=20_000)]
    id: Annotated[Reference, describe("Of the page or block to comment on: its id or Notion URL.")] = ""
    discussion_id: Annotated[
        Reference, describe("Of a discussion to answer in, as comments tells it; in place of id.")
    ] = ""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if bool(self.id) == bool(self.discussion_id):
            raise PydanticCustomError("either_or", "Give id or discussion_id, one of the two")
        return self


class Commented(BaseModel):
    id: str
    discussion_id: str


async def _comment(box: Toolbox, caller: ToolCaller, asked: CommentArguments) -> ToolAnswer:
    async def work(call: RecordedCall, seen: Seen | None) -> dict[str, Any]:
        async def say() -> dict[str, Any]:
            answer = await _send(call, asked, is_known=seen is not None)
            return {name: encodable_text(answer.get(name)) for name in ("id", "discussion_id")}

        return await write_once(call, asked, say)

    aim = Aim(uuid.UUID(asked.id or asked.discussion_id), asked.workspace, _TOOL)
    said = await by_connection(box, caller, aim, work)
    return ToolAnswer(f"Said (comment {said['id']}, discussion {said['discussion_id']}).", said)


async def _send(call: RecordedCall, asked: CommentArguments, *, is_known: bool) -> dict[str, Any]:
    """A block and a page are named apart, and ids do not tell which is which."""
    words = {"markdown": asked.text}
    if asked.discussion_id:
        return await call.invoke(_TOOL, {"discussion_id": asked.discussion_id, **words})
    try:
        return await call.invoke(_TOOL, {"parent": {"page_id": asked.id}, **words})
    except NotionSaidNo as refusal:
        if is_known or not is_of_another_kind(refusal):
            raise
    return await call.invoke(_TOOL, {"parent": {"block_id": asked.id}, **words})


COMMENT = AgentTool(
    name="comment",
    title="Comment",
    description="Comment on a Notion page or block, or answer in a discussion. It is said by the integration.",
    scopes=(Scope.NOTION_COMMENT,),
    takes=CommentArguments,
    answers=Commented,
    run=_comment,
    endpoint=_TOOL,
    writes=True,
    open_world=True,
)

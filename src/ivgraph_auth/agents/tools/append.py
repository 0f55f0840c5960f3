"""`append`: Markdown at the end of a page, or behind a text of it."""

import uuid
from typing import Annotated, Any

from ivgraph_auth.agents.arguments import Markdown, Reference, Text, describe
from ivgraph_auth.agents.connections import Aim, by_connection
from ivgraph_auth.agents.errors import InvalidArguments, problem
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.objects import is_of_another_kind
from ivgraph_auth.agents.targets import WriteArguments, Written, check_is_page, write_once, written_answer
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.agents.writing.blocks import blocks_of
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.errors import MissingCapability, NotionSaidNo
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.lookup import Seen
from ivgraph_auth.notion.endpoints import ENDPOINTS
from ivgraph_auth.notion.operations import NotionRequest
from ivgraph_auth.notion.tools import Age, age_of

_MARKDOWN = ENDPOINTS["notion.updatePageMarkdown"]
_BLOCKS = "notion.appendBlockChildren"
_MOST_BLOCKS = 100
_RESTRICTED = "restricted_resource"


class AppendArguments(WriteArguments):
    id: Annotated[Reference, describe("Of the page, or of a block on one: its id or Notion URL.")]
    content: Annotated[
        Markdown, describe("What to add, in Markdown.", min_length=1, examples=["## Next steps\n- [ ] Call Ada"])
    ]
    after: Annotated[
        Text,
        describe("Put it behind this text of the page, as fetch answers it; without it, at the end.", max_length=2000),
    ] = ""


async def _append(box: Toolbox, caller: ToolCaller, asked: AppendArguments) -> ToolAnswer:
    async def work(call: RecordedCall, seen: Seen | None) -> dict[str, Any]:
        check_is_page(seen)
        by_blocks = age_of(box.version) is Age.DATABASES

        async def append() -> dict[str, Any]:
            if by_blocks or not await _as_markdown(call, asked, seen):
                await _as_blocks(call, asked)
            summary = seen.node.summary if seen else None
            return {
                "id": asked.id,
                "title": summary.title if summary else "",
                "url": (summary.url or "") if summary else "",
            }

        return await write_once(call, asked, append)

    aim = Aim(uuid.UUID(asked.id), asked.workspace, _BLOCKS)
    return written_answer("Added to", await by_connection(box, caller, aim, work))


async def _as_markdown(call: RecordedCall, asked: AppendArguments, seen: Seen | None) -> bool:
    """False where it must be blocks: the connection may only insert, or the id is a block's. Nothing is written then.
    https://developers.notion.com/reference/update-page-markdown
    """
    insert = {"content": asked.content, **({"after": asked.after} if asked.after else {})}
    body = {"type": "insert_content", "insert_content": insert}
    request = NotionRequest("PATCH", f"/v1/pages/{asked.id}/markdown", "", body)
    try:
        await call.ask(_MARKDOWN, request)
    except MissingCapability:
        if asked.after:
            raise
        return False
    except NotionSaidNo as refusal:
        may_be_block = seen is None and is_of_another_kind(refusal)
        if asked.after or not (may_be_block or refusal.code == _RESTRICTED):
            raise
        return False
    return True


async def _as_blocks(call: RecordedCall, asked: AppendArguments) -> None:
    blocks = blocks_of(asked.content)
    if len(blocks) > _MOST_BLOCKS or not blocks:
        message = f"Makes {len(blocks)} blocks; give 1 to {_MOST_BLOCKS} at a time"
        raise InvalidArguments([problem(("content",), message, "too_many_blocks")])
    await call.invoke(_BLOCKS, {"block_id": asked.id, "children": blocks})


APPEND = AgentTool(
    name="append",
    title="Add to a page",
    description="Add Markdown to a Notion page: at its end, or behind a text of it. Nothing that is there is changed.",
    scopes=(Scope.NOTION_WRITE,),
    takes=AppendArguments,
    answers=Written,
    run=_append,
    endpoint=_BLOCKS,
    writes=True,
    open_world=True,
)

"""What the tools for one comment take, by Notion's own names; as in `parameters.py`."""

from typing import Annotated, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.shapes import CLOSED, NotionId, RichText

_CommentId = Annotated[NotionId, Field(description="The comment's id, as listing comments tells it.")]


@with_config(CLOSED)
class GetComment(TypedDict):
    comment_id: _CommentId


@with_config(CLOSED)
class UpdateComment(TypedDict, total=False):
    comment_id: Required[_CommentId]
    rich_text: Annotated[RichText, Field(description="What it says from now on, in Notion's rich text.")]
    markdown: Annotated[
        str, Field(description="The same in Markdown, in place of `rich_text`.", examples=["**Done**, see above."])
    ]

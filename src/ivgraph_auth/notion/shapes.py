"""What Notion's parameters are made of, with the limits that Notion sets. Each type is a hint for callers and a piece
of JSON Schema, which is checked and published: see `schemas.py`. A docstring is the description that models read.
"""

from typing import Annotated, Any, Literal, Required

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.schema_constraints import ID_OF, Among, As

CLOSED = ConfigDict(extra="forbid")
OPEN = ConfigDict(extra="allow")  # Notion adds members without a new version
_UUID = r"^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$"

NotionId = Annotated[
    str,
    Field(
        description="An id: 32 hexadecimal digits, with or without dashes. In a page's URL it is the end of the path.",
        json_schema_extra={"pattern": _UUID, ID_OF: "page"},
    ),
]
BlockId = Annotated[
    str,
    Field(
        description="Id of a block, or of a page, which is a block too: 32 hexadecimal digits, dashes or not.",
        json_schema_extra={"pattern": _UUID, ID_OF: "block"},
    ),
]
DiscussionId = Annotated[
    str,
    Field(
        description="Id of the discussion to answer in, as its comments tell it (discussion_id).",
        json_schema_extra={"pattern": _UUID, ID_OF: "discussion"},
    ),
]
# Nothing that a URL would name.
UserId = Annotated[
    str,
    Field(
        description="Id of a person or a bot, as the list of users tells it.",
        json_schema_extra={"pattern": _UUID, ID_OF: "user"},
    ),
]
# Opaque: Notion's own cursors are UUIDs, short texts or `s:<session>:<row>`. Null is not sent on.
Cursor = Annotated[
    str | None,
    As(
        Annotated[
            str,
            Field(min_length=1, max_length=2000, description="next_cursor of the answer before, to get what follows."),
        ]
    ),
]
PageSize = Annotated[int, Field(ge=1, le=100, description="How many results at most; 100 when left out.")]
PropertyIds = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200, description="A property's id.")]],
    Field(max_length=100, description="Only these properties, by their ids as Notion gives them. All when left out."),
]
LinkUrl = Annotated[str, Field(max_length=2000, description="A URL of at most 2000 characters.")]
AnyObject = dict[str, Any]
Icon = Annotated[
    AnyObject | None,
    Field(
        description="The icon: an emoji, or an image by its URL. null takes it away.",
        examples=[{"type": "emoji", "emoji": "🌱"}, {"type": "external", "external": {"url": "https://…"}}],
    ),
]
Cover = Annotated[
    AnyObject | None,
    Field(
        description="The cover: an image by its URL. null takes it away.",
        examples=[{"type": "external", "external": {"url": "https://example.com/cover.jpg"}}],
    ),
]


# Rich text


@with_config(OPEN)
class Link(TypedDict):
    """Where the text leads; null for nowhere."""

    url: LinkUrl


@with_config(OPEN)
class TextContent(TypedDict, total=False):
    """Plain text."""

    content: Required[
        Annotated[str, Field(max_length=2000, description="The text itself; longer ones in several runs.")]
    ]
    link: Link | None


@with_config(OPEN)
class Expression(TypedDict):
    """A formula."""

    expression: Annotated[str, Field(max_length=1000, description="The formula in LaTeX.")]


@with_config(OPEN)
class RichTextItem(TypedDict, total=False):
    """A run of text."""

    type: Annotated[Literal["text", "equation", "mention"], Field(description="Which of the three it holds.")]
    text: TextContent
    equation: Expression
    mention: Annotated[
        AnyObject,
        Field(description="A page, database, person or date that is mentioned.", examples=[{"page": {"id": "…"}}]),
    ]
    annotations: Annotated[
        AnyObject,
        Field(
            description="bold, italic, strikethrough, underline, code (true or false) and color.",
            examples=[{"bold": True, "color": "red"}],
        ),
    ]


_RichText = Annotated[
    list[Annotated[RichTextItem, Among(("text", "equation", "mention"))]],
    Field(max_length=100, description="Text, in runs of one look each.", examples=[[{"text": {"content": "Hello"}}]]),
]
RichText = Annotated[list[AnyObject], As(_RichText)]

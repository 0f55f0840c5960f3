"""Blocks, as they are made (with what is inside of them) and as they are changed. As in `shapes.py`."""

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.schema_constraints import MOST_BLOCKS, OTHERS, As
from ivgraph_auth.notion.shapes import OPEN, AnyObject, LinkUrl, RichText

MAX_BLOCKS = 1000
_MoreRichText = Annotated[list[AnyObject], Field(max_length=100, description="Rich text, as in rich_text.")]


@with_config(OPEN)
class BlockContent(TypedDict, total=False):
    """What the block holds: the members of its type, of which some are named here."""

    rich_text: RichText
    children: Annotated[
        "list[Block]",
        Field(
            max_length=100,
            description="The blocks inside. One request takes two levels of them; deeper ones are appended by another.",
        ),
    ]
    checked: Annotated[bool, Field(description="Of to_do: whether it is done.")]
    language: Annotated[str, Field(description='Of code, such as "python" or "plain text".')]
    color: Annotated[str, Field(description='Such as "default", "red" or "blue_background".')]
    expression: Annotated[str, Field(max_length=1000, description="Of equation: LaTeX.")]
    url: Annotated[LinkUrl, Field(description="Of bookmark and embed: the URL, of at most 2000 characters.")]
    external: Annotated[
        AnyObject,
        Field(description="Of image, video, pdf, file, audio: the URL.", examples=[{"url": "https://…"}]),
    ]
    caption: Annotated[_MoreRichText, Field(description="Of code, bookmark and media: rich text, as in rich_text.")]
    table_width: Annotated[int, Field(ge=1, le=100, description="Of table: how many columns. Its rows are children.")]
    cells: Annotated[
        list[_MoreRichText], Field(max_length=100, description="Of table_row: for each column its rich text.")
    ]


_Content = Annotated[AnyObject, As(BlockContent)]
_KINDS = (
    "paragraph, heading_1, heading_2, heading_3, heading_4, bulleted_list_item, numbered_list_item, to_do, toggle, "
    "quote, callout, code, equation, divider, table, table_row, bookmark, embed, image, video, pdf, file, audio, "
    "column_list, column, synced_block, link_to_page, table_of_contents, breadcrumb, tab, template"
)


class Block(TypedDict, total=False):
    """A block: under the name of its type, what it holds, such as
    {"paragraph": {"rich_text": [{"text": {"content": "Hello"}}]}}.
    """

    object: Annotated[Literal["block"], Field(description="May be left out.")]
    type: Annotated[str, Field(min_length=1, description=f"May be left out. One of {_KINDS}.")]
    others: Annotated[_Content, Field(json_schema_extra={OTHERS: True})]


Blocks = Annotated[
    list[AnyObject],
    As(
        Annotated[
            list[Block],
            Field(
                max_length=100,
                description="Blocks, from top to bottom; at most 100.",
                json_schema_extra={MOST_BLOCKS: MAX_BLOCKS},
            ),
        ]
    ),
]

# What a block's content is changed to. Whole lists of rich text would be described once for each type.
_Text = Annotated[
    AnyObject,
    Field(description='Its new text: {"rich_text": [{"text": {"content": "…"}}]}, where wanted with "color".'),
]
_ToDo = Annotated[AnyObject, Field(description='Such as {"checked": true}, with "rich_text" for another text.')]
_Code = Annotated[
    AnyObject, Field(description='{"rich_text": [{"text": {"content": "…"}}], "language": "python"}, or one of both.')
]
_Equation = Annotated[AnyObject, Field(description='{"expression": "E=mc^2"}, in LaTeX.')]
_Address = Annotated[AnyObject, Field(description='{"url": "https://…"}, where wanted with "caption" (rich text).')]
_Media = Annotated[
    AnyObject, Field(description='{"external": {"url": "https://…"}}, where wanted with "caption" (rich text).')
]
_Table = Annotated[
    AnyObject, Field(description='{"has_column_header": true, "has_row_header": false}, or one of both.')
]
_Row = Annotated[AnyObject, Field(description='{"cells": […]}: for each column its rich text.')]
_Other = Annotated[AnyObject, Field(description="As Notion's reference describes the type.")]


class BlockKinds(TypedDict, total=False):
    paragraph: _Text
    heading_1: _Text
    heading_2: _Text
    heading_3: _Text
    heading_4: _Text
    bulleted_list_item: _Text
    numbered_list_item: _Text
    quote: _Text
    to_do: _ToDo
    toggle: _Text
    template: _Text
    callout: _Text
    code: _Code
    equation: _Equation
    synced_block: _Other
    column_list: _Other
    column: _Other
    tab: _Other
    table: _Table
    table_row: _Row
    link_to_page: _Other
    embed: _Address
    bookmark: _Address
    image: _Media
    video: _Media
    pdf: _Media
    file: _Media
    audio: _Media
    divider: _Other
    breadcrumb: _Other
    table_of_contents: _Other

"""What Notion's parameters are made of, with the limits that Notion sets. Each type is a hint for callers, a check at
run time and a piece of JSON Schema at once: pydantic makes all three, and is here anyway.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Required

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.notion.schema_constraints import Among, As

CLOSED = ConfigDict(extra="forbid")
OPEN = ConfigDict(extra="allow")  # Notion adds members without a new version
MAX_BLOCKS = 1000
_ID_PATTERN = r"^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"


def _parse_id(text: str) -> str:
    found = parse_notion_id(text)
    if found is None:
        raise PydanticCustomError("notion_id", "Should be a UUID, with dashes or without")
    return str(found)


NotionId = Annotated[str, AfterValidator(_parse_id), Field(json_schema_extra={"pattern": _ID_PATTERN})]
# Opaque: Notion's own cursors are UUIDs, short texts or `s:<session>:<row>`. Null is not sent on.
Cursor = Annotated[str, Field(min_length=1, max_length=2000)]
PageSize = Annotated[int, Field(ge=1, le=100)]
PropertyIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=100)]
LinkUrl = Annotated[str, Field(max_length=2000)]
AnyObject = dict[str, Any]
Emblem = AnyObject | None


@with_config(OPEN)
class Link(TypedDict):
    url: LinkUrl


@with_config(OPEN)
class TextContent(TypedDict, total=False):
    content: Required[Annotated[str, Field(max_length=2000)]]
    link: Link | None


@with_config(OPEN)
class Expression(TypedDict):
    expression: Annotated[str, Field(max_length=1000)]


@with_config(OPEN)
class RichTextItem(TypedDict, total=False):
    type: str
    text: TextContent
    equation: Expression
    mention: AnyObject
    annotations: AnyObject


_RichText = Annotated[list[Annotated[RichTextItem, Among(("text", "equation", "mention"))]], Field(max_length=100)]
RichText = Annotated[list[AnyObject], As(_RichText)]


@with_config(OPEN)
class BlockContent(TypedDict, total=False):
    """What stands under a block's type: the members of any of them."""

    rich_text: RichText
    caption: RichText
    cells: Annotated[list[RichText], Field(max_length=100)]
    url: LinkUrl
    expression: Annotated[str, Field(max_length=1000)]
    children: "Annotated[list[Block], Field(max_length=100)]"


Content = Annotated[AnyObject, As(BlockContent)]


class BlockKinds(TypedDict, total=False):
    paragraph: Content
    heading_1: Content
    heading_2: Content
    heading_3: Content
    heading_4: Content
    bulleted_list_item: Content
    numbered_list_item: Content
    quote: Content
    to_do: Content
    toggle: Content
    template: Content
    callout: Content
    code: Content
    equation: Content
    synced_block: Content
    column_list: Content
    column: Content
    tab: Content
    table: Content
    table_row: Content
    link_to_page: Content
    embed: Content
    bookmark: Content
    image: Content
    video: Content
    pdf: Content
    file: Content
    audio: Content
    divider: Content
    breadcrumb: Content
    table_of_contents: Content


@with_config(OPEN)
class Block(BlockKinds, total=False):
    object: Literal["block"]
    type: Annotated[str, Field(min_length=1)]


def _blocks(value: object) -> Iterator[Mapping[str, Any]]:
    """Every block of a list, the nested ones included."""
    for block in value if isinstance(value, list) else ():
        if isinstance(block, Mapping):
            yield block
            for content in block.values():
                yield from _blocks(content.get("children") if isinstance(content, Mapping) else None)


def _not_too_many(blocks: list[Block]) -> list[Block]:
    if sum(1 for _ in _blocks(blocks)) > MAX_BLOCKS:
        raise PydanticCustomError(
            "too_many_blocks", "Should hold at most {most} blocks, nested ones included", {"most": MAX_BLOCKS}
        )
    return blocks


_Blocks = Annotated[
    list[Block],
    Field(max_length=100, description=f"At most {MAX_BLOCKS} in all, nested ones included."),
    AfterValidator(_not_too_many),
]
Blocks = Annotated[list[AnyObject], As(_Blocks)]


@with_config(OPEN)
class _Reference(TypedDict):
    id: NotionId


@with_config(OPEN)
class PropertyObject(TypedDict, total=False):
    title: RichText
    rich_text: RichText
    relation: Annotated[list[_Reference], Field(max_length=100)]
    people: Annotated[list[AnyObject], Field(max_length=100)]
    multi_select: Annotated[list[AnyObject], Field(max_length=100)]
    files: Annotated[list[AnyObject], Field(max_length=100)]
    url: LinkUrl | None
    email: Annotated[str, Field(max_length=200)] | None
    phone_number: Annotated[str, Field(max_length=200)] | None


# The tilde keeps the tag out of the places that a refusal names (see `operations._problems_of`).
def _form_of(value: object) -> str:
    return "~list" if isinstance(value, list) else "~object"


# A list stands for the property's only member, as in {"title": [{"text": {"content": "Plan"}}]}.
_Property = Annotated[
    Annotated[RichText, Tag("~list")] | Annotated[PropertyObject, Tag("~object")], Discriminator(_form_of)
]
Properties = Annotated[AnyObject, As(dict[str, _Property])]

_Filter = TypedDict(
    "_Filter",
    {
        "and": "Annotated[list[_Filter], Field(max_length=100)]",
        "or": "Annotated[list[_Filter], Field(max_length=100)]",
        "property": str,
        "timestamp": str,
    },
    total=False,
)
with_config(OPEN)(_Filter)
Filter = Annotated[AnyObject, As(_Filter)]


@with_config(CLOSED)
class Sort(TypedDict, total=False):
    property: str
    timestamp: Literal["created_time", "last_edited_time"]
    direction: Literal["ascending", "descending"]

"""What the tools for pages and blocks take, by Notion's own names; as in `parameters.py`."""

from typing import Annotated, Literal, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.blocks import BlockKinds, Blocks
from ivgraph_auth.notion.parameters import Paged
from ivgraph_auth.notion.property_values import Properties
from ivgraph_auth.notion.schema_constraints import Among
from ivgraph_auth.notion.shapes import CLOSED, AnyObject, BlockId, Cover, Icon, NotionId, PropertyIds

PageId = Annotated[NotionId, Field(description="Id of the page: 32 hexadecimal digits, as at the end of its URL.")]
_Markdown = Annotated[str, Field(description="The content, as Markdown.")]
_AllowAsync = Annotated[
    bool,
    Field(description="true: Notion may make it later and answer an async_task, which notion_get_async_task follows."),
]
_Template = Annotated[
    AnyObject,
    Field(
        description="A template of the database to start from.",
        examples=[{"type": "default"}, {"type": "template_id", "template_id": "…"}],
    ),
]
_InTrash = Annotated[bool, Field(description="true moves it to the trash, false takes it out.")]
_Archived = Annotated[bool, Field(description="The older name of in_trash.")]

# Pages

_ParentPage = Annotated[NotionId, Field(description="Id of the page under which it is made.")]
_AtTheTop = Annotated[Literal[True], Field(description="true: a private page at the top of the workspace.")]


@with_config(CLOSED)
class GetPage(TypedDict, total=False):
    page_id: Required[PageId]
    filter_properties: PropertyIds


@with_config(CLOSED)
class GetPageMarkdown(TypedDict, total=False):
    page_id: Required[PageId]
    include_transcript: Annotated[bool, Field(description="true: with the transcripts of meeting notes.")]


@with_config(CLOSED)
class ParentBefore2025(TypedDict, total=False):
    """Where the page is made."""

    type: Annotated[Literal["page_id", "database_id", "workspace"], Field(description="May be left out.")]
    page_id: _ParentPage
    database_id: Annotated[NotionId, Field(description="Id of the database that gets a row.")]
    workspace: _AtTheTop


@with_config(CLOSED)
class Parent(TypedDict, total=False):
    """Where the page is made."""

    type: Annotated[
        Literal["page_id", "database_id", "data_source_id", "workspace"], Field(description="May be left out.")
    ]
    page_id: _ParentPage
    database_id: Annotated[NotionId, Field(description="Id of the database that gets a row, where it has one source.")]
    data_source_id: Annotated[NotionId, Field(description="Id of the data source that gets a row.")]
    workspace: _AtTheTop


_OneParentBefore2025 = Annotated[ParentBefore2025, Among(("page_id", "database_id", "workspace"))]
_OneParent = Annotated[Parent, Among(("page_id", "database_id", "data_source_id", "workspace"))]


@with_config(CLOSED)
class BlockReference(TypedDict):
    """The block after which it goes."""

    id: Annotated[BlockId, Field(description="Id of the block.")]


@with_config(CLOSED)
class PagePosition(TypedDict, total=False):
    """Where in its parent page the new page stands; at the end when left out."""

    type: Required[
        Annotated[
            Literal["after_block", "page_start", "page_end"], Field(description="after_block needs the block's id.")
        ]
    ]
    after_block: BlockReference


class _PageLook(TypedDict, total=False):
    icon: Icon
    cover: Cover


@with_config(CLOSED)
class CreatePageBefore2025(_PageLook, total=False):
    parent: Required[_OneParentBefore2025]
    properties: Required[Properties]
    children: Blocks


@with_config(CLOSED)
class CreatePage(_PageLook, total=False):
    parent: _OneParent
    properties: Properties
    children: Blocks
    markdown: _Markdown
    template: _Template
    position: PagePosition
    allow_async: _AllowAsync


class AnyCreatePage(_PageLook, total=False):
    parent: Parent
    properties: Properties
    children: Blocks
    markdown: _Markdown
    template: _Template
    position: PagePosition
    allow_async: _AllowAsync


@with_config(CLOSED)
class UpdatePage(_PageLook, total=False):
    page_id: Required[PageId]
    properties: Properties
    is_locked: Annotated[bool, Field(description="true: nobody changes it by accident in Notion's app.")]
    template: _Template
    erase_content: Annotated[bool, Field(description="true: all that the page holds is removed. Not to be undone.")]
    in_trash: _InTrash


@with_config(CLOSED)
class UpdatePageBefore2026(UpdatePage, total=False):
    archived: _Archived


# Blocks


@with_config(CLOSED)
class GetBlock(TypedDict):
    block_id: BlockId


@with_config(CLOSED)
class GetBlockChildren(Paged, total=False):
    block_id: Required[BlockId]


@with_config(CLOSED)
class ContentPosition(TypedDict, total=False):
    """Where the blocks go; at the end when left out."""

    type: Required[
        Annotated[Literal["after_block", "start", "end"], Field(description="after_block needs the block's id.")]
    ]
    after_block: BlockReference


_After = Annotated[BlockId, Field(description="Id of the block after which they go; at the end when left out.")]


class _Append(TypedDict):
    block_id: BlockId
    children: Annotated[Blocks, Field(min_length=1)]


@with_config(CLOSED)
class AppendBefore2026(_Append, total=False):
    after: _After


@with_config(CLOSED)
class Append(_Append, total=False):
    position: ContentPosition


class AnyAppend(_Append, total=False):
    after: _After
    position: ContentPosition


@with_config(CLOSED)
class UpdateBlock(BlockKinds, total=False):
    block_id: Required[BlockId]
    type: Annotated[str, Field(description="The block's type; it cannot be changed. May be left out.")]
    in_trash: _InTrash


@with_config(CLOSED)
class UpdateBlockBefore2026(UpdateBlock, total=False):
    archived: _Archived

"""What the tools for pages and blocks take, by Notion's own names; as in `parameters.py`."""

from typing import Annotated, Literal, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.parameters import Paged
from ivgraph_auth.notion.schema_constraints import Among
from ivgraph_auth.notion.shapes import CLOSED, AnyObject, BlockKinds, Blocks, Emblem, NotionId, Properties, PropertyIds

# Pages


@with_config(CLOSED)
class GetPage(TypedDict, total=False):
    page_id: Required[NotionId]
    filter_properties: PropertyIds


@with_config(CLOSED)
class GetPageMarkdown(TypedDict, total=False):
    page_id: Required[NotionId]
    include_transcript: bool


@with_config(CLOSED)
class ParentBefore2025(TypedDict, total=False):
    type: Literal["page_id", "database_id", "workspace"]
    page_id: NotionId
    database_id: NotionId
    workspace: Literal[True]


@with_config(CLOSED)
class Parent(TypedDict, total=False):
    type: Literal["page_id", "database_id", "data_source_id", "workspace"]
    page_id: NotionId
    database_id: NotionId
    data_source_id: NotionId
    workspace: Literal[True]


_OneParentBefore2025 = Annotated[ParentBefore2025, Among(("page_id", "database_id", "workspace"))]
_OneParent = Annotated[Parent, Among(("page_id", "database_id", "data_source_id", "workspace"))]


@with_config(CLOSED)
class BlockReference(TypedDict):
    id: NotionId


@with_config(CLOSED)
class PagePosition(TypedDict, total=False):
    type: Required[Literal["after_block", "page_start", "page_end"]]
    after_block: BlockReference


class _PageLook(TypedDict, total=False):
    icon: Emblem
    cover: Emblem


@with_config(CLOSED)
class CreatePageBefore2025(_PageLook, total=False):
    parent: Required[_OneParentBefore2025]
    properties: Required[Properties]
    children: Blocks


@with_config(CLOSED)
class CreatePage(_PageLook, total=False):
    """Without a parent the page is private, at the top of the workspace."""

    parent: _OneParent
    properties: Properties
    children: Blocks
    markdown: str
    template: AnyObject
    position: PagePosition


class AnyCreatePage(_PageLook, total=False):
    parent: Parent
    properties: Properties
    children: Blocks
    markdown: str
    template: AnyObject
    position: PagePosition


@with_config(CLOSED)
class UpdatePage(_PageLook, total=False):
    page_id: Required[NotionId]
    properties: Properties
    is_locked: bool
    template: AnyObject
    erase_content: bool
    in_trash: bool


@with_config(CLOSED)
class UpdatePageBefore2026(UpdatePage, total=False):
    archived: bool


# Blocks


@with_config(CLOSED)
class GetBlock(TypedDict):
    block_id: NotionId


@with_config(CLOSED)
class GetBlockChildren(Paged, total=False):
    block_id: Required[NotionId]


@with_config(CLOSED)
class ContentPosition(TypedDict, total=False):
    type: Required[Literal["after_block", "start", "end"]]
    after_block: BlockReference


class _Append(TypedDict):
    block_id: NotionId
    children: Annotated[Blocks, Field(min_length=1)]


@with_config(CLOSED)
class AppendBefore2026(_Append, total=False):
    after: NotionId


@with_config(CLOSED)
class Append(_Append, total=False):
    position: ContentPosition


class AnyAppend(_Append, total=False):
    after: NotionId
    position: ContentPosition


@with_config(CLOSED)
class UpdateBlock(BlockKinds, total=False):
    block_id: Required[NotionId]
    type: str
    in_trash: bool


@with_config(CLOSED)
class UpdateBlockBefore2026(UpdateBlock, total=False):
    archived: bool

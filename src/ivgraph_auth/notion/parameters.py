"""What each tool takes, by Notion's own names. Where the API versions differ there is one type for each, and one that
takes them all for callers who write for any of them.
"""

from typing import Annotated, Literal, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.schema_constraints import Among
from ivgraph_auth.notion.shapes import (
    CLOSED,
    AnyObject,
    Cursor,
    Filter,
    NotionId,
    PageSize,
    PropertyIds,
    RichText,
    Sort,
)


class Paged(TypedDict, total=False):
    start_cursor: Cursor | None
    page_size: PageSize


# Search


@with_config(CLOSED)
class SearchSort(TypedDict, total=False):
    timestamp: Literal["last_edited_time", "relevance"]
    property: Literal["relevance"]
    direction: Literal["ascending", "descending"]


class _Search(Paged, total=False):
    query: str
    sort: Annotated[SearchSort, Among(("timestamp", "property"))]


@with_config(CLOSED)
class SearchFilterBefore2025(TypedDict):
    property: Literal["object"]
    value: Literal["page", "database"]


@with_config(CLOSED)
class SearchFilter(TypedDict, total=False):
    property: Required[Literal["object"]]
    value: Required[Literal["page", "data_source"]]
    in_trash: bool


@with_config(CLOSED)
class SearchBefore2025(_Search, total=False):
    filter: SearchFilterBefore2025


@with_config(CLOSED)
class Search(_Search, total=False):
    filter: SearchFilter


class AnySearchFilter(TypedDict, total=False):
    property: Required[Literal["object"]]
    value: Required[Literal["page", "database", "data_source"]]
    in_trash: bool


class AnySearch(_Search, total=False):
    filter: AnySearchFilter


# Databases and data sources


@with_config(CLOSED)
class GetDatabase(TypedDict):
    database_id: NotionId


@with_config(CLOSED)
class GetDataSource(TypedDict):
    data_source_id: NotionId


class _Query(Paged, total=False):
    data_source_id: Required[NotionId]
    filter: Filter
    sorts: Annotated[list[Annotated[Sort, Among(("property", "timestamp"))]], Field(max_length=100)]
    filter_properties: PropertyIds


@with_config(CLOSED)
class QueryBefore2025(_Query, total=False):
    archived: bool
    in_trash: bool


@with_config(CLOSED)
class Query(_Query, total=False):
    in_trash: bool
    result_type: Literal["page", "data_source"]


class AnyQuery(_Query, total=False):
    archived: bool
    in_trash: bool
    result_type: Literal["page", "data_source"]


# Users and comments


@with_config(CLOSED)
class GetUser(TypedDict):
    user_id: NotionId


@with_config(CLOSED)
class ListUsers(Paged, total=False):
    pass


@with_config(CLOSED)
class GetSelf(TypedDict):
    pass


@with_config(CLOSED)
class ListComments(Paged, total=False):
    block_id: Required[NotionId]


@with_config(CLOSED)
class CommentParent(TypedDict, total=False):
    type: Literal["page_id", "block_id"]
    page_id: NotionId
    block_id: NotionId


@with_config(CLOSED)
class CreateComment(TypedDict, total=False):
    parent: Annotated[CommentParent, Among(("page_id", "block_id"))]
    discussion_id: NotionId
    rich_text: RichText
    markdown: str
    attachments: Annotated[list[AnyObject], Field(max_length=3)]
    display_name: AnyObject

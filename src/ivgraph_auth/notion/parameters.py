"""What each tool takes, by Notion's own names. Where the API versions differ there is one type for each, and one that
takes them all for callers who write for any of them.

A description is for models: it says what to put there, and what happens without.
"""

from typing import Annotated, Literal, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.filters import Filter, Sort
from ivgraph_auth.notion.schema_constraints import Among
from ivgraph_auth.notion.shapes import (
    CLOSED,
    AnyObject,
    BlockId,
    Cursor,
    DiscussionId,
    NotionId,
    PageSize,
    PropertyIds,
    RichText,
    UserId,
)

DatabaseId = Annotated[NotionId, Field(description="Id of the database: 32 hexadecimal digits, as in its URL.")]
DataSourceId = Annotated[
    NotionId, Field(description="Id of the data source, as search or its database (data_sources) tells it.")
]


class Paged(TypedDict, total=False):
    start_cursor: Cursor
    page_size: PageSize


# Search


@with_config(CLOSED)
class SearchSort(TypedDict, total=False):
    """In which order."""

    timestamp: Annotated[
        Literal["last_edited_time", "relevance"], Field(description="last_edited_time, to go by when it was changed.")
    ]
    property: Annotated[Literal["relevance"], Field(description="relevance: the best match first.")]
    direction: Annotated[Literal["ascending", "descending"], Field(description="descending: the newest first.")]


class _Search(Paged, total=False):
    query: Annotated[str, Field(description="Words of the title. Everything is found when left out.")]
    sort: Annotated[SearchSort, Among(("timestamp", "property"))]


_Object = Annotated[Literal["object"], Field(description="Always object.")]
_InTrash = Annotated[bool, Field(description="true: what is in the trash, in place of what is not.")]


@with_config(CLOSED)
class SearchFilterBefore2025(TypedDict):
    """Only pages, or only databases."""

    property: _Object
    value: Annotated[Literal["page", "database"], Field(description="What is to be found. Rows are pages.")]


@with_config(CLOSED)
class SearchFilter(TypedDict, total=False):
    """Only pages, or only data sources."""

    property: Required[_Object]
    value: Required[
        Annotated[
            Literal["page", "data_source"],
            Field(description="What is to be found. Rows are pages; a database is found by its data sources."),
        ]
    ]
    in_trash: _InTrash


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
    database_id: DatabaseId


@with_config(CLOSED)
class GetDataSource(TypedDict):
    data_source_id: DataSourceId


class _Query(Paged, total=False):
    data_source_id: Required[DataSourceId]
    filter: Filter
    sorts: Annotated[
        list[Annotated[Sort, Among(("property", "timestamp"))]],
        Field(
            max_length=100,
            description="The order: by the first, among equals by the next.",
            examples=[[{"property": "Due", "direction": "ascending"}]],
        ),
    ]
    filter_properties: PropertyIds


_Archived = Annotated[bool, Field(description="The older name of in_trash.")]
_ResultType = Annotated[
    Literal["page", "data_source"], Field(description="Only pages, or only data sources (a wiki has both).")
]


@with_config(CLOSED)
class QueryBefore2025(_Query, total=False):
    archived: _Archived
    in_trash: _InTrash


@with_config(CLOSED)
class Query(_Query, total=False):
    in_trash: _InTrash
    result_type: _ResultType


class AnyQuery(_Query, total=False):
    archived: bool
    in_trash: bool
    result_type: Literal["page", "data_source"]


# Users and comments


@with_config(CLOSED)
class GetUser(TypedDict):
    user_id: UserId


@with_config(CLOSED)
class ListUsers(Paged, total=False):
    pass


@with_config(CLOSED)
class GetSelf(TypedDict):
    pass


@with_config(CLOSED)
class ListComments(Paged, total=False):
    block_id: Required[BlockId]


@with_config(CLOSED)
class CommentParent(TypedDict, total=False):
    """Where a new discussion begins."""

    type: Annotated[Literal["page_id", "block_id"], Field(description="May be left out.")]
    page_id: Annotated[NotionId, Field(description="Id of the page to comment on.")]
    block_id: Annotated[BlockId, Field(description="Id of the block to comment on.")]


@with_config(CLOSED)
class CreateComment(TypedDict, total=False):
    parent: Annotated[CommentParent, Among(("page_id", "block_id"))]
    discussion_id: DiscussionId
    rich_text: RichText
    markdown: Annotated[str, Field(description="The comment, as Markdown.")]
    attachments: Annotated[
        list[AnyObject],
        Field(
            max_length=3,
            description="Files that were uploaded to Notion before.",
            examples=[[{"type": "file_upload", "file_upload_id": "…"}]],
        ),
    ]
    display_name: Annotated[
        AnyObject,
        Field(
            description="Whose name stands at the comment; the integration's when left out.",
            examples=[{"type": "custom", "custom": {"name": "Weekly report"}}],
        ),
    ]

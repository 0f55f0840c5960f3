"""What the tools for views of databases, and for templates, take, by Notion's own names; as in `parameters.py`."""

from typing import Annotated, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.shapes import CLOSED, Cursor, NotionId, PageSize

_ViewId = Annotated[NotionId, Field(description="The view's id, as listing views tells it.")]
_StartCursor = Annotated[Cursor | None, Field(description="`next_cursor` of the page before.")]
_PageSize = Annotated[PageSize, Field(description="How many at once.")]


class _Paged(TypedDict, total=False):
    start_cursor: _StartCursor
    page_size: _PageSize


@with_config(CLOSED)
class ListTemplates(_Paged, total=False):
    data_source_id: Required[Annotated[NotionId, Field(description="The data source whose templates are asked for.")]]
    name: Annotated[str, Field(description="Only those whose names hold this.", max_length=2000)]


@with_config(CLOSED)
class ListViews(_Paged, total=False):
    database_id: Annotated[NotionId, Field(description="The database whose views are asked for.")]
    data_source_id: Annotated[NotionId, Field(description="Only views of this data source.")]


@with_config(CLOSED)
class GetView(TypedDict):
    view_id: _ViewId


@with_config(CLOSED)
class QueryView(TypedDict, total=False):
    view_id: Required[_ViewId]
    page_size: _PageSize


@with_config(CLOSED)
class GetViewQueryResults(_Paged, total=False):
    view_id: Required[_ViewId]
    query_id: Required[Annotated[NotionId, Field(description="The `id` that querying the view answered.")]]


@with_config(CLOSED)
class ListCustomEmojis(_Paged, total=False):
    name: Annotated[str, Field(description="Only the one that is called so.", max_length=2000)]


@with_config(CLOSED)
class GetAsyncTask(TypedDict):
    task_id: Annotated[
        str,
        Field(
            description="The `id` of the `async_task` that a write answered.",
            pattern=r"^[A-Za-z0-9_-]{1,200}$",
            examples=["task_7e869d57816e45acb1b9a499db3d2a99"],
        ),
    ]

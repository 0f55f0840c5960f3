"""The table of tools: for each the call it is, what it takes on which version of the API, and what it needs."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

from ivgraph_auth.notion import content
from ivgraph_auth.notion import parameters as take
from ivgraph_auth.notion.schema_constraints import Among


class Age(Enum):
    """The versions of the API as far as tools differ between them; each name says what had come by then."""

    DATABASES = "until 2022-06-28"
    DATA_SOURCES = "2025-09-03"
    TRASH_AND_POSITION = "since 2026-03-11"


def age_of(version: str) -> Age:
    if version < "2025-09-03":
        return Age.DATABASES
    return Age.DATA_SOURCES if version < "2026-03-11" else Age.TRASH_AND_POSITION


@dataclass(frozen=True, slots=True)
class Tool:
    """A parameter goes where the path names it, into the query where `query` does, and else into the body."""

    id: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    takes: Any  # a type of `parameters.py` or `content.py`
    capability: str | None
    description: str
    query: tuple[str, ...] = ()
    writes: bool = False
    # Where versions differ from the newest.
    takes_before_2026: Any = None
    takes_before_2025: Any = None
    path_before_2025: str | None = None

    def takes_at(self, age: Age) -> Any:  # noqa: ANN401 -- a type with its annotations
        older = self.takes_before_2026 or self.takes
        if age is Age.DATABASES:
            return self.takes_before_2025 or older
        return older if age is Age.DATA_SOURCES else self.takes

    def path_at(self, age: Age) -> str:
        return self.path_before_2025 or self.path if age is Age.DATABASES else self.path


_PAGED = ("start_cursor", "page_size")
_COMMENT = Annotated[take.CreateComment, Among(("parent", "discussion_id")), Among(("rich_text", "markdown"))]

_ALL = (
    Tool(
        "notion.search",
        "POST",
        "/v1/search",
        take.Search,
        "read_content",
        "Find pages, databases and data sources by their titles. New ones may be missing for a while.",
        takes_before_2025=take.SearchBefore2025,
    ),
    Tool(
        "notion.getPage",
        "GET",
        "/v1/pages/{page_id}",
        content.GetPage,
        "read_content",
        "A page's properties, without its content. Lists of references are cut at 25.",
        query=("filter_properties",),
    ),
    Tool(
        "notion.getPageMarkdown",
        "GET",
        "/v1/pages/{page_id}/markdown",
        content.GetPageMarkdown,
        "read_content",
        "A page's content as Markdown.",
        query=("include_transcript",),
    ),
    Tool(
        "notion.createPage",
        "POST",
        "/v1/pages",
        Annotated[content.CreatePage, Among(("children", "markdown"), least=0)],
        "insert_content",
        "Make a page below another page, or a row of a database.",
        writes=True,
        takes_before_2025=content.CreatePageBefore2025,
    ),
    Tool(
        "notion.updatePage",
        "PATCH",
        "/v1/pages/{page_id}",
        content.UpdatePage,
        "update_content",
        "Change a page's properties, icon or cover, or move it to the trash.",
        writes=True,
        takes_before_2026=content.UpdatePageBefore2026,
    ),
    Tool(
        "notion.getBlock",
        "GET",
        "/v1/blocks/{block_id}",
        content.GetBlock,
        "read_content",
        "A block, without the blocks inside it.",
    ),
    Tool(
        "notion.getBlockChildren",
        "GET",
        "/v1/blocks/{block_id}/children",
        content.GetBlockChildren,
        "read_content",
        "The blocks inside a block or a page, one level deep.",
        query=_PAGED,
    ),
    Tool(
        "notion.appendBlockChildren",
        "PATCH",
        "/v1/blocks/{block_id}/children",
        content.Append,
        "insert_content",
        "Put blocks inside a block or a page.",
        writes=True,
        takes_before_2026=content.AppendBefore2026,
    ),
    Tool(
        "notion.updateBlock",
        "PATCH",
        "/v1/blocks/{block_id}",
        content.UpdateBlock,
        "update_content",
        "Change a block's content, or move it to the trash.",
        writes=True,
        takes_before_2026=content.UpdateBlockBefore2026,
    ),
    Tool(
        "notion.deleteBlock",
        "DELETE",
        "/v1/blocks/{block_id}",
        content.GetBlock,
        "update_content",
        "Move a block to the trash.",
        writes=True,
    ),
    Tool(
        "notion.getDatabase",
        "GET",
        "/v1/databases/{database_id}",
        take.GetDatabase,
        "read_content",
        "A database: its title and its data sources (until 2022-06-28: its properties).",
    ),
    Tool(
        "notion.getDataSource",
        "GET",
        "/v1/data_sources/{data_source_id}",
        take.GetDataSource,
        "read_content",
        "A data source with its properties. Until 2022-06-28 a database is its only data source, by the same id.",
        path_before_2025="/v1/databases/{data_source_id}",
    ),
    Tool(
        "notion.queryDataSource",
        "POST",
        "/v1/data_sources/{data_source_id}/query",
        take.Query,
        "read_content",
        "The rows of a data source, filtered and sorted; at most 10,000. Until 2022-06-28: of a database, by its id.",
        query=("filter_properties",),
        takes_before_2025=take.QueryBefore2025,
        path_before_2025="/v1/databases/{data_source_id}/query",
    ),
    Tool(
        "notion.getUser",
        "GET",
        "/v1/users/{user_id}",
        take.GetUser,
        "read_user_without_email",
        "A person or a bot of the workspace.",
    ),
    Tool(
        "notion.listUsers",
        "GET",
        "/v1/users",
        take.ListUsers,
        "read_user_without_email",
        "The people and bots of the workspace, guests excepted.",
        query=_PAGED,
    ),
    Tool("notion.getSelf", "GET", "/v1/users/me", take.GetSelf, None, "The bot that acts, its owner and workspace."),
    Tool(
        "notion.listComments",
        "GET",
        "/v1/comments",
        take.ListComments,
        "read_comments",
        "The open comments on a page or a block.",
        query=("block_id", *_PAGED),
    ),
    Tool(
        "notion.createComment",
        "POST",
        "/v1/comments",
        _COMMENT,
        "insert_comments",
        "Comment on a page or a block, or answer in a discussion.",
        writes=True,
    ),
)
TOOLS = {tool.id: tool for tool in _ALL}

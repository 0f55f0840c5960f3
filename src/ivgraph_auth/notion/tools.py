"""The table of tools: for each endpoint that is one, what it takes on which version of the API."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from ivgraph_auth.notion import comment_parameters as one_comment
from ivgraph_auth.notion import content
from ivgraph_auth.notion import meeting_note_parameters as meetings
from ivgraph_auth.notion import parameters as take
from ivgraph_auth.notion import view_parameters as views
from ivgraph_auth.notion.endpoints import ENDPOINTS, Endpoint
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


# What only adds: carried out twice, it adds twice. Any other write changes or removes what is there.
_ADDING = frozenset({"create", "append", "send", "complete", "upload"})


def name_of(tool_id: str) -> str:
    """As every API of models takes it, `^[a-zA-Z0-9_-]{1,64}$`: notion.createPage is notion_create_page."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", tool_id.replace(".", "_"))


@dataclass(frozen=True, slots=True)
class Tool:
    """A parameter goes where the path names it, into the query where `query` does, and else into the body. `id` is the
    endpoint's name, which was the tool's name once and is still taken for it; audit rows and idempotency keys go by it.
    """

    id: str
    takes: Any  # a type of `parameters.py` or `content.py`
    description: str
    query: tuple[str, ...] = ()
    # Where versions differ from the newest.
    takes_before_2026: Any = None
    takes_before_2025: Any = None
    path_before_2025: str | None = None
    shown_as: str | None = None

    @property
    def endpoint(self) -> Endpoint:
        return ENDPOINTS[self.id]

    @property
    def name(self) -> str:
        return name_of(self.id)

    @property
    def title(self) -> str:
        """A few words, for people."""
        return self.shown_as or self.name.removeprefix("notion_").replace("_", " ").capitalize()

    @property
    def destructive(self) -> bool:
        """It may change or remove what is there."""
        return self.endpoint.writes and self._verb not in _ADDING

    @property
    def idempotent(self) -> bool:
        """Carried out twice with the same arguments, it leaves what it leaves when carried out once."""
        return not self.endpoint.writes or self._verb not in _ADDING

    @property
    def _verb(self) -> str:
        return self.name.split("_")[1]

    def takes_at(self, age: Age) -> Any:  # noqa: ANN401 -- a type with its annotations
        older = self.takes_before_2026 or self.takes
        if age is Age.DATABASES:
            return self.takes_before_2025 or older
        return older if age is Age.DATA_SOURCES else self.takes

    def path_at(self, age: Age) -> str:
        path = self.endpoint.path
        return self.path_before_2025 or path if age is Age.DATABASES else path


_PAGED = ("start_cursor", "page_size")
_COMMENT = Annotated[take.CreateComment, Among(("parent", "discussion_id")), Among(("rich_text", "markdown"))]

_ALL = (
    Tool(
        "notion.search",
        take.Search,
        "Find pages, databases and data sources by their titles. New ones may be missing for a while.",
        takes_before_2025=take.SearchBefore2025,
    ),
    Tool(
        "notion.getPage",
        content.GetPage,
        "A page's properties, without its content. Lists of references are cut at 25.",
        query=("filter_properties",),
    ),
    Tool(
        "notion.getPageMarkdown",
        content.GetPageMarkdown,
        "A page's content as Markdown.",
        shown_as="Get page as Markdown",
        query=("include_transcript",),
    ),
    Tool(
        "notion.createPage",
        Annotated[content.CreatePage, Among(("children", "markdown"), least=0)],
        "Make a page below another page, or a row of a database. Without a parent it is private, at the top of the "
        "workspace. markdown is the simplest way to give it content.",
        takes_before_2025=content.CreatePageBefore2025,
    ),
    Tool(
        "notion.updatePage",
        content.UpdatePage,
        "Change a page's properties, icon or cover, or move it to the trash.",
        takes_before_2026=content.UpdatePageBefore2026,
    ),
    Tool("notion.getBlock", content.GetBlock, "A block, without the blocks inside it."),
    Tool(
        "notion.getBlockChildren",
        content.GetBlockChildren,
        "The blocks inside a block or a page, one level deep.",
        query=_PAGED,
    ),
    Tool(
        "notion.appendBlockChildren",
        content.Append,
        "Put blocks inside a block or a page.",
        takes_before_2026=content.AppendBefore2026,
    ),
    Tool(
        "notion.updateBlock",
        content.UpdateBlock,
        "Change a block's content, or move it to the trash.",
        takes_before_2026=content.UpdateBlockBefore2026,
    ),
    Tool("notion.deleteBlock", content.GetBlock, "Move a block to the trash."),
    Tool(
        "notion.getDatabase",
        take.GetDatabase,
        "A database: its title and its data sources (until 2022-06-28: its properties).",
    ),
    Tool(
        "notion.getDataSource",
        take.GetDataSource,
        "A data source with its properties. Until 2022-06-28 a database is its only data source, by the same id.",
        path_before_2025="/v1/databases/{data_source_id}",
    ),
    Tool(
        "notion.queryDataSource",
        take.Query,
        "The rows of a data source, filtered and sorted; at most 10,000. Until 2022-06-28: of a database, by its id.",
        query=("filter_properties",),
        takes_before_2025=take.QueryBefore2025,
        path_before_2025="/v1/databases/{data_source_id}/query",
    ),
    Tool("notion.getUser", take.GetUser, "A person or a bot of the workspace."),
    Tool("notion.listUsers", take.ListUsers, "The people and bots of the workspace, guests excepted.", query=_PAGED),
    Tool("notion.getSelf", take.GetSelf, "The bot that acts, its owner and workspace.", shown_as="Who acts"),
    Tool(
        "notion.listComments", take.ListComments, "The open comments on a page or a block.", query=("block_id", *_PAGED)
    ),
    Tool("notion.createComment", _COMMENT, "Comment on a page or a block, or answer in a discussion."),
    Tool("notion.getComment", one_comment.GetComment, "One comment."),
    Tool(
        "notion.updateComment",
        Annotated[one_comment.UpdateComment, Among(("rich_text", "markdown"))],
        "Change what a comment of this connection's own says.",
    ),
    Tool("notion.deleteComment", one_comment.GetComment, "Delete a comment of this connection's own, for good."),
    Tool(
        "notion.listDataSourceTemplates",
        views.ListTemplates,
        "The page templates of a data source.",
        query=("name", *_PAGED),
    ),
    Tool(
        "notion.listViews",
        Annotated[views.ListViews, Among(("database_id", "data_source_id"), most=None)],
        "The ids of the views of a database or a data source.",
        query=("database_id", "data_source_id", *_PAGED),
    ),
    Tool("notion.getView", views.GetView, "A view: its data source, filter, sorts and layout."),
    Tool("notion.queryView", views.QueryView, "The ids of the rows that a view shows, kept at Notion for 15 minutes."),
    Tool("notion.getViewQueryResults", views.GetViewQueryResults, "More of what querying a view found.", query=_PAGED),
    Tool(
        "notion.listCustomEmojis",
        views.ListCustomEmojis,
        "The emojis that the workspace has made for itself.",
        query=("name", *_PAGED),
    ),
    Tool(
        "notion.getAsyncTask",
        views.GetAsyncTask,
        "Whether a write that Notion does later (`async_task`) is done, and what it answered.",
    ),
    Tool("notion.queryMeetingNotes", meetings.QueryMeetingNotes, "Meeting notes, filtered and sorted, as blocks."),
    Tool(
        "notion.createMeetingNote",
        meetings.CreateMeetingNote,
        "Have Notion write down what is said in a recording. It takes a while: look at the block again.",
    ),
)
TOOLS = {tool.id: tool for tool in _ALL}
BY_NAME = {tool.name: tool for tool in _ALL}

"""Notion's REST API for one subject: each tool as a method, with one renewal of a dead access token."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Unpack

from ivgraph_auth.integrations.credentials import NotionUserCredentials
from ivgraph_auth.integrations.store import Refresh
from ivgraph_auth.notion import comment_parameters as one_comment
from ivgraph_auth.notion import content
from ivgraph_auth.notion import meeting_note_parameters as meetings
from ivgraph_auth.notion import parameters as take
from ivgraph_auth.notion import view_parameters as views
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.errors import NotionRefused, NotionUnavailable
from ivgraph_auth.notion.operations import request_of, tool_of
from ivgraph_auth.notion.tools import Age, age_of

Json = dict[str, Any]
_UNAUTHORIZED = 401


class NotionBinding:
    """Parameters bear Notion's own names; answers are Notion's JSON objects. What Notion would refuse is refused here
    first. No call is repeated, but for one after a renewal.

    Every method raises InvalidParameters, AuthorizationNeeded, NotionRefused, RateLimited and NotionUnavailable.
    """

    def __init__(
        self, credentials: NotionUserCredentials, renew: Refresh, *, api: NotionApi, version: str, deadline: float
    ) -> None:
        self._credentials = credentials
        self._renew = renew
        self._api = api
        self._version = version
        self._deadline = deadline

    @property
    def credentials(self) -> NotionUserCredentials:
        """Those in use now: after a renewal others than the session began with."""
        return self._credentials

    async def search(self, **given: Unpack[take.AnySearch]) -> Json:
        return await self._call("notion.search", given)

    async def get_page(self, **given: Unpack[content.GetPage]) -> Json:
        return await self._call("notion.getPage", given)

    async def get_page_markdown(self, **given: Unpack[content.GetPageMarkdown]) -> Json:
        return await self._call("notion.getPageMarkdown", given)

    async def create_page(self, **given: Unpack[content.AnyCreatePage]) -> Json:
        return await self._call("notion.createPage", given)

    async def update_page(self, **given: Unpack[content.UpdatePageBefore2026]) -> Json:
        return await self._call("notion.updatePage", given)

    async def get_block(self, **given: Unpack[content.GetBlock]) -> Json:
        return await self._call("notion.getBlock", given)

    async def get_block_children(self, **given: Unpack[content.GetBlockChildren]) -> Json:
        return await self._call("notion.getBlockChildren", given)

    async def append_block_children(self, **given: Unpack[content.AnyAppend]) -> Json:
        return await self._call("notion.appendBlockChildren", given)

    async def update_block(self, **given: Unpack[content.UpdateBlockBefore2026]) -> Json:
        return await self._call("notion.updateBlock", given)

    async def delete_block(self, **given: Unpack[content.GetBlock]) -> Json:
        return await self._call("notion.deleteBlock", given)

    async def get_database(self, **given: Unpack[take.GetDatabase]) -> Json:
        return await self._call("notion.getDatabase", given)

    async def get_data_source(self, **given: Unpack[take.GetDataSource]) -> Json:
        return await self._call("notion.getDataSource", given)

    async def query_data_source(self, **given: Unpack[take.AnyQuery]) -> Json:
        return await self._call("notion.queryDataSource", given)

    async def get_user(self, **given: Unpack[take.GetUser]) -> Json:
        return await self._call("notion.getUser", given)

    async def list_users(self, **given: Unpack[take.ListUsers]) -> Json:
        return await self._call("notion.listUsers", given)

    async def get_self(self) -> Json:
        return await self._call("notion.getSelf", {})

    async def list_comments(self, **given: Unpack[take.ListComments]) -> Json:
        return await self._call("notion.listComments", given)

    async def create_comment(self, **given: Unpack[take.CreateComment]) -> Json:
        return await self._call("notion.createComment", given)

    async def get_comment(self, **given: Unpack[one_comment.GetComment]) -> Json:
        return await self._call("notion.getComment", given)

    async def update_comment(self, **given: Unpack[one_comment.UpdateComment]) -> Json:
        return await self._call("notion.updateComment", given)

    async def delete_comment(self, **given: Unpack[one_comment.GetComment]) -> Json:
        return await self._call("notion.deleteComment", given)

    async def list_data_source_templates(self, **given: Unpack[views.ListTemplates]) -> Json:
        return await self._call("notion.listDataSourceTemplates", given)

    async def list_views(self, **given: Unpack[views.ListViews]) -> Json:
        return await self._call("notion.listViews", given)

    async def get_view(self, **given: Unpack[views.GetView]) -> Json:
        return await self._call("notion.getView", given)

    async def query_view(self, **given: Unpack[views.QueryView]) -> Json:
        return await self._call("notion.queryView", given)

    async def get_view_query_results(self, **given: Unpack[views.GetViewQueryResults]) -> Json:
        return await self._call("notion.getViewQueryResults", given)

    async def list_custom_emojis(self, **given: Unpack[views.ListCustomEmojis]) -> Json:
        return await self._call("notion.listCustomEmojis", given)

    async def get_async_task(self, **given: Unpack[views.GetAsyncTask]) -> Json:
        return await self._call("notion.getAsyncTask", given)

    async def query_meeting_notes(self, **given: Unpack[meetings.QueryMeetingNotes]) -> Json:
        return await self._call("notion.queryMeetingNotes", given)

    async def create_meeting_note(self, **given: Unpack[meetings.CreateMeetingNote]) -> Json:
        return await self._call("notion.createMeetingNote", given)

    async def list_databases(self) -> list[Json]:
        """Every database that search finds (at most 10,000), all pages followed. Until 2022-06-28 Notion's objects;
        since then their data sources are found, and a database is what those tell of it: `object`, `id`, `parent`,
        `title` (the first data source's) and `data_sources` with `id` and `name`.
        """
        if age_of(self._version) is Age.DATABASES:
            return [each async for each in self._find("database")]
        databases: dict[str, Json] = {}
        async for source in self._find("data_source"):
            _put(databases, source)
        return list(databases.values())

    async def _find(self, kind: str) -> AsyncIterator[Json]:
        given: Json = {"filter": {"property": "object", "value": kind}, "page_size": 100}
        seen: set[str] = set()
        while True:
            page = await self._call("notion.search", given)
            for each in page.get("results") or ():
                if isinstance(each, dict) and each.get("object") == kind:
                    yield each
            cursor = page.get("next_cursor")
            if not page.get("has_more") or not isinstance(cursor, str):
                return
            if cursor in seen:
                raise NotionUnavailable("The pages of the answer go round in a circle.")
            seen.add(cursor)
            given["start_cursor"] = cursor

    async def _call(self, tool_id: str, given: Mapping[str, Any]) -> Json:
        request, writes = request_of(tool_id, given, self._version), tool_of(tool_id).endpoint.writes
        held = self._credentials
        try:
            return (await self._api.answer(held.bearer, request, writes=writes, deadline=self._deadline)).value
        except NotionRefused as refused:
            if refused.status != _UNAUTHORIZED or refused.code != "unauthorized":
                raise
        self._credentials = fresh = await self._renew(held)
        return (await self._api.answer(fresh.bearer, request, writes=writes, deadline=self._deadline)).value


def _put(databases: dict[str, Json], source: Json) -> None:
    parent = source.get("parent") or {}
    database_id = parent.get("database_id")
    if not isinstance(database_id, str):
        return
    title = source.get("title") or []
    blank = {"object": "database", "id": database_id, "parent": source.get("database_parent"), "title": title}
    database = databases.setdefault(database_id, {**blank, "data_sources": []})
    name = "".join(str(piece.get("plain_text", "")) for piece in title)
    database["data_sources"].append({"id": source.get("id"), "name": name})

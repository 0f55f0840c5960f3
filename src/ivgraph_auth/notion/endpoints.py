"""Every call of Notion's API: those that are passed on, from which tools, the drop-in address and what they need
follow; and those that are not, with the reason. docs/notion-api.md is made of it.

Of `@notionhq/client` 5.26 and `notion-client` 3.1, and what older versions of the API have.
"""

from dataclasses import dataclass
from typing import Literal

Method = Literal["GET", "POST", "PATCH", "DELETE"]
Access = Literal["read", "write", "comment"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`name` is a tool's id and stands in audit rows. A parameter of `path` is named for what it identifies.
    `capability` is Notion's word for what a connection must have been given; None where Notion names none. `access` is
    what a caller must have been given here. `about` tells what its name does not.
    """

    name: str
    method: Method
    path: str
    capability: str | None
    access: Access = "read"
    about: str = ""

    @property
    def writes(self) -> bool:
        return self.access != "read"


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that is not passed on, and why."""

    method: Method
    path: str
    reason: str


_ALL = (
    Endpoint("notion.listUsers", "GET", "/v1/users", "read_user_without_email"),
    Endpoint("notion.getSelf", "GET", "/v1/users/me", None),
    Endpoint("notion.getUser", "GET", "/v1/users/{user_id}", "read_user_without_email"),
    Endpoint("notion.getPage", "GET", "/v1/pages/{page_id}", "read_content"),
    Endpoint("notion.getPageMarkdown", "GET", "/v1/pages/{page_id}/markdown", "read_content"),
    Endpoint("notion.getPageProperty", "GET", "/v1/pages/{page_id}/properties/{property_id}", "read_content"),
    Endpoint("notion.getBlock", "GET", "/v1/blocks/{block_id}", "read_content"),
    Endpoint("notion.getBlockChildren", "GET", "/v1/blocks/{block_id}/children", "read_content"),
    Endpoint("notion.getDatabase", "GET", "/v1/databases/{database_id}", "read_content"),
    Endpoint("notion.getDataSource", "GET", "/v1/data_sources/{data_source_id}", "read_content"),
    Endpoint("notion.listComments", "GET", "/v1/comments", "read_comments"),
    Endpoint("notion.search", "POST", "/v1/search", "read_content"),
    Endpoint(
        "notion.queryDatabase", "POST", "/v1/databases/{database_id}/query", "read_content", about="Until 2022-06-28."
    ),
    Endpoint("notion.queryDataSource", "POST", "/v1/data_sources/{data_source_id}/query", "read_content"),
    Endpoint("notion.createPage", "POST", "/v1/pages", "insert_content", "write"),
    Endpoint("notion.movePage", "POST", "/v1/pages/{page_id}/move", "update_content", "write"),
    Endpoint("notion.createComment", "POST", "/v1/comments", "insert_comments", "comment"),
    Endpoint("notion.createDatabase", "POST", "/v1/databases", "insert_content", "write"),
    Endpoint("notion.createDataSource", "POST", "/v1/data_sources", "insert_content", "write"),
    Endpoint("notion.updatePage", "PATCH", "/v1/pages/{page_id}", "update_content", "write"),
    Endpoint("notion.updatePageMarkdown", "PATCH", "/v1/pages/{page_id}/markdown", "update_content", "write"),
    Endpoint("notion.updateBlock", "PATCH", "/v1/blocks/{block_id}", "update_content", "write"),
    Endpoint("notion.appendBlockChildren", "PATCH", "/v1/blocks/{block_id}/children", "insert_content", "write"),
    Endpoint("notion.updateDatabase", "PATCH", "/v1/databases/{database_id}", "update_content", "write"),
    Endpoint("notion.updateDataSource", "PATCH", "/v1/data_sources/{data_source_id}", "update_content", "write"),
    Endpoint("notion.deleteBlock", "DELETE", "/v1/blocks/{block_id}", "update_content", "write"),
    Endpoint("notion.getComment", "GET", "/v1/comments/{comment_id}", "read_comments"),
    Endpoint("notion.updateComment", "PATCH", "/v1/comments/{comment_id}", "insert_comments", "comment"),
    Endpoint("notion.deleteComment", "DELETE", "/v1/comments/{comment_id}", "insert_comments", "comment"),
    Endpoint("notion.listDataSourceTemplates", "GET", "/v1/data_sources/{data_source_id}/templates", "read_content"),
    Endpoint("notion.listCustomEmojis", "GET", "/v1/custom_emojis", None),
    Endpoint(
        "notion.getAsyncTask",
        "GET",
        "/v1/async_tasks/{task_id}",
        None,
        about="What became of a write with `allow_async`, and what it answered.",
    ),
    Endpoint("notion.queryMeetingNotes", "POST", "/v1/blocks/meeting_notes/query", "read_content"),
    Endpoint("notion.createMeetingNote", "POST", "/v1/blocks/meeting_notes", "insert_content", "write"),
    Endpoint("notion.listViews", "GET", "/v1/views", "read_content"),
    Endpoint("notion.getView", "GET", "/v1/views/{view_id}", "read_content"),
    Endpoint(
        "notion.queryView",
        "POST",
        "/v1/views/{view_id}/queries",
        "read_content",
        about="It only reads: Notion keeps the list for 15 minutes.",
    ),
    Endpoint("notion.getViewQueryResults", "GET", "/v1/views/{view_id}/queries/{query_id}", "read_content"),
    Endpoint(
        "notion.deleteViewQuery",
        "DELETE",
        "/v1/views/{view_id}/queries/{query_id}",
        "read_content",
        about="It drops the kept list, and no content.",
    ),
    Endpoint("notion.createView", "POST", "/v1/views", "insert_content", "write"),
    Endpoint("notion.updateView", "PATCH", "/v1/views/{view_id}", "update_content", "write"),
    Endpoint("notion.deleteView", "DELETE", "/v1/views/{view_id}", "update_content", "write"),
    Endpoint("notion.listFileUploads", "GET", "/v1/file_uploads", None),
    Endpoint("notion.getFileUpload", "GET", "/v1/file_uploads/{file_upload_id}", None),
    Endpoint("notion.createFileUpload", "POST", "/v1/file_uploads", None, "write"),
    Endpoint(
        "notion.sendFileUpload",
        "POST",
        "/v1/file_uploads/{file_upload_id}/send",
        None,
        "write",
        about="`multipart/form-data`, passed on while it arrives: at most 20 MiB of a file at a time.",
    ),
    Endpoint("notion.completeFileUpload", "POST", "/v1/file_uploads/{file_upload_id}/complete", None, "write"),
)
ENDPOINTS = {endpoint.name: endpoint for endpoint in _ALL}

_AGENTS = "Notion's agents spend the workspace's credits, and act with rights of their own that no scope here bounds."
_OAUTH = "It takes the client secret of the service's own integration. Connections are made and removed here."
_OF_AGENTS: tuple[tuple[Method, str], ...] = (
    ("GET", "/v1/agents"),
    ("POST", "/v1/agents/query"),
    ("POST", "/v1/agents/batch"),
    ("GET", "/v1/agents/{agent_id}"),
    ("DELETE", "/v1/agents/{agent_id}"),
    ("POST", "/v1/agents/{agent_id}/chat"),
    ("PATCH", "/v1/agents/{agent_id}/credit_limit"),
    ("PATCH", "/v1/agents/{agent_id}/status"),
    ("GET", "/v1/agents/{agent_id}/insights"),
    ("GET", "/v1/agents/{agent_id}/threads"),
    ("POST", "/v1/agents/{agent_id}/threads/query"),
    ("POST", "/v1/threads/{thread_id}/continue"),
    ("GET", "/v1/threads/{thread_id}/messages"),
    ("POST", "/v1/threads/{thread_id}/messages"),
    ("POST", "/v1/threads/{thread_id}/messages/query"),
    ("POST", "/v1/sessions"),
    ("POST", "/v1/sessions/query"),
    ("GET", "/v1/sessions/{session_id}"),
    ("POST", "/v1/sessions/{session_id}/cancel"),
    ("POST", "/v1/sessions/{session_id}/events/query"),
    ("POST", "/v1/external_agent_stub/{agent_id}/sessions"),
    ("POST", "/v1/external_agent_stub/{agent_id}/sessions/{session_id}/messages"),
    ("GET", "/v1/external_agent_stub/{agent_id}/sessions/{session_id}/events"),
    ("POST", "/v1/external_agent_stub/{agent_id}/vaults"),
    ("PATCH", "/v1/external_agent_stub/{agent_id}/vaults/{vault_id}"),
    ("DELETE", "/v1/external_agent_stub/{agent_id}/vaults/{vault_id}"),
)
REFUSED = (
    *(Refused(method, path, _AGENTS) for method, path in _OF_AGENTS),
    *(Refused("POST", f"/v1/oauth/{call}", _OAUTH) for call in ("token", "introspect", "revoke")),
)

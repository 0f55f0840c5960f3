"""Every call of Notion's API that this service knows: tools, the drop-in address and what they need follow from it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`name` is a tool's id and stands in audit rows. A parameter of `path` is named for what it identifies.
    `capability` is Notion's word for what a connection must have been given.
    """

    name: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    capability: str | None
    writes: bool = False


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
    Endpoint("notion.queryDatabase", "POST", "/v1/databases/{database_id}/query", "read_content"),
    Endpoint("notion.queryDataSource", "POST", "/v1/data_sources/{data_source_id}/query", "read_content"),
    Endpoint("notion.createPage", "POST", "/v1/pages", "insert_content", writes=True),
    Endpoint("notion.movePage", "POST", "/v1/pages/{page_id}/move", "update_content", writes=True),
    Endpoint("notion.createComment", "POST", "/v1/comments", "insert_comments", writes=True),
    Endpoint("notion.createDatabase", "POST", "/v1/databases", "insert_content", writes=True),
    Endpoint("notion.createDataSource", "POST", "/v1/data_sources", "insert_content", writes=True),
    Endpoint("notion.updatePage", "PATCH", "/v1/pages/{page_id}", "update_content", writes=True),
    Endpoint("notion.updatePageMarkdown", "PATCH", "/v1/pages/{page_id}/markdown", "update_content", writes=True),
    Endpoint("notion.updateBlock", "PATCH", "/v1/blocks/{block_id}", "update_content", writes=True),
    Endpoint("notion.appendBlockChildren", "PATCH", "/v1/blocks/{block_id}/children", "insert_content", writes=True),
    Endpoint("notion.updateDatabase", "PATCH", "/v1/databases/{database_id}", "update_content", writes=True),
    Endpoint("notion.updateDataSource", "PATCH", "/v1/data_sources/{data_source_id}", "update_content", writes=True),
    Endpoint("notion.deleteBlock", "DELETE", "/v1/blocks/{block_id}", "update_content", writes=True),
)
ENDPOINTS = {endpoint.name: endpoint for endpoint in _ALL}

"""What may be asked of Notion: for each call the scope it takes. What is not listed is refused."""

import re
from dataclasses import dataclass

from ivgraph_auth.core.principal import Scope
from ivgraph_auth.core.urls import NOTION_ID
from ivgraph_auth.notion.tools import Tool

# A property id, percent-encoded as Notion gives it: no slash, no control character, and nothing that climbs. Notion's
# own ids do hold an encoded backslash, so that passes where there are no two dots.
_PROPERTY = (
    r"(?!\.(?:/|$))(?!(?:[^/]*)(?:\.|%2[eE]){2})"
    r"(?:[A-Za-z0-9_~.-]|%(?!2[fF]|[01][0-9a-fA-F]|7[fF]|2[eE])[0-9a-fA-F]{2}){1,200}"
)
_PREFIX = "/v1/"
_VISIBLE = re.compile(r"[\x21-\x7e]*")
# What Notion's introspection names. Of other capabilities only Notion itself knows whether they were given.
_NEEDS = {
    "read_content": ("read_content",),
    "insert_content": ("insert_content",),
    "update_content": ("update_content",),
    "read_user_without_email": ("read_user_without_email", "read_user_with_email"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """`name` stands in audit rows; `needs` are capabilities, one of which Notion must not be known to withhold."""

    name: str
    scope: Scope
    needs: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        return self.scope is Scope.NOTION_WRITE


def operation_of(tool: Tool) -> Operation:
    return Operation(tool.id, Scope.NOTION_WRITE if tool.writes else Scope.NOTION_READ, _needs(tool.capability))


def _needs(capability: str | None) -> tuple[str, ...]:
    return _NEEDS.get(capability or "", ())


_READS = (
    ("GET", "users", "listUsers", "read_user_without_email"),
    ("GET", "users/me", "getSelf", None),
    ("GET", "users/{user_id}", "getUser", "read_user_without_email"),
    ("GET", "pages/{page_id}", "getPage", "read_content"),
    ("GET", "pages/{page_id}/markdown", "getPageMarkdown", "read_content"),
    ("GET", "pages/{page_id}/properties/{property_id}", "getPageProperty", "read_content"),
    ("GET", "blocks/{block_id}", "getBlock", "read_content"),
    ("GET", "blocks/{block_id}/children", "getBlockChildren", "read_content"),
    ("GET", "databases/{database_id}", "getDatabase", "read_content"),
    ("GET", "data_sources/{data_source_id}", "getDataSource", "read_content"),
    ("GET", "comments", "listComments", None),
    ("POST", "search", "search", "read_content"),
    ("POST", "databases/{database_id}/query", "queryDatabase", "read_content"),
    ("POST", "data_sources/{data_source_id}/query", "queryDataSource", "read_content"),
)
_WRITES = (
    ("POST", "pages", "createPage", "insert_content"),
    ("POST", "pages/{page_id}/move", "movePage", "update_content"),
    ("POST", "comments", "createComment", None),
    ("POST", "databases", "createDatabase", "insert_content"),
    ("POST", "data_sources", "createDataSource", "insert_content"),
    ("PATCH", "pages/{page_id}", "updatePage", "update_content"),
    ("PATCH", "pages/{page_id}/markdown", "updatePageMarkdown", "update_content"),
    ("PATCH", "blocks/{block_id}", "updateBlock", "update_content"),
    ("PATCH", "blocks/{block_id}/children", "appendBlockChildren", "insert_content"),
    ("PATCH", "databases/{database_id}", "updateDatabase", "update_content"),
    ("PATCH", "data_sources/{data_source_id}", "updateDataSource", "update_content"),
    ("DELETE", "blocks/{block_id}", "deleteBlock", "update_content"),
)


@dataclass(frozen=True, slots=True)
class AllowedPath:
    """`path` is a template, from `/v1/` on; a parameter is named for what it identifies: `pages/{page_id}`."""

    method: str
    path: str
    operation: Operation


ALLOWED = tuple(
    AllowedPath(method, path, Operation(f"notion.{name}", scope, _needs(capability)))
    for scope, rows in ((Scope.NOTION_READ, _READS), (Scope.NOTION_WRITE, _WRITES))
    for method, path, name, capability in rows
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", lambda found: _PROPERTY if found[1] == "property_id" else NOTION_ID, path))


_PATTERNS = tuple((item.method, _pattern(item.path), item.operation) for item in ALLOWED)


def allowed(method: str, path: str, query: str) -> Operation | None:
    """`path` as it came, undecoded, from `/v1/` on, with or without a closing slash, as at Notion. None for all that is
    not on the list.
    """
    if not path.startswith(_PREFIX) or not _VISIBLE.fullmatch(query):
        return None
    asked = path.removeprefix(_PREFIX).removesuffix("/")
    for its_method, pattern, operation in _PATTERNS:
        if its_method == method and pattern.fullmatch(asked):
            return operation
    return None

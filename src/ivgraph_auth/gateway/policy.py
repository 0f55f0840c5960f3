"""What may be asked of Notion: for each call the scope it takes. What is not listed is refused."""

import re
from dataclasses import dataclass

from ivgraph_auth.core.principal import Scope
from ivgraph_auth.notion.tools import Tool

_HEX = "[0-9a-fA-F]"
_ID = f"(?:{_HEX}{{32}}|{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}})"
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
    ("GET", "users/{id}", "getUser", "read_user_without_email"),
    ("GET", "pages/{id}", "getPage", "read_content"),
    ("GET", "pages/{id}/markdown", "getPageMarkdown", "read_content"),
    ("GET", "pages/{id}/properties/{pid}", "getPageProperty", "read_content"),
    ("GET", "blocks/{id}", "getBlock", "read_content"),
    ("GET", "blocks/{id}/children", "getBlockChildren", "read_content"),
    ("GET", "databases/{id}", "getDatabase", "read_content"),
    ("GET", "data_sources/{id}", "getDataSource", "read_content"),
    ("GET", "comments", "listComments", None),
    ("POST", "search", "search", "read_content"),
    ("POST", "databases/{id}/query", "queryDatabase", "read_content"),
    ("POST", "data_sources/{id}/query", "queryDataSource", "read_content"),
)
_WRITES = (
    ("POST", "pages", "createPage", "insert_content"),
    ("POST", "pages/{id}/move", "movePage", "update_content"),
    ("POST", "comments", "createComment", None),
    ("POST", "databases", "createDatabase", "insert_content"),
    ("POST", "data_sources", "createDataSource", "insert_content"),
    ("PATCH", "pages/{id}", "updatePage", "update_content"),
    ("PATCH", "pages/{id}/markdown", "updatePageMarkdown", "update_content"),
    ("PATCH", "blocks/{id}", "updateBlock", "update_content"),
    ("PATCH", "blocks/{id}/children", "appendBlockChildren", "insert_content"),
    ("PATCH", "databases/{id}", "updateDatabase", "update_content"),
    ("PATCH", "data_sources/{id}", "updateDataSource", "update_content"),
    ("DELETE", "blocks/{id}", "deleteBlock", "update_content"),
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path.replace("{id}", _ID).replace("{pid}", _PROPERTY))


_ALLOWED = tuple(
    (method, _pattern(path), Operation(f"notion.{name}", scope, _needs(capability)))
    for scope, rows in ((Scope.NOTION_READ, _READS), (Scope.NOTION_WRITE, _WRITES))
    for method, path, name, capability in rows
)


def allowed(method: str, path: str, query: str) -> Operation | None:
    """`path` as it came, undecoded, from `/v1/` on, with or without a closing slash, as at Notion. None for all that is
    not on the list.
    """
    if not path.startswith(_PREFIX) or not _VISIBLE.fullmatch(query):
        return None
    asked = path.removeprefix(_PREFIX).removesuffix("/")
    for its_method, pattern, operation in _ALLOWED:
        if its_method == method and pattern.fullmatch(asked):
            return operation
    return None

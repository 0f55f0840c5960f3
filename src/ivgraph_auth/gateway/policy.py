"""What may be asked of Notion: for each call the scope it takes. What is not listed is refused."""

import re
from dataclasses import dataclass

from ivgraph_auth.core.principal import Scope
from ivgraph_auth.core.urls import NOTION_ID
from ivgraph_auth.notion.endpoints import ENDPOINTS, Endpoint

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


def operation_of(endpoint: Endpoint) -> Operation:
    scope = Scope.NOTION_WRITE if endpoint.writes else Scope.NOTION_READ
    return Operation(endpoint.name, scope, _NEEDS.get(endpoint.capability or "", ()))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", lambda found: _PROPERTY if found[1] == "property_id" else NOTION_ID, path))


_PATTERNS = tuple((item.method, _pattern(item.path), operation_of(item)) for item in ENDPOINTS.values())


def find_operation(method: str, path: str, query: str) -> Operation | None:
    """`path` as it came, undecoded, from `/v1/` on, with or without a closing slash, as at Notion. None for all that is
    not on the list.
    """
    if not path.startswith(_PREFIX) or not _VISIBLE.fullmatch(query):
        return None
    asked = path.removesuffix("/")
    for its_method, pattern, operation in _PATTERNS:
        if its_method == method and pattern.fullmatch(asked):
            return operation
    return None

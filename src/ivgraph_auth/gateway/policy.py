"""What may be asked of Notion: for each call the scope it takes. What is not listed is refused, some with a reason."""

import re
from dataclasses import dataclass

from ivgraph_auth.core.principal import Scope
from ivgraph_auth.core.urls import NOTION_ID
from ivgraph_auth.notion.endpoints import ENDPOINTS, REFUSED, Access, Endpoint

# A property id, percent-encoded as Notion gives it: no slash, no control character, and nothing that climbs. Notion's
# own ids do hold an encoded backslash, so that passes where there are no two dots.
_PROPERTY = (
    r"(?!\.(?:/|$))(?!(?:[^/]*)(?:\.|%2[eE]){2})"
    r"(?:[A-Za-z0-9_~.-]|%(?!2[fF]|[01][0-9a-fA-F]|7[fF]|2[eE])[0-9a-fA-F]{2}){1,200}"
)
_FORMS = {"property_id": _PROPERTY, "task_id": r"[A-Za-z0-9_-]{1,200}"}
_PREFIX = "/v1/"
_VISIBLE = re.compile(r"[\x21-\x7e]*")
# What Notion's introspection names. Of other capabilities only Notion itself knows whether they were given.
_NEEDS = {
    "read_content": ("read_content",),
    "insert_content": ("insert_content",),
    "update_content": ("update_content",),
    "read_user_without_email": ("read_user_without_email", "read_user_with_email"),
}

_SCOPES: dict[Access, Scope] = {
    "read": Scope.NOTION_READ,
    "write": Scope.NOTION_WRITE,
    "comment": Scope.NOTION_COMMENT,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """`name` stands in audit rows; `needs` are capabilities, one of which Notion must not be known to withhold."""

    name: str
    scope: Scope
    needs: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        return self.scope is not Scope.NOTION_READ


def operation_of(endpoint: Endpoint) -> Operation:
    return Operation(endpoint.name, _SCOPES[endpoint.access], _NEEDS.get(endpoint.capability or "", ()))


def _pattern(path: str, otherwise: str = NOTION_ID) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", lambda found: _FORMS.get(found[1], otherwise), path))


_PATTERNS = tuple((item.method, _pattern(item.path), operation_of(item)) for item in ENDPOINTS.values())
_REFUSED = tuple((item.method, _pattern(item.path, "[^/]+"), item.reason) for item in REFUSED)


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


def reason_against(method: str, path: str) -> str | None:
    """Why a call that is not on the list is not passed on, where the table says so."""
    asked = path.removesuffix("/")
    found = (reason for its_method, pattern, reason in _REFUSED if its_method == method and pattern.fullmatch(asked))
    return next(found, None)

"""The calls that the gateway lets through, by version."""

import re

from tests.sandbox.api import MIDDLE, NEW, OLD

_EVERY = (
    ("GET", "users"),
    ("GET", "users/{id}"),
    ("GET", "users/me"),
    ("GET", "pages/{id}"),
    ("GET", "pages/{id}/markdown"),
    ("GET", "pages/{id}/properties/{pid}"),
    ("GET", "blocks/{id}"),
    ("GET", "blocks/{id}/children"),
    ("GET", "databases/{id}"),
    ("GET", "comments"),
    ("POST", "search"),
    ("POST", "pages"),
    ("POST", "pages/{id}/move"),
    ("POST", "comments"),
    ("POST", "databases"),
    ("PATCH", "pages/{id}"),
    ("PATCH", "pages/{id}/markdown"),
    ("PATCH", "blocks/{id}"),
    ("PATCH", "blocks/{id}/children"),
    ("PATCH", "databases/{id}"),
    ("DELETE", "blocks/{id}"),
    ("GET", "comments/{id}"),
    ("PATCH", "comments/{id}"),
    ("DELETE", "comments/{id}"),
    ("GET", "custom_emojis"),
    ("GET", "async_tasks/{id}"),
    ("POST", "blocks/meeting_notes"),
    ("POST", "blocks/meeting_notes/query"),
    ("GET", "file_uploads"),
    ("POST", "file_uploads"),
    ("GET", "file_uploads/{id}"),
    ("POST", "file_uploads/{id}/send"),
    ("POST", "file_uploads/{id}/complete"),
)
_NEWER = (
    ("GET", "data_sources/{id}"),
    ("POST", "data_sources/{id}/query"),
    ("POST", "data_sources"),
    ("PATCH", "data_sources/{id}"),
    ("GET", "data_sources/{id}/templates"),
    ("GET", "views"),
    ("POST", "views"),
    ("GET", "views/{id}"),
    ("PATCH", "views/{id}"),
    ("DELETE", "views/{id}"),
    ("POST", "views/{id}/queries"),
    ("GET", "views/{id}/queries/{id}"),
    ("DELETE", "views/{id}/queries/{id}"),
)
ALLOWED = {
    OLD: {*_EVERY, ("POST", "databases/{id}/query")},
    MIDDLE: {*_EVERY, *_NEWER},
    NEW: {*_EVERY, *_NEWER},
}
_ID = re.compile(r"(?:task_)?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
_PROPERTY = re.compile(r"(?<=/properties/).+")


def operation(method: str, path: str) -> tuple[str, str]:
    """The call as the allow-list writes it."""
    return method, _PROPERTY.sub("{pid}", _ID.sub("{id}", path.removeprefix("/v1/")))

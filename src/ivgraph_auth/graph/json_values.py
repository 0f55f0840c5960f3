"""Members of Notion's answers as plain Python values. Whatever stands there instead gives None or nothing, no error."""

import math
import re
from datetime import UTC, datetime
from typing import Any, TypeGuard
from uuid import UUID

from ivgraph_auth.core.urls import parse_notion_id

JsonObject = dict[str, Any]
# JSON that was checked on its way in: it can be stored.
Plain = str | int | float | bool | list[Any] | dict[str, Any] | None
_NUL_AND_LONE_SURROGATES = re.compile("[\x00\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z0-9_%.:~-]{1,60}")
_TYPE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = 2**63  # of an integer that is kept as one


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def member(value: object, *path: str) -> object:
    """What stands at the end of the path, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def as_name(value: object) -> str:
    """For looking up in a table: an empty text for what is none."""
    return value if isinstance(value, str) else ""


def as_id(value: object) -> UUID | None:
    return parse_notion_id(value) if isinstance(value, str) else None


def as_text(value: object, most: int) -> str | None:
    return storable(value, most) if isinstance(value, str) else None


def as_number(value: object) -> int | float | None:
    """What PostgreSQL's `jsonb` takes: nothing that is not finite, and long integers as their nearest float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if -_LARGEST <= value < _LARGEST else _nearest(value)
    return value if math.isfinite(value) else None


def _nearest(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def as_time(value: object) -> datetime | None:
    """ISO 8601 with an offset, in UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def storable(text: str, most: int) -> str:
    """At most so many characters, without NUL and lone surrogates, which PostgreSQL cannot hold."""
    return _NUL_AND_LONE_SURROGATES.sub("", text[:most])


def safe_name(value: object) -> str:
    """The name of a type or the id of a property, fit for the detail of a gap: `?` where it is no plain word."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else "?"


def encodable_text(value: object) -> str:
    """For an answer: empty for what is no text."""
    return encodable(value) if isinstance(value, str) else ""


def encodable(value: str) -> str:
    """JSON may hold lone surrogates, which UTF-8 cannot, and NUL, which the contract refuses; one kind of line end."""
    return _NUL_AND_LONE_SURROGATES.sub("\ufffd", value).replace("\r\n", "\n").replace("\r", "\n")


def type_name(value: object) -> str:
    """A type's name as Notion writes them; anything else is content, which neither gaps nor our own lines may hold."""
    return value if isinstance(value, str) and _TYPE_NAME.fullmatch(value) else "unknown"

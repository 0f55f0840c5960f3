"""Reading JSON that may be anything: what is missing or of another type reads as empty."""

import re
import uuid
from typing import TypeGuard

_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}")
_LONE_SURROGATES_AND_NUL = re.compile("[\ud800-\udfff\0]")
_TYPE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def member(value: object, *path: str) -> object:
    """What stands at the end of the path, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    return encodable(value) if isinstance(value, str) else ""


def encodable(value: str) -> str:
    """JSON may hold lone surrogates, which UTF-8 cannot, and NUL, which the contract refuses; one kind of line end."""
    return _LONE_SURROGATES_AND_NUL.sub("\ufffd", value).replace("\r\n", "\n").replace("\r", "\n")


def identifier(value: object) -> uuid.UUID | None:
    return uuid.UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None


def type_name(value: object) -> str:
    """A type's name as Notion writes them; anything else is content, which neither gaps nor our own lines may hold."""
    return value if isinstance(value, str) and _TYPE_NAME.fullmatch(value) else "unknown"

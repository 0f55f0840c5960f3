"""The types of JSON Schema: of a value, and those that a schema takes."""

from collections.abc import Mapping
from typing import Any

_NAMES: Mapping[type, str] = {
    dict: "object",
    list: "array",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


def type_of(value: object) -> str:
    """Empty: no JSON."""
    # Nearly always one of these themselves; a page of a thousand blocks has twenty thousand values.
    found = _NAMES.get(type(value))
    return found or next((name for kind, name in _NAMES.items() if isinstance(value, kind)), "")


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Empty: any."""
    named = schema.get("type", ())
    return (named,) if isinstance(named, str) else tuple(named)


def fits(value: object, types: tuple[str, ...]) -> bool:
    found = type_of(value)
    return found in types or (found == "integer" and "number" in types)


def takes_null(schema: Mapping[str, Any]) -> bool:
    """Also where anything is taken: what it means there is not known here."""
    if "anyOf" in schema:
        return any(map(takes_null, schema["anyOf"]))
    types = types_of(schema)
    return not types or "null" in types

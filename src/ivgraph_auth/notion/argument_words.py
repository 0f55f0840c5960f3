"""How refusals speak of arguments: of what was sent, its type and length and never its value."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from ivgraph_auth.notion.schema_types import type_of

_LONGEST_EXAMPLE = 200
_MEMBERS_TOLD = 12
# As pydantic calls them: programs may go by them.
KINDS = {
    "object": ("an object", "dict_type"),
    "array": ("a list", "list_type"),
    "string": ("a string", "string_type"),
    "integer": ("a whole number", "int_type"),
    "number": ("a number", "float_type"),
    "boolean": ("true or false", "bool_type"),
    "null": ("null", "none_required"),
    "": ("no JSON", "json_type"),
}


def describe(value: object) -> str:
    """Its type, and how much it holds."""
    if isinstance(value, str):
        return f"a string of {count_characters(len(value))}"
    if isinstance(value, list | dict):
        return f"{KINDS[type_of(value)][0]} of {len(value)}"
    return KINDS[type_of(value)][0]


def count_characters(count: int) -> str:
    return f"{count} character{'' if count == 1 else 's'}"


def suggest_members(name: str, members: Mapping[str, Any]) -> str:
    close = get_close_matches(name[:64], members, n=1)
    if close:
        return f" Did you mean {close[0]}?"
    listed = ", ".join([*members][:_MEMBERS_TOLD])
    more = ", …" if len(members) > _MEMBERS_TOLD else ""
    return f" Known: {listed}{more}." if listed else " There is nothing to be given."


def example_of(schema: Mapping[str, Any]) -> str:
    for example in schema.get("examples", ()):
        text = json.dumps(example, ensure_ascii=False)
        if len(text) <= _LONGEST_EXAMPLE:
            return f". For example: {text}"
    return ""

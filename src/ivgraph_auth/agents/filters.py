"""Filters and sorts in a plain form, in Notion's by the properties of the data source.

`{"Stage": "Running"}` asks for rows of which it is so; Notion's own form is taken as it is.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ivgraph_auth.agents.arguments import read_reference
from ivgraph_auth.agents.errors import did_you_mean, problem
from ivgraph_auth.graph.json_values import as_name, member

_NOTIONS_OWN = ("and", "or", "property", "timestamp")
_BY_ID = {
    "people": "the name or the id of a person",
    "created_by": "the name or the id of a person",
    "last_edited_by": "the name or the id of a person",
    "relation": "the exact title, the id or the URL of a page that it may lead to",
}
_NUMBER = re.compile(r"(?:.*-)?(?P<number>[0-9]{1,15})")
_TEXTS = ("title", "rich_text", "url", "email", "phone_number")
_TIMES = ("created_time", "last_edited_time")


class UnfitFilterError(Exception):
    """`errors` say which part, and what would do."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__("unfit filter")
        self.errors = errors


def is_notions_own(wanted: Mapping[str, Any]) -> bool:
    return any(name in wanted for name in _NOTIONS_OWN)


def plain_filter(wanted: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """All that it names must be so. Raises UnfitFilterError."""
    errors: list[dict[str, Any]] = []
    conditions = [_condition(name, value, columns, errors) for name, value in wanted.items()]
    if errors:
        raise UnfitFilterError(errors)
    return conditions[0] if len(conditions) == 1 else {"and": conditions}


def plain_sorts(wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`{"property": "Due", "direction": "descending"}`, also with `desc`, with times as Notion's `timestamp`."""
    return [_sort(each) for each in wanted]


def _sort(wanted: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(wanted)
    direction = found.get("direction")
    if isinstance(direction, str):
        short = {"asc": "ascending", "desc": "descending"}
        found["direction"] = short.get(direction.casefold(), direction.casefold())
    if found.get("property") in _TIMES:
        found["timestamp"] = found.pop("property")
    return found


def _condition(name: str, value: object, columns: Mapping[str, Any], errors: list[dict[str, Any]]) -> dict[str, Any]:
    found = name if name in columns else _folded(name, columns)
    if found is None:
        errors.append(problem(("filter", name), f"No such property; {did_you_mean(name, list(columns))}", "unknown"))
        return {}
    kind = as_name(member(columns[found], "type"))
    values = value if isinstance(value, list) else [value]
    unfit = [each for each in values if isinstance(each, str) and each and kind in _BY_ID and not read_reference(each)]
    if unfit:
        errors.append(problem(("filter", name), f"Is of the type {kind}: give {_BY_ID[kind]}", "unfit_value"))
        return {}
    if isinstance(value, list):
        return {"or": [_equals(found, kind, each) for each in value]}
    if isinstance(value, dict):
        # Notion's condition without the words around it: {"Budget": {"greater_than": 1000}}.
        inner = value if kind in value else {kind: value}
        return {"property": found, **inner}
    return _equals(found, kind, value)


def _folded(name: str, columns: Mapping[str, Any]) -> str | None:
    same = [each for each in columns if each.casefold() == name.casefold()]
    return same[0] if len(same) == 1 else None


def _equals(name: str, kind: str, value: object) -> dict[str, Any]:
    if value is None or value == "":
        return {"property": name, kind: {"is_empty": True}}
    if kind in _BY_ID:
        return {"property": name, kind: {"contains": str(read_reference(value)) if isinstance(value, str) else value}}
    if kind == "multi_select":
        return {"property": name, kind: {"contains": value}}
    if kind == "formula":
        return {"property": name, kind: _formula(value)}
    return {"property": name, kind: {"equals": _as_of(kind, value)}}


def _as_of(kind: str, value: object) -> object:
    """As the type has it, where that is clear."""
    if kind in _TEXTS and not isinstance(value, str):
        return str(value)
    if kind == "checkbox" and isinstance(value, str):
        return value.casefold() in ("true", "yes")
    if kind == "unique_id" and isinstance(value, str) and (told := _NUMBER.fullmatch(value)):
        return int(told["number"])
    return value


def _formula(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"checkbox": {"equals": value}}
    return {"number" if isinstance(value, int | float) else "string": {"equals": value}}

"""The properties of a page, and the columns of a database or data source."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from ivgraph_auth.graph.json_values import JsonObject, Plain, as_list, as_name, as_object, safe_name, storable
from ivgraph_auth.graph.models import GapReason
from ivgraph_auth.graph.reader.collector import Collector
from ivgraph_auth.graph.reader.property_values import is_known, read_value
from ivgraph_auth.graph.reader.readings import TruncatedProperty, truncation
from ivgraph_auth.graph.reader.rich_text import count_mentions

REFERENCES = 25  # how many a page tells of a property; Notion leaves the others out
_MOST_PROPERTIES = 500
_MOST_CHARACTERS = 200_000  # of all values of one page
_MOST_NAME = 200
_TITLE = "title"
_PROPERTY_ID = re.compile(r"(?!\.{1,2}$)[!-~]{1,100}")


class PageProperties(NamedTuple):
    """`values` by the property's name; relations are edges alone. `truncated`: what the page does not tell whole."""

    title: str
    values: dict[str, Plain]
    truncated: tuple[TruncatedProperty, ...]


def read_properties(value: object, found: Collector) -> PageProperties:
    if not isinstance(value, dict):
        found.malformed("properties")
    title = ""
    values: dict[str, Plain] = {}
    truncated: list[TruncatedProperty] = []
    for name, told in as_object(value).items():
        key, holder = storable(name, _MOST_NAME), as_object(told)
        kind = type_of(holder)
        if not _is_told(kind, holder):
            truncated.append(_truncate(holder, key, kind, found))
            continue
        read = read_value(kind, holder, found, key)
        if kind == _TITLE and isinstance(read, str):
            title = read
        if kind != "relation" and is_known(kind):
            values[key] = read
        if _is_truncated(kind, holder):
            truncated.append(_truncate(holder, key, kind, found))
    return PageProperties(title, _bounded(values, found), tuple(each for each in truncated if each.id))


def read_columns(value: object, found: Collector) -> dict[str, Plain]:
    """The type of each, by the column's name."""
    if not isinstance(value, dict):
        found.malformed("properties")
    columns: dict[str, Plain] = {}
    for name, told in as_object(value).items():
        kind = type_of(as_object(told))
        if not kind:
            found.malformed("column")
        columns[storable(name, _MOST_NAME)] = safe_name(kind)
    return _bounded(columns, found)


def type_of(holder: JsonObject) -> str:
    """Some answers and examples leave the type out: the member that holds the value then names it."""
    kind = holder.get("type")
    return as_name(kind) if kind is not None else next((member for member in holder if is_known(member)), "")


def _is_told(kind: str, holder: JsonObject) -> bool:
    """For a while 2022-06-28 told the ids of the properties alone."""
    return bool(kind) or "id" not in holder or len(holder) > 1


def _truncate(holder: JsonObject, name: str, kind: str, found: Collector) -> TruncatedProperty:
    property_id = _property_id(holder.get("id"))
    gap = truncation(found.node, property_id)
    found.gap(gap.reason, gap.detail)
    return TruncatedProperty(property_id, name, kind)


def _property_id(value: object) -> str:
    """Percent-encoded: before 2022-06-28 Notion told them bare. Empty where it could not stand in a path."""
    text = value if isinstance(value, str) and _PROPERTY_ID.fullmatch(value) else ""
    return quote(text, safe="%~")


def _is_truncated(kind: str, holder: JsonObject) -> bool:
    check = _TRUNCATED.get(kind)
    return check is not None and check(holder)


def _relation_is_truncated(holder: JsonObject) -> bool:
    """Versions before 2022-06-28 do not say whether there are more."""
    more = holder.get("has_more")
    return more if isinstance(more, bool) else len(as_list(holder.get("relation"))) >= REFERENCES


def _people_are_truncated(holder: JsonObject) -> bool:
    return len(as_list(holder.get("people"))) >= REFERENCES


def _text_is_truncated(holder: JsonObject) -> bool:
    return any(count_mentions(holder.get(kind)) >= REFERENCES for kind in ("title", "rich_text"))


def _rollup_is_truncated(holder: JsonObject) -> bool:
    return len(as_list(as_object(holder.get("rollup")).get("array"))) >= REFERENCES


_TRUNCATED: Mapping[str, Callable[[JsonObject], bool]] = {
    "relation": _relation_is_truncated,
    "people": _people_are_truncated,
    "title": _text_is_truncated,
    "rich_text": _text_is_truncated,
    "rollup": _rollup_is_truncated,
}


def _bounded(values: dict[str, Plain], found: Collector) -> dict[str, Plain]:
    """So many that a row of the database holds them; which is far more than people fill in."""
    kept: dict[str, Plain] = {}
    characters = 0
    for name, value in values.items():
        characters += len(name) + _size(value)
        if len(kept) >= _MOST_PROPERTIES or characters > _MOST_CHARACTERS:
            found.gap(GapReason.TRUNCATED, "properties")
            break
        kept[name] = value
    return kept


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_size(each) for each in value.values())
    return sum(_size(each) for each in value) if isinstance(value, list) else 8

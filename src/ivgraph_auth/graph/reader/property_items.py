"""Answers of GET /v1/pages/{id}/properties/{id}, where a property is told whole, a hundred items at a time."""

from uuid import UUID

from ivgraph_auth.graph.json_values import JsonObject, Plain, as_list, as_object, as_text
from ivgraph_auth.graph.models import GapReason
from ivgraph_auth.graph.reader.collector import Collector
from ivgraph_auth.graph.reader.properties import type_of
from ivgraph_auth.graph.reader.property_values import MOST_ITEMS, MOST_TEXT, is_known, read_value
from ivgraph_auth.graph.reader.readings import PropertyReading

# In a list each item has one of what the property has a list of.
_LISTED = {"title", "rich_text", "relation", "people"}
_TEXTS = {"title", "rich_text"}
_ROLLUP = "rollup"
_MOST_CURSOR = 2000


def read_property_items(value: object, page: UUID, name: str) -> PropertyReading:
    """A list of items, or the single item that properties of a bounded size are answered with. The answer has only the
    property's id, so its `name` is given.
    """
    found = Collector(page)
    holder = as_object(value)
    if not isinstance(holder.get("results"), list):
        kind = type_of(holder)
        values = _given(read_value(kind, holder, found, name))
        return PropertyReading(_known(kind), found.edges, values, None, found.gaps)
    about = as_object(holder.get("property_item"))
    kind = type_of(about)
    items = [_read_item(as_object(item), found, name) for item in as_list(holder["results"])]
    if kind == _ROLLUP:
        items.append(_aggregate(about, found, name))
    cursor = _next_cursor(holder, found)
    told = tuple(each for each in items if each is not None)
    return PropertyReading(_known(kind), found.edges, told, cursor, found.gaps)


def whole_value(kind: str, values: tuple[Plain, ...]) -> Plain:
    """The value of the property from those of all its answers, in the form in which a page's properties have it."""
    if kind in _TEXTS:
        return "".join(each for each in values if isinstance(each, str))[:MOST_TEXT]
    return list(values[:MOST_ITEMS])


def _read_item(item: JsonObject, found: Collector, name: str) -> Plain:
    kind = type_of(item)
    if kind in _LISTED and kind in item:
        read = read_value(kind, {kind: [item[kind]]}, found, name)
        return next(iter(read), None) if isinstance(read, list) else read
    return read_value(kind, item, found, name)


def _aggregate(about: JsonObject, found: Collector, name: str) -> Plain:
    """A number or date over all items stands beside the list; an array is the list itself."""
    rollup = as_object(about.get(_ROLLUP))
    return None if rollup.get("type") in ("array", None) else read_value(_ROLLUP, about, found, name)


def _next_cursor(holder: JsonObject, found: Collector) -> str | None:
    if holder.get("has_more") is not True:
        return None
    cursor = as_text(holder.get("next_cursor"), _MOST_CURSOR)
    if not cursor:
        found.gap(GapReason.TRUNCATED, "property list")
    return cursor or None


def _known(kind: str) -> str:
    return kind if is_known(kind) else ""


def _given(read: Plain) -> tuple[Plain, ...]:
    if read is None:
        return ()
    return tuple(read) if isinstance(read, list) else (read,)

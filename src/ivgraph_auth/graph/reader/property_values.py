"""Values of properties as people see them, as plain JSON that can be stored; what they refer to goes to the collector.

number, checkbox        as they are                  date            "2026-09-14", a range "2026-09-14/2026-09-16"
title, rich_text        the plain text               people          names, ids where no name is told
select, status          the option's name            files           names
multi_select            the options' names           unique_id       "TASK-12"
formula, rollup         their result                 verification    {"state", "by"?, "date"?}
relation, button        None                         place           {"name"?, "address"?, "lat"?, "lon"?}
"""

from collections.abc import Callable, Mapping

from ivgraph_auth.graph.json_values import (
    JsonObject,
    Plain,
    as_id,
    as_list,
    as_name,
    as_number,
    as_object,
    as_text,
)
from ivgraph_auth.graph.models import GapReason
from ivgraph_auth.graph.reader.collector import Collector
from ivgraph_auth.graph.reader.rich_text import read_rich_text, read_url

# What is read, where it belongs, and the property's name.
Read = Callable[[object, Collector, str], Plain]

MOST_TEXT = 2000
_MOST_NAME = 200
MOST_ITEMS = 100
_DEEPEST = 4  # results inside results


def read_value(kind: str, holder: JsonObject, found: Collector, name: str) -> Plain:
    """The value of a property, of an item of its list, or of a result in it: what `holder` has under its own type."""
    return _read(_VALUES, kind, holder, found, name)


def is_known(kind: str) -> bool:
    return kind in _VALUES


def _read(table: Mapping[str, Read], kind: str, holder: JsonObject, found: Collector, name: str) -> Plain:
    read = table.get(kind)
    if read is None:
        found.unknown("property", kind)
        return None
    if kind not in holder:
        found.malformed(f"property of type {kind}")
        return None
    value = holder[kind]
    return None if value is None else read(value, found, name)


def _scalar(convert: Callable[[object], Plain], kind: str) -> Read:
    def read(value: object, found: Collector, _name: str) -> Plain:
        converted = convert(value)
        if converted is None:
            found.malformed(f"property of type {kind}")
        return converted

    return read


def _text(kind: str) -> Read:
    return _scalar(lambda value: as_text(value, MOST_TEXT), kind)


def _each(convert: Callable[[object], Plain], kind: str) -> Read:
    """A list, without those that say nothing."""

    def read(value: object, found: Collector, _name: str) -> list[Plain]:
        if not isinstance(value, list):
            found.malformed(f"property of type {kind}")
        converted = [convert(item) for item in as_list(value)[:MOST_ITEMS]]
        if None in converted:
            found.malformed(f"property of type {kind}")
        return [item for item in converted if item is not None]

    return read


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _named(value: object) -> str | None:
    """An option, a person, a group, a file: by name, else by id."""
    holder = as_object(value)
    return as_text(holder.get("name"), _MOST_NAME) or as_text(holder.get("id"), _MOST_NAME)


def _file(value: object) -> str | None:
    """Never its URL, which at Notion is signed and short-lived, unless that is the name."""
    return as_text(as_object(value).get("name"), _MOST_NAME)


def _date(value: object) -> str | None:
    holder = as_object(value)
    start, end = as_text(holder.get("start"), _MOST_NAME), as_text(holder.get("end"), _MOST_NAME)
    return f"{start}/{end}" if start and end else start


def _unique_id(value: object) -> str | None:
    holder = as_object(value)
    prefix, number = as_text(holder.get("prefix"), _MOST_NAME), as_number(holder.get("number"))
    if number is None:
        return None
    return f"{prefix}-{number}" if prefix else str(number)


def _rich_text(value: object, found: Collector, _name: str) -> str:
    return read_rich_text(value, found, MOST_TEXT)


def _url(value: object, found: Collector, name: str) -> Plain:
    read_url(value, found)
    return _text("url")(value, found, name)


def _relation(value: object, found: Collector, name: str) -> None:
    if not isinstance(value, list):
        found.malformed("property of type relation")
    for item in as_list(value):
        target = as_id(as_object(item).get("id"))
        if target is None:
            found.malformed("property of type relation")
        else:
            found.relation(target, name)


def _verification(value: object, found: Collector, _name: str) -> dict[str, str] | None:
    holder = as_object(value)
    told = {
        "state": as_text(holder.get("state"), _MOST_NAME),
        "by": _named(holder.get("verified_by")),
        "date": _date(holder.get("date")),
    }
    if told["state"] is None:
        found.malformed("property of type verification")
    return {member: text for member, text in told.items() if text} or None


def _place(value: object, found: Collector, _name: str) -> dict[str, Plain] | None:
    """Recordings have an empty object for a place that is not set."""
    if not isinstance(value, dict):
        found.malformed("property of type place")
    holder = as_object(value)
    told: dict[str, Plain] = {member: as_text(holder.get(member), MOST_TEXT) for member in ("name", "address")}
    told |= {member: as_number(holder.get(member)) for member in ("lat", "lon")}
    return {member: each for member, each in told.items() if each is not None} or None


def _button(_value: object, _found: Collector, _name: str) -> None:
    """Is pressed, and has no value."""


def _result(value: object, found: Collector, name: str) -> Plain:
    """Of a formula or a rollup: has a type of its own, and may hold results in turn."""
    holder = as_object(value)
    if found.depth >= _DEEPEST:
        found.malformed("nested results")
        return None
    found.depth += 1
    try:
        return _read(_RESULTS, as_name(holder.get("type")), holder, found, name)
    finally:
        found.depth -= 1


def _array(value: object, found: Collector, name: str) -> list[Plain]:
    """Relations in it become edges; the pages that they name are no values."""
    if not isinstance(value, list):
        found.malformed("property of type rollup")
    values: list[Plain] = []
    for item in as_list(value):
        holder = as_object(item)
        kind = as_name(holder.get("type"))
        read = read_value(kind, holder, found, name)
        if read is not None and len(values) < MOST_ITEMS:
            values.append(read)
    return values


def _incomplete(_value: object, found: Collector, _name: str) -> None:
    """Notion gave up over too many pages."""
    found.gap(GapReason.TRUNCATED, "rollup incomplete")


def _unsupported(_value: object, found: Collector, _name: str) -> None:
    found.unknown("property", "unsupported")


_VALUES: Mapping[str, Read] = {
    "title": _rich_text,
    "rich_text": _rich_text,
    "number": _scalar(as_number, "number"),
    "checkbox": _scalar(_boolean, "checkbox"),
    "select": _scalar(_named, "select"),
    "status": _scalar(_named, "status"),
    "multi_select": _each(_named, "multi_select"),
    "date": _scalar(_date, "date"),
    "people": _each(_named, "people"),
    "created_by": _scalar(_named, "created_by"),
    "last_edited_by": _scalar(_named, "last_edited_by"),
    "files": _each(_file, "files"),
    "email": _text("email"),
    "phone_number": _text("phone_number"),
    "url": _url,
    "created_time": _text("created_time"),
    "last_edited_time": _text("last_edited_time"),
    "formula": _result,
    "rollup": _result,
    "relation": _relation,
    "unique_id": _scalar(_unique_id, "unique_id"),
    "verification": _verification,
    "place": _place,
    "button": _button,
}
_RESULTS: Mapping[str, Read] = {
    **_VALUES,
    "string": _text("formula"),
    "boolean": _scalar(_boolean, "formula"),
    "array": _array,
    "incomplete": _incomplete,
    "unsupported": _unsupported,
}

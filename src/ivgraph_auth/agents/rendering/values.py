"""Values of properties as people write them, in one line of Markdown each.

number, checkbox    1200, 5400.5; yes, no            date           2026-09-14, a range 2026-09-14 → 2026-09-16
select, status      the option's name                people         names
multi_select        the names, with commas           relation       the titles of the pages
files               names, and URLs that last        unique_id      TASK-12
formula, rollup     their result                     times          2026-09-14T08:03Z
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ivgraph_auth.graph.content.file_urls import is_signed, without_signed_urls
from ivgraph_auth.graph.content.rich_text import markdown_line
from ivgraph_auth.graph.json_values import as_id, as_list, as_name, as_number, encodable_text, member

# Seconds and their parts where they are nought, which is how Notion tells whole minutes.
_IDLE_SECONDS = re.compile(r"(?<=T\d\d:\d\d):00(?:\.0+)?(?=$|[Z+-])")
_DEEPEST = 4
_ZERO = "+00:00"


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called: pages by their titles, people by their names."""

    pages: Mapping[uuid.UUID, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)


NO_NAMES = Names()
_Write = Callable[[object, Names, int], str]


def value_text(holder: object, names: Names = NO_NAMES, depth: int = 0) -> str:
    """What a property, or a result in it, says under its own type; empty for what is not set."""
    kind = as_name(member(holder, "type"))
    write = _VALUES.get(kind)
    if write is None or depth > _DEEPEST:
        return ""
    said = without_signed_urls(write(member(holder, kind), names, depth))
    return f"{said}, …" if member(holder, "has_more") is True else said


def short_time(value: object) -> str:
    """Without what says nothing: 2026-09-14T08:03Z for 2026-09-14T08:03:00.000Z."""
    text = _IDLE_SECONDS.sub("", encodable_text(value))
    return text.removesuffix(_ZERO) + "Z" if text.endswith(_ZERO) else text


def related_pages(properties: Mapping[str, object]) -> Iterator[uuid.UUID]:
    """Pages that are named by nothing but their ids: those of relations, also in rollups."""
    for holder in properties.values():
        yield from _pages_in(holder, 0)


def unnamed_people(properties: Mapping[str, object]) -> Iterator[str]:
    """People of whom nothing but the id is told."""
    for holder in properties.values():
        for user in _people_in(holder, 0):
            if member(user, "id") and not member(user, "name"):
                yield as_name(member(user, "id"))


def person_name(user: object, names: Names = NO_NAMES) -> str:
    user_id = as_name(member(user, "id"))
    return encodable_text(member(user, "name")) or names.people.get(user_id, "") or user_id


def _pages_in(holder: object, depth: int) -> Iterator[uuid.UUID]:
    kind = as_name(member(holder, "type"))
    if kind == "relation":
        yield from filter(None, (as_id(member(item, "id")) for item in as_list(member(holder, kind))))
    elif kind == "rollup" and depth < _DEEPEST:
        for item in as_list(member(holder, kind, "array")):
            yield from _pages_in(item, depth + 1)


def _people_in(holder: object, depth: int) -> Iterator[object]:
    kind = as_name(member(holder, "type"))
    if kind == "people":
        yield from as_list(member(holder, kind))
    elif kind in {"created_by", "last_edited_by"}:
        yield member(holder, kind)
    elif kind == "rollup" and depth < _DEEPEST:
        for item in as_list(member(holder, kind, "array")):
            yield from _people_in(item, depth + 1)


def _rich_text(value: object, names: Names, _: int) -> str:
    return markdown_line(value, names.pages)


def _number(value: object, _: Names, __: int) -> str:
    number = as_number(value)
    return "" if number is None else str(int(number) if float(number).is_integer() else number)


def _checkbox(value: object, _: Names, __: int) -> str:
    return "yes" if value is True else "no"


def _named(value: object, _: Names, __: int) -> str:
    return encodable_text(member(value, "name"))


def _text(value: object, _: Names, __: int) -> str:
    return encodable_text(value)


def _date(value: object, _: Names, __: int) -> str:
    start, end = short_time(member(value, "start")), short_time(member(value, "end"))
    zone = encodable_text(member(value, "time_zone"))
    return (f"{start} → {end}" if start and end else start) + (f" ({zone})" if start and zone else "")


def _time(value: object, _: Names, __: int) -> str:
    return short_time(value)


def _people(value: object, names: Names, _: int) -> str:
    return ", ".join(filter(None, (person_name(user, names) for user in as_list(value))))


def _person(value: object, names: Names, _: int) -> str:
    return person_name(value, names)


def _options(value: object, names: Names, depth: int) -> str:
    return ", ".join(filter(None, (_named(each, names, depth) for each in as_list(value))))


def _relation(value: object, names: Names, _: int) -> str:
    ids = filter(None, (as_id(member(item, "id")) for item in as_list(value)))
    return ", ".join(names.pages.get(page) or str(page) for page in ids)


def _file(value: object) -> str:
    """Notion's own URLs are signed and die within the hour."""
    name, url = encodable_text(member(value, "name")), encodable_text(member(value, "external", "url"))
    return f"{name} ({url})" if url and url != name and not is_signed(url) else name or url


def _files(value: object, _: Names, __: int) -> str:
    return ", ".join(filter(None, map(_file, as_list(value))))


def _unique_id(value: object, names: Names, depth: int) -> str:
    prefix, number = encodable_text(member(value, "prefix")), _number(member(value, "number"), names, depth)
    return f"{prefix}-{number}" if prefix and number else number


def _result(value: object, names: Names, depth: int) -> str:
    return value_text(value, names, depth + 1)


def _array(value: object, names: Names, depth: int) -> str:
    return ", ".join(filter(None, (value_text(item, names, depth + 1) for item in as_list(value))))


def _verification(value: object, names: Names, depth: int) -> str:
    state, until = encodable_text(member(value, "state")), _date(member(value, "date"), names, depth)
    return f"{state} ({until})" if state and until else state


def _place(value: object, _: Names, __: int) -> str:
    return ", ".join(filter(None, (encodable_text(member(value, part)) for part in ("name", "address"))))


_VALUES: Mapping[str, _Write] = {
    **dict.fromkeys(("title", "rich_text"), _rich_text),
    "number": _number,
    **dict.fromkeys(("checkbox", "boolean"), _checkbox),
    **dict.fromkeys(("select", "status"), _named),
    "multi_select": _options,
    "date": _date,
    "people": _people,
    **dict.fromkeys(("created_by", "last_edited_by"), _person),
    **dict.fromkeys(("created_time", "last_edited_time"), _time),
    **dict.fromkeys(("url", "email", "phone_number", "string"), _text),
    "relation": _relation,
    "files": _files,
    "unique_id": _unique_id,
    **dict.fromkeys(("formula", "rollup"), _result),
    "array": _array,
    "verification": _verification,
    "place": _place,
}

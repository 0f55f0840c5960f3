"""Values of properties in a plain form, `{"Status": "Done", "Due": "2026-12-01", "Tags": ["a", "b"]}`, turned into
Notion's by the properties of the data source. Notion's own form is taken as it is.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ivgraph_auth.agents.arguments import read_moment, read_reference
from ivgraph_auth.agents.errors import InvalidArguments, did_you_mean, problem
from ivgraph_auth.agents.rendering.pages import option_names
from ivgraph_auth.agents.writing.inline import plain_rich_text, rich_text
from ivgraph_auth.graph.json_values import as_name, member

JsonObject = dict[str, Any]
_Make = Callable[[object, object], Any]
_RANGE = re.compile(r"\s*(?:→|/|\.\.| to )\s*")
_TRUE, _FALSE = ("true", "yes", "1", "x", "done"), ("false", "no", "0", "")
TITLE = "title"
TITLE_ONLY: Mapping[str, Any] = {TITLE: {"id": TITLE, "type": TITLE, TITLE: {}}}


class UnfitValueError(Exception):
    """The message says what would do."""


def to_notion(given: Mapping[str, Any], columns: Mapping[str, Any]) -> JsonObject:
    """`columns` are those of the data source, or TITLE_ONLY for a page that is no row. Raises InvalidArguments, with
    all that does not fit: the property, its type, what would do.
    """
    found: JsonObject = {}
    errors: list[dict[str, Any]] = []
    for name, value in given.items():
        column = find_column(name, columns)
        if column is None:
            errors.append(
                problem(("properties", name), f"No such property; {did_you_mean(name, list(columns))}", "unknown")
            )
            continue
        try:
            found[column] = _value(columns[column], value)
        except UnfitValueError as unfit:
            kind = as_name(member(columns[column], "type"))
            errors.append(problem(("properties", name), f"Is of the type {kind}: {unfit}", "unfit_value"))
    if errors:
        raise InvalidArguments(errors)
    return found


def find_column(name: str, columns: Mapping[str, Any]) -> str | None:
    """By its name, in whatever case, or by its id; the title also as `title`."""
    if name in columns:
        return name
    bare = name.strip().casefold()
    for each, column in columns.items():
        if each.casefold() == bare or member(column, "id") == name:
            return each
    titles = [each for each, column in columns.items() if member(column, "type") == TITLE]
    return titles[0] if bare == TITLE and titles else None


def _value(column: object, value: object) -> JsonObject:
    kind = as_name(member(column, "type"))
    make = _MAKE.get(kind)
    if make is None:
        raise UnfitValueError("Notion computes it, and it cannot be written; leave it out.")
    if _is_notions_own(kind, value):
        return value  # type: ignore[return-value]
    return {kind: make(value, column)}


def _is_notions_own(kind: str, value: object) -> bool:
    """`{"select": {"name": "Done"}}`, with `type` and `id` or without."""
    return isinstance(value, dict) and kind in value and value.keys() <= {kind, "type", "id"}


def _words(value: object, _: object) -> list[JsonObject]:
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return value
    if not isinstance(value, str | int | float):
        raise UnfitValueError("give a text.")
    return rich_text(str(value))


def _title(value: object, column: object) -> list[JsonObject]:
    return plain_rich_text(value) if isinstance(value, str) else _words(value, column)


def _number(value: object, _: object) -> int | float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise UnfitValueError("give a number, as 3 or 2.5.")
    return int(number) if float(number).is_integer() else number


def _checkbox(value: object, _: object) -> bool:
    text = str(value).strip().casefold() if isinstance(value, bool | str | int) else ""
    if value is not None and text in _TRUE:
        return True
    if value is None or (text in _FALSE and isinstance(value, bool | str | int)):
        return False
    raise UnfitValueError("give true or false.")


def _choice(value: object, column: object) -> JsonObject | None:
    if value is None or value == "":
        return None
    if isinstance(value, dict) and (value.get("name") or value.get("id")):
        return {name: value[name] for name in ("id", "name") if name in value}
    if not isinstance(value, str):
        raise UnfitValueError(f"give the name of an option{_options(column)}.")
    return {"name": _known_option(value, column)}


def _known_option(wanted: str, column: object) -> str:
    """As the option is written. A status takes none that it does not have; the others grow by it."""
    there = option_names(column)
    same = next((name for name in there if name.casefold() == wanted.strip().casefold()), None)
    if same is None and member(column, "type") == "status":
        raise UnfitValueError(f"{wanted!r} is none of its options{_options(column)}.")
    if same is None and "," in wanted:
        raise UnfitValueError(f"an option's name holds no comma{_options(column)}.")
    return same or wanted.strip()


def _options(column: object) -> str:
    there = option_names(column)
    return f"; there are: {', '.join(there)}" if there else ""


def _choices(value: object, column: object) -> list[JsonObject]:
    given = [each.strip() for each in value.split(",")] if isinstance(value, str) else value
    found = [_choice(each, column) for each in given] if isinstance(given, list) else [_choice(given, column)]
    return [each for each in found if each is not None]


def _date(value: object, _: object) -> JsonObject | None:
    if value is None or value == "":
        return None
    if isinstance(value, dict) and isinstance(value.get("start"), str):
        return dict(value)
    parts = _RANGE.split(value.strip()) if isinstance(value, str) else []
    if len(parts) not in (1, 2) or any(read_moment(part) is None for part in parts):
        raise UnfitValueError(
            'give a day, a time or a range: "2026-12-01", "2026-12-01T09:30:00+01:00", "2026-12-01/2026-12-03".'
        )
    return {"start": parts[0], **({"end": parts[1]} if len(parts) > 1 else {})}


def _references(what: str) -> _Make:
    def make(value: object, _: object) -> list[JsonObject]:
        given = value if isinstance(value, list) else [] if value is None or value == "" else [value]
        found = [_reference(each) for each in given]
        if None in found:
            raise UnfitValueError(f"give {what}.")
        return [{"id": each} for each in found]

    return make


def _reference(value: object) -> str | None:
    told = value.get("id") if isinstance(value, dict) else value
    found = read_reference(told) if isinstance(told, str) else None
    return str(found) if found else None


def _short(example: str) -> _Make:
    def make(value: object, _: object) -> str | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise UnfitValueError(f"give a text, as {example}.")
        return value.strip()

    return make


def _files(value: object, _: object) -> list[JsonObject]:
    given = value if isinstance(value, list) else [] if value is None else [value]
    found = [_file(each) for each in given]
    if None in found:
        raise UnfitValueError("give https URLs, or ids that upload has answered.")
    return [each for each in found if each is not None]


def _file(value: object) -> JsonObject | None:
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return None
    if value.startswith("https://"):
        return {"type": "external", "name": value.rpartition("/")[2][:100] or "file", "external": {"url": value}}
    upload = read_reference(value)
    return {"type": "file_upload", "file_upload": {"id": str(upload)}} if upload else None


_MAKE: Mapping[str, _Make] = {
    "title": _title,
    "rich_text": _words,
    "number": _number,
    "checkbox": _checkbox,
    "select": _choice,
    "status": _choice,
    "multi_select": _choices,
    "date": _date,
    "people": _references("names or e-mail addresses of people of the workspace"),
    "relation": _references("ids, URLs or exact titles of pages that it may lead to; search finds them"),
    "url": _short('"https://example.com"'),
    "email": _short('"ada@example.com"'),
    "phone_number": _short('"+44 20 7946 0000"'),
    "files": _files,
}

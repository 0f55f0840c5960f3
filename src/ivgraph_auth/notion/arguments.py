"""A tool's arguments, as models send them, read by the tool's schema: the rules for all doors.

What is taken for what the schema asks for:

    null where a parameter is optional and null says nothing of its own    as if it were left out
    an empty string where one is optional and cannot be empty              the same
    JSON in a string where an object or a list belongs                     what the JSON says
    a URL of Notion's where an id belongs                                  the id in it: the page's (of `?p=` first); of
                                                                           the block behind `#` where a block is meant,
                                                                           of `?d=` where a discussion is
    an id in upper case or without dashes                                  the id as Notion writes it
    5.0 or "5" where a whole number belongs, "2.5" for a number            the number
    "true" and "false" where one of them belongs                           the same

What an object holds that no schema describes goes on as it came. A problem names the place in the caller's own words,
what should be there and what was (its type or length, never the value).
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from ivgraph_auth.notion.argument_words import KINDS, count_characters, describe, example_of, suggest_members
from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.json_limits import PROBLEMS_TOLD, Location, Problem, find_problems, problem
from ivgraph_auth.notion.page_urls import ids_of_url
from ivgraph_auth.notion.schema_constraints import AMONG, ID_OF, MOST_BLOCKS, words_of
from ivgraph_auth.notion.schema_types import fits, takes_null, types_of

Schema = Mapping[str, Any]

_WHOLE = re.compile(r"-?[0-9]{1,15}(?:\.0{1,15})?")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_ID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_LARGEST = 2**53


def read_arguments(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """`schema` as `schemas.checked_schema` makes it. Raises InvalidParameters."""
    problems = find_problems(given)
    reader = _Reader()
    read = reader.read(schema, dict(given), ()) if not problems else {}
    if problems or reader.problems:
        raise InvalidParameters((problems or reader.problems)[:PROBLEMS_TOLD])
    found: dict[str, Any] = read
    return found


def object_in(value: object) -> object:
    """Arguments as a whole: an object that came as JSON in a string, or null for none; else the value itself."""
    found = {} if value is None else json_in(value)
    return found if isinstance(found, dict) else value


def json_in(value: object) -> object:
    """What a string says that holds an object or a list as JSON; else the value itself."""
    if not isinstance(value, str) or value.strip()[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def id_in(text: str, kind: str = "page") -> UUID | None:
    """Of an id in any of its forms, or of a URL, with or without its scheme, or its last piece alone. `kind` as
    `schema_constraints.ID_OF` has it.
    """
    bare = text.strip()
    if _ID.fullmatch(bare):
        return UUID(bare)
    last_piece = "/" not in bare.partition("?")[0]
    found = ids_of_url(bare) or ids_of_url(f"/{bare}" if last_piece else f"https://{bare}")
    if found is None or kind == "user":
        return None
    if kind == "discussion":
        return found.discussion
    return (found.block if kind == "block" else None) or found.page


class _Reader:
    """Reads by a schema, and collects what is wrong; what it then answers is of no use."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, schema: Schema, value: Any, at: Location) -> Any:  # noqa: ANN401 -- JSON
        if len(self.problems) >= PROBLEMS_TOLD:
            return value
        if "anyOf" in schema:
            return self._read_one_of(schema["anyOf"], value, at)
        types = types_of(schema)
        if not types:
            return value
        if not fits(value, types) and not fits(value := self._as_meant(types, value, at), types):
            wished = " or ".join(KINDS[name][0] for name in types)
            text = f"Should be {wished}; was {describe(value)}{example_of(schema)}"
            self._tell(at, text, KINDS[types[0]][1])
            return value
        return self._read_value(schema, value, at)

    def _read_value(self, schema: Schema, value: Any, at: Location) -> Any:  # noqa: ANN401 -- JSON
        """A value of the right type."""
        if "enum" in schema and value not in schema["enum"]:
            told = ", ".join(json.dumps(item) for item in schema["enum"])
            self._tell(at, f"Should be {'one of ' if len(schema['enum']) > 1 else ''}{told}", "literal_error")
        elif isinstance(value, dict):
            return self._read_object(schema, value, at)
        elif isinstance(value, list):
            return self._read_list(schema, value, at)
        elif isinstance(value, str):
            return self._read_text(schema, value, at)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._check_number(schema, value, at)
        return value

    def _read_one_of(self, branches: list[Schema], value: Any, at: Location) -> Any:  # noqa: ANN401 -- JSON
        tried = [(_Reader(), branch) for branch in branches]
        for reader, branch in tried:
            read = reader.read(branch, value, at)
            if not reader.problems:
                return read
        fitting = [reader.problems for reader, _ in tried if not _is_of_another_type(reader.problems[0], at)]
        if fitting:
            fitting.sort(key=len)
            self.problems += fitting[0]
        else:
            types = [name for branch in branches for name in types_of(branch)]
            wished = " or ".join(KINDS[name][0] for name in types)
            self._tell(at, f"Should be {wished}; was {describe(value)}", KINDS[types[0]][1])
        return value

    def _read_object(self, schema: Schema, value: dict[str, Any], at: Location) -> dict[str, Any]:
        members, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        required, read = schema.get("required", ()), {}
        for name, item in value.items():
            if name in members:
                if not _says_nothing(item, members[name], required=name in required):
                    read[name] = self.read(members[name], item, (*at, name))
            elif others is False:
                self._tell((*at, name), f"Is not known here.{suggest_members(name, members)}", "extra_forbidden")
            else:
                read[name] = item if others is True else self.read(others, item, (*at, name))
        for name in required:
            if name not in read:
                self._tell((*at, name), f"Is missing. {members[name].get('description', '')}".strip(), "missing")
        for rule in schema.get(AMONG, ()):
            self._count_members(rule, read, at)
        return read

    def _count_members(self, rule: Mapping[str, Any], value: Mapping[str, Any], at: Location) -> None:
        held = [name for name in rule["names"] if name in value]
        if len(held) < rule["least"] or (rule["most"] is not None and len(held) > rule["most"]):
            self._tell(at, f"Should hold {words_of(rule)}; held {' and '.join(held) or 'none of them'}", "members")

    def _read_list(self, schema: Schema, value: list[Any], at: Location) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if len(value) < least:
            self._tell(at, f"Should hold at least {least}; held {len(value)}", "too_short")
        elif most is not None and len(value) > most:
            self._tell(at, f"Should hold at most {most}; held {len(value)}", "too_long")
        elif "items" in schema:
            items = schema["items"]
            value = [self.read(items, item, (*at, index)) for index, item in enumerate(value)]
        if MOST_BLOCKS in schema and (blocks := sum(1 for _ in _blocks(value))) > schema[MOST_BLOCKS]:
            told = f"Should hold at most {schema[MOST_BLOCKS]} blocks, nested ones included; held {blocks}"
            self._tell(at, told, "too_many_blocks")
        return value

    def _read_text(self, schema: Schema, value: str, at: Location) -> str:
        if ID_OF in schema:
            return self._read_id(schema, value, at)
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        if len(value) < least:
            self._tell(at, f"Should have at least {count_characters(least)}; had {len(value)}", "string_too_short")
        elif most is not None and len(value) > most:
            self._tell(at, f"Should have at most {count_characters(most)}; had {len(value)}", "string_too_long")
        elif "pattern" in schema and not re.search(schema["pattern"], value):
            self._tell(at, f"Should be of another form: {schema.get('description', '')}", "string_pattern_mismatch")
        return value

    def _read_id(self, schema: Schema, value: str, at: Location) -> str:
        found = id_in(value, schema[ID_OF])
        if found:
            return str(found)
        was = "a URL in which there is none" if "://" in value else describe(value)
        told = f"Should be an id (32 hexadecimal digits) or the URL of a page in Notion; was {was}"
        self._tell(at, told, "notion_id")
        return value

    def _check_number(self, schema: Schema, value: float, at: Location) -> None:
        least, most = schema.get("minimum"), schema.get("maximum")
        if least is not None and value < least:
            self._tell(at, f"Should be at least {least}; was less", "greater_than_equal")
        elif most is not None and value > most:
            self._tell(at, f"Should be at most {most}; was more", "less_than_equal")

    def _as_meant(self, types: tuple[str, ...], value: Any, at: Location) -> Any:  # noqa: ANN401 -- JSON
        """What a model means by a value of another type; the value itself where nothing is known."""
        if isinstance(value, float) and "integer" in types and value.is_integer() and abs(value) <= _LARGEST:
            return int(value)
        if not isinstance(value, str):
            return value
        text = value.strip()
        if text[:1] not in _opening(types):
            return _scalar_in(text, types, value)
        found = json_in(value)
        # Its escapes may hold what the string itself could not.
        self.problems += find_problems(found, at)
        return found

    def _tell(self, at: Location, message: str, kind: str) -> None:
        self.problems.append(problem(at, message, kind))


def _scalar_in(text: str, types: tuple[str, ...], otherwise: str) -> Any:  # noqa: ANN401 -- JSON
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if "integer" in types and _WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return otherwise


def _is_of_another_type(told: Problem, at: Location) -> bool:
    """Of the value that stands there as a whole."""
    return len(told["loc"]) == len(at) and any(told["type"] == kind for _, kind in KINDS.values())


def _says_nothing(value: object, schema: Schema, *, required: bool) -> bool:
    if value is None:
        return not takes_null(schema)
    cannot_be_empty = bool({"minLength", "pattern", "enum"} & set(schema)) and schema.get("type") == "string"
    return value == "" and cannot_be_empty and not required


def _opening(types: Iterable[str]) -> tuple[str, ...]:
    return tuple(mark for name, mark in (("object", "{"), ("array", "[")) if name in types)


def _blocks(value: object) -> Iterable[Mapping[str, Any]]:
    """Every block of a list, the nested ones included."""
    for block in value if isinstance(value, list) else ():
        if isinstance(block, Mapping):
            yield block
            for content in block.values():
                yield from _blocks(content.get("children") if isinstance(content, Mapping) else None)

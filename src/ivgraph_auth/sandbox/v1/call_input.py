"""What a call asks for: the members of its query and of its body, refused in Notion's words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs

from ivgraph_auth.sandbox.incoming import Incoming
from ivgraph_auth.sandbox.multipart import Form
from ivgraph_auth.sandbox.v1.refusals import not_allowed, unfit
from ivgraph_auth.sandbox.v1.view import dashed

PAGE_SIZE = 100
ARRAY, TEXT, URL = 100, 2000, 2000
_FIELDS = 400
Strictness = Literal["loose", "range", "positive"]


@dataclass(frozen=True, slots=True)
class Members:
    """An object in the query or body, with the way that leads to it."""

    where: str
    raw: Mapping[str, object]

    def at(self, name: str) -> str:
        return f"{self.where}.{name}"

    def has(self, name: str) -> bool:
        return name in self.raw

    def only(self, *names: str) -> None:
        for name in self.raw:
            if name not in names:
                raise not_allowed(self.at(name), self.raw[name])

    def text(self, name: str, limit: int = TEXT) -> str:
        return as_text(self.raw.get(name), self.at(name), limit)

    def maybe_text(self, name: str) -> str | None:
        return self.text(name) if name in self.raw else None

    def flag(self, name: str) -> bool | None:
        value = self.raw.get(name)
        if name in self.raw and not isinstance(value, bool):
            raise unfit(self.at(name), "a boolean or `undefined`", value if value is not None else "null")
        return bool(value) if name in self.raw else None

    def uuid(self, name: str) -> str:
        if name not in self.raw:
            raise unfit(self.at(name), "defined")
        return dashed(self.raw[name], self.at(name))

    def inner(self, name: str) -> "Members":
        return members(self.raw.get(name), self.at(name), defined=name in self.raw)

    def items(self, name: str, limit: int = ARRAY) -> list[object]:
        return as_array(self.raw.get(name), self.at(name), limit, defined=name in self.raw)

    def one_of(self, name: str, *choices: str) -> str:
        value = self.raw.get(name)
        if not isinstance(value, str) or value not in choices:
            wish = ", ".join(f'`"{choice}"`' for choice in choices[:-1])
            last = f'`"{choices[-1]}"`'
            raise unfit(self.at(name), f"{wish}, or {last}" if wish else last, value)
        return value


def members(value: object, where: str, *, defined: bool = True) -> Members:
    if not isinstance(value, dict):
        raise unfit(where, "an object" if defined else "defined", value)
    return Members(where, value)


def as_array(value: object, where: str, limit: int = ARRAY, *, defined: bool = True) -> list[object]:
    if not isinstance(value, list):
        raise unfit(where, "an array" if defined else "defined", value)
    if len(value) > limit:
        raise unfit(f"{where}.length", f"≤ `{limit}`", len(value))
    return value


def as_text(value: object, where: str, limit: int = TEXT) -> str:
    if not isinstance(value, str):
        raise unfit(where, "a string", value)
    if len(value) > limit:
        raise unfit(f"{where}.length", f"≤ `{limit}`", len(value))
    return value


@dataclass(frozen=True, slots=True)
class CallInput:
    query: dict[str, list[str]]
    body: Members
    most: int  # items that an answer may hold, however many are asked for
    form: Form = field(default_factory=Form)

    @classmethod
    def parse(cls, call: Incoming, most: int) -> "CallInput":
        try:
            query = parse_qs(call.query, keep_blank_values=True, max_num_fields=_FIELDS)
        except ValueError as error:
            raise unfit("query.length", f"≤ `{_FIELDS}`") from error
        return cls(query, members(call.json, "body"), most, call.form or Form())

    def one(self, name: str) -> str | None:
        found = self.query.get(name)
        if found is None:
            return None
        if len(found) > 1:
            raise unfit(f"query.{name}", "a string or `undefined`", found)
        return found[0]

    @property
    def wanted_properties(self) -> list[str]:
        return [*self.query.get("filter_properties", []), *self.query.get("filter_properties[]", [])]


@dataclass(frozen=True, slots=True)
class Paging:
    size: int
    cursor: str | None


def query_paging(asked: CallInput, strictness: Strictness = "loose") -> Paging:
    given = asked.one("page_size")
    size: object = None
    if given is not None:
        size = int(given) if given.isascii() and given.removeprefix("-").isdigit() and len(given) < 10 else given  # noqa: PLR2004
    return Paging(min(_size(size, "query.page_size", strictness), asked.most), asked.one("start_cursor"))


def body_paging(asked: CallInput, strictness: Strictness = "loose") -> Paging:
    body = asked.body
    cursor: str | None = None
    if body.has("start_cursor"):
        given = body.raw["start_cursor"]
        if not isinstance(given, str):
            raise unfit(body.at("start_cursor"), "a string or `undefined`", "null" if given is None else given)
        cursor = given
    size = body.raw.get("page_size")
    if body.has("page_size") and size is None:
        raise unfit(body.at("page_size"), "a number or `undefined`", "null")
    return Paging(min(_size(size, body.at("page_size"), strictness), asked.most), cursor)


def _size(value: object, where: str, strictness: Strictness) -> int:
    """Loose, as Notion is for most lists: 0 and figures over 100 stand for 100."""
    if value is None:
        return PAGE_SIZE
    if isinstance(value, bool) or not isinstance(value, int):
        raise unfit(where, "a number or `undefined`", value)
    if value < (0 if strictness == "loose" else 1):
        raise unfit(where, f"≥ `{0 if strictness == 'loose' else 1}` or `undefined`", value)
    if strictness == "range" and value > PAGE_SIZE:
        raise unfit(where, f"≤ `{PAGE_SIZE}` or `undefined`", value)
    return min(value, PAGE_SIZE) or PAGE_SIZE


def tidied(value: object) -> object:
    """As JavaScript would tell it again: half a character becomes a whole one, an infinite figure becomes null."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [tidied(each) for each in value]
    if isinstance(value, dict):
        return {str(tidied(name)): tidied(each) for name, each in value.items()}
    return value

"""Arguments for tools, made from their published schemas: as a schema asks for them, and as models write them."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from hypothesis import strategies as st

from ivgraph_auth.notion.schema_types import type_of
from tests.support.service import Json

Values = st.SearchStrategy[Any]

_TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_LARGEST = 2**53
_ID = "0a0a0a0a11114222833344445555abcd"
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-_LARGEST, _LARGEST), st.floats(-1e9, 1e9), st.text(_TEXT, max_size=5)
)
_FREE: Values = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(_TEXT, max_size=5), inner, max_size=2),
    max_leaves=4,
)
# What a model may write anywhere, whatever is asked for.
_SLOPPY: Values = st.one_of(
    _FREE,
    st.sampled_from(
        [
            None, "", "5", 5.0, "5.0", "true", "{}", "[]", "null", "{", "[1", _ID,
            f"https://www.notion.so/Roadmap-{_ID}", f"https://example.com/{_ID}", {"id": _ID}, [], {},
        ]
    ),
)  # fmt: skip


def _number(schema: Json, of: Any) -> Values:
    return _integer(schema, of) | st.floats(-1e9, 1e9)


def as_asked_for(schema: Json) -> Values:
    """What the schema allows."""
    if "anyOf" in schema:
        return st.one_of(*map(as_asked_for, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = schema.get("type")
    if types is None:
        return _FREE
    return st.one_of(*(_OF_TYPE[kind](schema, as_asked_for) for kind in ([types] if isinstance(types, str) else types)))


def as_models_write(schema: Json) -> Values:
    """Mostly what the schema allows, with some of it in other forms, missing, too much or nonsense."""
    if "anyOf" in schema:
        right = st.one_of(*map(as_models_write, schema["anyOf"]))
    elif "enum" in schema or "type" not in schema:
        right = as_asked_for(schema)
    else:
        types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        right = st.one_of(*(_OF_TYPE[kind](schema, as_models_write) for kind in types))
    return st.integers(0, 11).flatmap(lambda dice: {0: _SLOPPY, 1: right.map(_written)}.get(dice, right))


def _written(value: Any) -> Any:
    """As JSON in a string, or a whole number as a fraction."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    return float(value) if type(value) is int else value


def _object(schema: Json, of: Any) -> Values:
    members: dict[str, Values] = {name: of(item) for name, item in schema.get("properties", {}).items()}
    required = {name: members.pop(name) for name in schema.get("required", ())}
    named = st.fixed_dictionaries(required, optional=members)
    others = schema.get("additionalProperties", True)
    if others is False:
        return named
    free = _FREE if others is True else of(others)
    names = st.text(_TEXT, max_size=8).filter(lambda name: name not in schema.get("properties", {}))
    return st.builds(lambda more, some: {**more, **some}, st.dictionaries(names, free, max_size=2), named)


def _list(schema: Json, of: Any) -> Values:
    least, most = schema.get("minItems", 0), schema.get("maxItems", 100)
    return st.lists(of(schema.get("items", {})), min_size=least, max_size=min(most, least + 2))


def _string(schema: Json, _of: Any) -> Values:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"])
    least, most = schema.get("minLength", 0), schema.get("maxLength", 50)
    longest = st.integers(most, most).map("x".__mul__)
    return st.text(_TEXT, min_size=least, max_size=min(most, 20)) | longest


def _integer(schema: Json, _of: Any) -> Values:
    return st.integers(schema.get("minimum", -_LARGEST), schema.get("maximum", _LARGEST))


_OF_TYPE: dict[str, Any] = {
    "object": _object,
    "array": _list,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _schema, _of: st.booleans(),
    "null": lambda _schema, _of: st.none(),
}


# One place in them that is not as it is asked for.

Place = tuple[str | int, ...]


@st.composite
def with_one_other_place(draw: st.DrawFn, schema: Json) -> Json:
    """What the schema allows, but for one place, which holds something else or too much."""
    value = draw(as_asked_for(schema))
    places = [*_places(schema, value, ())]
    place, at = draw(st.sampled_from(places)) if places else ((), schema)
    return _replaced(value, place, draw(_other_than(at)))


def _places(schema: Json, value: Any, place: Place) -> Iterator[tuple[Place, Json]]:
    """All that it holds or could hold, below the top."""
    if "anyOf" in schema:
        kind = type_of(value)
        schema = next(branch for branch in schema["anyOf"] if branch["type"] == kind)
    if isinstance(value, dict):
        others = schema.get("additionalProperties")
        free = dict.fromkeys(value, others) if isinstance(others, dict) else {}
        for name, item in {**free, **schema.get("properties", {})}.items():
            yield (*place, name), item
            if name in value:
                yield from _places(item, value[name], (*place, name))
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield (*place, index), schema["items"]
            yield from _places(schema["items"], item, (*place, index))


def _other_than(schema: Json) -> Values:
    """Beyond one of its limits, or anything."""
    if "anyOf" in schema:
        return st.one_of(_SLOPPY, *map(_other_than, schema["anyOf"]))
    return st.one_of(_SLOPPY, st.none(), *_beyond_limits(schema), *_other_members(schema))


def _beyond_limits(schema: Json) -> Iterator[Values]:
    if "enum" in schema:
        yield st.just("nothing that is there")
    for keyword, by in (("maximum", 1), ("minimum", -1)):
        if keyword in schema:
            yield st.sampled_from([schema[keyword] + by, schema[keyword] + by / 2])
    for keyword, by in (("maxLength", 1), ("minLength", -1)):
        if keyword in schema:
            yield st.just("x" * (schema[keyword] + by))
    for keyword, by in (("maxItems", 1), ("minItems", -1)):
        if keyword in schema:
            yield as_asked_for(schema["items"]).map(partial(_times, schema[keyword] + by))


def _other_members(schema: Json) -> Iterator[Values]:
    if "object" in schema.get("type", ()):
        whole = as_asked_for({**schema, "type": "object"})
        yield whole.map(lambda value: {**value, "zzz": 1})
        yield from (whole.map(partial(_without, name)) for name in schema.get("required", ()))


def _times(count: int, item: Any) -> list[Any]:
    return [item] * count


def _without(name: str, value: Json) -> Json:
    return {key: item for key, item in value.items() if key != name}


def _replaced(value: Any, place: Place, by: Any) -> Any:
    if not place:
        return by
    first, *rest = place
    copy: Any = {**value} if isinstance(value, dict) else [*value]
    inner = copy.get(first) if isinstance(copy, dict) else copy[first]
    copy[first] = _replaced(inner, tuple(rest), by)
    return copy

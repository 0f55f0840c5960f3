"""No JSON makes the reader raise, and what it gives can be stored."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivgraph_auth.graph.models import GapReason
from ivgraph_auth.graph.reader.blocks import read_block
from ivgraph_auth.graph.reader.lists import read_request_status
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.reader.property_items import read_property_items, whole_value
from tests.graph.reader.examples import PAGE, block, page, page_mention, prop, property_item, property_list, text
from tests.graph.reader.recordings import DATA, body

# The words that the reader looks for, so that what hypothesis builds is not passed over at the first look.
WORDS = (
    *("object", "type", "id", "page", "database", "data_source", "block", "properties", "title", "rich_text", "text"),
    *("mention", "relation", "rollup", "formula", "array", "people", "number", "has_more", "parent", "page_id", "url"),
    *(
        "paragraph",
        "link_to_page",
        "table_row",
        "cells",
        "caption",
        "results",
        "property_item",
        "icon",
        "emoji",
        "place",
    ),
    *("request_status", "incomplete", "data_sources", "has_children", "href", "plain_text", "verification", "date"),
    *("created_time", "next_cursor", str(PAGE), "workspace", "external", "unsupported", "synced_block", "unique_id"),
)
TEXTS = st.one_of(st.sampled_from(WORDS), st.text(), st.sampled_from(["\x00", "\ud800", f"/{PAGE.hex}", "x" * 5000]))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**12, 10**400, -(2**63) - 1]),
    st.floats(),
    TEXTS,
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=6), max_leaves=40
)
EXAMPLES: tuple[Any, ...] = (
    page({"Name": prop("title", [text("a"), page_mention()]), "R": prop("relation", [{"id": str(PAGE)}])}),
    page({"F": prop("formula", {"type": "string", "string": "x"}), "V": prop("verification", {"state": "verified"})}),
    page({"U": prop("rollup", {"type": "array", "array": [prop("number", 1), prop("date", {"start": "2026"})]})}),
    {**page(), "object": "database", "title": [text("b")], "data_sources": [{"id": str(PAGE)}]},
    block("paragraph", {"rich_text": [text("a", f"/{PAGE.hex}"), page_mention()]}, has_children=True),
    block("table_row", {"cells": [[text("a")]]}),
    block("link_to_page", {"type": "page_id", "page_id": str(PAGE)}),
    property_list("people", [property_item("people", {"id": "x"})], request_status={"type": "incomplete"}),
    property_list("rollup", [property_item("relation", {"id": str(PAGE)})], {"type": "array", "array": []}),
)


UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_everything(value: Any) -> None:
    first, again = read_object(value), read_object(value)
    assert first == again
    if first is not None:
        check(asdict(first))
    check(asdict(read_block(value, PAGE)))
    items = read_property_items(value, PAGE, "It")
    check(asdict(items))
    check(whole_value(items.type, items.values))
    gap = read_request_status(value)
    assert gap is None or gap.reason in {GapReason.ROW_LIMIT, GapReason.TRUNCATED}


def check(read: Any) -> None:
    """No NUL, no lone surrogate, nothing that is not finite, nothing endless."""
    assert len(json.dumps(read, default=str, allow_nan=False)) < 2_000_000
    assert [ascii(each) for each in texts(read) if UNSTORABLE.search(each)] == []


def texts(read: Any) -> Iterator[str]:
    if isinstance(read, str):
        yield read
    elif isinstance(read, dict):
        yield from (text for item in read.items() for each in item for text in texts(each))
    elif isinstance(read, list | tuple):
        yield from (text for each in read for text in texts(each))


@given(ANYTHING)
@settings(max_examples=200, deadline=None)
def test_arbitrary_json(value: Any) -> None:
    read_everything(value)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*at, key))


def replaced(value: Any, at: tuple[Any, ...], by: Any) -> Any:
    """A copy with another value, or without it where `by` is `...`."""
    if not at:
        return by
    copy = value.copy()
    if len(at) == 1 and by is ...:
        del copy[at[0]]
    else:
        copy[at[0]] = replaced(copy[at[0]], at[1:], by)
    return copy


@pytest.mark.parametrize("example", EXAMPLES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_examples_with_anything_anywhere(example: Any, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(sorted(places(example), key=str)))
    read_everything(replaced(example, place, data.draw(ANYTHING)))


# One of each JSON type, and what is hard to store or to follow.
WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    10**12,
    1e400,
    "",
    "\x00\ud800",
    [],
    {},
    [[[[]]]],
    {"type": {"type": []}},
    ["x"],
    {"id": 1},
)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_with_each_member_wrong_or_missing(example: Any) -> None:
    for place in places(example):
        for wrong in WRONG:
            read_everything(replaced(example, place, wrong))
        if place:
            read_everything(replaced(example, place, ...))


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"array": [inner], "type": "array"}])
def test_deep_nesting(wrap: Any) -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = wrap(deep)
    for value in (deep, page({"It": prop("rollup", deep)}), page(deep), block("paragraph", {"rich_text": deep})):
        read_everything(value)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="no recordings here")
@pytest.mark.parametrize(
    "path", sorted(DATA.glob("hkob_notion_ruby_mapping/get-pages-id/004.json")), ids=lambda path: path.stem
)
def test_recorded_pages_with_each_member_wrong(path: Path) -> None:
    whole = body(path)
    for place in places(whole):
        for wrong in WRONG:
            read_everything(replaced(whole, place, wrong))

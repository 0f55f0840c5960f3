"""Values of properties, tables, schemas and comments as text, whatever Notion answers."""

import json
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivgraph_auth.agents.errors import InvalidArguments
from ivgraph_auth.agents.rendering.comments import comment_lines, read_comment
from ivgraph_auth.agents.rendering.pages import database_text, page_head, source_text, title_of
from ivgraph_auth.agents.rendering.tables import head_lines, table_line, table_of
from ivgraph_auth.agents.rendering.values import (
    NO_NAMES,
    Names,
    related_pages,
    short_time,
    unnamed_people,
    value_text,
)
from ivgraph_auth.agents.writing.properties import to_notion
from tests.graph.content.test_any_json import ANY, LEAK
from tests.graph.reader.recordings import body, files, objects

PAGE = UUID("7a4ba646-0ee0-4a09-8c0e-12bc72c71a45")
PERSON = "93fb3994-f617-4ffb-86c9-c1a01d5f907a"


def holder(kind: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"id": "x", "type": kind, kind: value, **more}


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (holder("number", 3.0), "3"),
        (holder("number", 2.5), "2.5"),
        (holder("number", 0), "0"),
        (holder("number", None), ""),
        (holder("checkbox", False), "no"),
        (holder("select", {"id": "a", "name": "Done", "color": "red"}), "Done"),
        (holder("status", None), ""),
        (holder("multi_select", [{"name": "a", "color": "red"}, {"name": "b"}]), "a, b"),
        (holder("date", {"start": "2026-12-01", "end": None, "time_zone": None}), "2026-12-01"),
        (holder("date", {"start": "2026-12-01", "end": "2026-12-03"}), "2026-12-01 → 2026-12-03"),
        (holder("date", {"start": "2026-12-01T09:00:00.000+02:00", "end": None}), "2026-12-01T09:00+02:00"),
        (holder("date", {"start": "2026-12-01T09:00:30.000Z", "time_zone": "UTC"}), "2026-12-01T09:00:30.000Z (UTC)"),
        (holder("people", [{"object": "user", "id": PERSON, "name": "Ada"}]), "Ada"),
        (holder("people", [{"object": "user", "id": PERSON}]), "Ada Winter"),
        (holder("people", [{"object": "user", "id": "somebody"}]), "somebody"),
        (holder("created_by", {"object": "user", "id": PERSON}), "Ada Winter"),
        (holder("relation", [{"id": str(PAGE)}], has_more=False), "Handbook"),
        (holder("relation", [{"id": str(PAGE)}], has_more=True), "Handbook, …"),
        (holder("unique_id", {"prefix": "T", "number": 7}), "T-7"),
        (holder("unique_id", {"prefix": None, "number": 7}), "7"),
        (holder("formula", {"type": "string", "string": "late"}), "late"),
        (holder("formula", {"type": "boolean", "boolean": True}), "yes"),
        (holder("formula", {"type": "date", "date": {"start": "2026-12-01"}}), "2026-12-01"),
        (holder("rollup", {"type": "number", "number": 12, "function": "sum"}), "12"),
        (holder("rollup", {"type": "array", "array": [holder("relation", [{"id": str(PAGE)}])]}), "Handbook"),
        (holder("files", [{"name": "a.pdf", "type": "file", "file": {"url": "https://x"}}]), "a.pdf"),
        (holder("files", [{"name": "b", "external": {"url": "https://b.example"}}]), "b (https://b.example)"),
        (holder("created_time", "2026-09-01T08:06:00.000Z"), "2026-09-01T08:06Z"),
        (holder("url", "https://a.example"), "https://a.example"),
        (holder("verification", {"state": "verified", "date": {"start": "2026-01-01"}}), "verified (2026-01-01)"),
        (holder("place", {"name": "Tower", "address": "Quay 1", "lat": 1}), "Tower, Quay 1"),
        (holder("button", {}), ""),
        (holder("of_tomorrow", {"a": 1}), ""),
    ],
    ids=str,
)
def test_values_as_people_write_them(told: dict[str, Any], text: str) -> None:
    assert value_text(told, Names({PAGE: "Handbook"}, {PERSON: "Ada Winter"})) == text


def test_times_lose_what_says_nothing() -> None:
    assert short_time("2026-09-01T08:06:00+00:00") == "2026-09-01T08:06Z"
    assert short_time("2026-09-01") == "2026-09-01"
    assert short_time(None) == ""


def test_a_table_keeps_its_shape() -> None:
    rows = [
        {
            "id": str(PAGE),
            "properties": {"Note": holder("rich_text", []), "Name": holder("title", [{"plain_text": "a|b"}])},
        },
        {"id": PERSON, "properties": {"Name": holder("title", [{"plain_text": "c"}]), "Note": holder("rich_text", [])}},
    ]
    table = table_of(rows, (), NO_NAMES)
    assert (table.columns, table.rows, table.empty) == (("Name", "id"), (("a|b", str(PAGE)), ("c", PERSON)), ("Note",))
    assert head_lines(table) == ["Name | id", "---|---"]
    assert table_line(table.rows[0]) == f"a\\|b | {PAGE}"
    assert table_line(["two\nlines"]) == "two<br>lines"


@pytest.mark.skipif(not files(), reason="no recordings here")
def test_everything_that_notion_was_seen_to_answer() -> None:
    pages = databases = sources = comments = 0
    for path in files():
        for found in objects(body(path), "page", "database", "data_source", "comment"):
            kind = found["object"]
            if kind == "page" and "properties" in found:
                text = page_head(found, "", NO_NAMES)
                assert text.startswith("# ")
                pages += 1
            elif kind == "comment":
                text = "\n".join(comment_lines([read_comment(found, NO_NAMES)]))
                comments += 1
            elif kind == "data_source":
                text = source_text(found, {}, 3)
                sources += 1
            else:
                text = database_text(found, "", [])
                databases += 1
            assert text.strip()
            assert not LEAK.search(text)
            for word in ('"annotations"', "'annotations'", "'color'", "'object'"):
                assert word not in text
    assert min(pages, databases, sources, comments) > 5


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    ANY, st.sampled_from(["title", "rich_text", "people", "relation", "rollup", "formula", "date", "files", "number"])
)
def test_any_json_is_rendered(value: Any, kind: str) -> None:
    thing = {
        "object": "page",
        "id": str(PAGE),
        "title": value,
        "properties": {"\ud800": holder(kind, value), "b": value},
    }
    rows = [thing, {"properties": value}, {"id": value}]
    table = table_of(rows, (), NO_NAMES)
    texts = [
        page_head(thing, "", NO_NAMES),
        database_text(value, "", []),
        source_text({**thing, "object": "data_source", "properties": value}, {}),
        title_of(value),
        *head_lines(table),
        *(table_line(line) for line in table.rows),
        *comment_lines([read_comment({"rich_text": value, "created_by": value, "discussion_id": value}, NO_NAMES)]),
        *map(str, related_pages({"a": holder(kind, value)})),
        *unnamed_people({"a": holder(kind, value)}),
    ]
    for text in texts:
        assert json.loads(json.dumps(text).encode()) == text
        text.encode()
        assert not LEAK.search(text)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    ANY, st.sampled_from(["title", "rich_text", "people", "relation", "select", "date", "files", "number", "checkbox"])
)
def test_any_json_is_taken_or_refused_as_a_value(value: Any, kind: str) -> None:
    columns = {"Given": {"id": "x", "type": kind, kind: {"options": [{"name": "a"}]}}}
    with suppress(InvalidArguments):
        assert kind in to_notion({"given": value}, columns)["Given"]

from datetime import UTC, datetime
from typing import Any

import pytest

from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason, NodeType, Parent
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.reader.readings import ObjectReading
from tests.graph.reader.examples import OTHER, PAGE, THIRD, Json, page, page_mention, prop, text


def read(value: Json) -> ObjectReading:
    reading = read_object(value)
    assert reading is not None
    return reading


def whole(kind: str, **more: Any) -> Json:
    """A database or a data source."""
    held = page(**more) | {"object": kind, "title": [text("Tasks")], "description": [page_mention(THIRD)]}
    if "properties" not in more:
        del held["properties"]
    return held


def test_a_page() -> None:
    node = read(page()).node
    assert (node.id, node.type, node.title) == (PAGE, NodeType.PAGE, "Roadmap")
    assert node.url == f"https://app.notion.com/p/{PAGE.hex}"
    assert node.created_at == datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    assert node.edited_at == datetime(2026, 9, 2, 9, 30, tzinfo=UTC)
    assert (node.parent, node.icon, node.in_trash) == (Parent("workspace", None), None, False)
    assert node.properties == {"Name": "Roadmap"}


def test_a_database_since_2025_09_03() -> None:
    sources = [{"id": str(OTHER), "name": "Tasks"}, {"id": THIRD.hex}, {"id": str(OTHER)}]
    reading = read(whole("database", data_sources=sources))
    assert (reading.node.type, reading.node.title) == (NodeType.DATABASE, "Tasks")
    assert (reading.sources, reading.gaps) == ((OTHER, THIRD), ())
    assert reading.edges == (Edge(EdgeKind.MENTION, PAGE, THIRD),)


def test_a_database_before() -> None:
    reading = read(whole("database", properties={"Name": prop("title", {}), "Due": prop("date", {})}))
    assert reading.node.properties == {"Name": "title", "Due": "date"}
    assert (reading.sources, reading.truncated, reading.gaps) == ((), (), ())


def test_a_data_source() -> None:
    columns = {
        "Name": prop("title", {}),
        "Tasks": prop("relation", {"database_id": str(OTHER)}),
        "New": prop("x y", {}),
    }
    parent = {"type": "database_id", "database_id": str(OTHER)}
    reading = read(whole("data_source", properties=columns, parent=parent))
    assert (reading.node.type, reading.node.title) == (NodeType.DATA_SOURCE, "Tasks")
    assert reading.node.properties == {"Name": "title", "Tasks": "relation", "New": "?"}
    assert (reading.node.parent, reading.gaps) == (Parent("database_id", OTHER), ())


@pytest.mark.parametrize("kind", list(NodeType))
def test_a_partial_object(kind: NodeType) -> None:
    reading = read({"object": kind.value, "id": PAGE.hex})
    assert (reading.node.id, reading.node.type, reading.node.title) == (PAGE, kind, "")
    assert reading.partial
    assert (reading.gaps, reading.truncated) == ((Gap(PAGE, GapReason.TRUNCATED, "object"),), ())


@pytest.mark.parametrize(
    ("given", "parent"),
    [
        ({"type": "workspace", "workspace": True}, Parent("workspace", None)),
        ({"type": "page_id", "page_id": str(OTHER)}, Parent("page_id", OTHER)),
        ({"type": "block_id", "block_id": str(OTHER)}, Parent("block_id", OTHER)),
        ({"type": "database_id", "database_id": OTHER.hex}, Parent("database_id", OTHER)),
        ({"type": "agent_id", "agent_id": str(OTHER)}, Parent("agent_id", OTHER)),
        (
            {"type": "data_source_id", "data_source_id": str(OTHER), "database_id": str(THIRD)},
            Parent("data_source_id", OTHER),
        ),
        ({"database_id": str(THIRD), "data_source_id": str(OTHER)}, Parent("data_source_id", OTHER)),
        ({"page_id": str(OTHER)}, Parent("page_id", OTHER)),
        (None, None),
    ],
)
def test_parents(given: Any, parent: Parent | None) -> None:
    reading = read(page(parent=given))
    assert (reading.node.parent, reading.gaps) == (parent, ())


@pytest.mark.parametrize(
    ("given", "icon"),
    [
        ({"type": "emoji", "emoji": "🧭"}, "🧭"),
        ({"emoji": "🧭"}, "🧭"),
        ({"type": "external", "external": {"url": "https://x.example/i.png"}}, "https://x.example/i.png"),
        ({"type": "external", "external": {"url": "javascript:alert(1)"}}, None),
        ({"type": "file", "file": {"url": "https://s3.example/i.png?X-Amz-Signature=1"}}, None),
        ({"type": "custom_emoji", "custom_emoji": {"id": str(OTHER), "name": "bufo", "url": "https://x"}}, ":bufo:"),
        ({"type": "icon", "icon": {"name": "pizza", "color": "blue"}}, "https://www.notion.so/icons/pizza_blue.svg"),
        ({"type": "icon", "icon": {"name": "../x"}}, None),
    ],
)
def test_icons(given: Any, icon: str | None) -> None:
    reading = read(page(icon=given))
    assert (reading.node.icon, reading.gaps) == (icon, ())


@pytest.mark.parametrize(
    ("members", "in_trash"),
    [({"in_trash": True}, True), ({"in_trash": False, "archived": True}, False), ({"in_trash": "true"}, False)],
)
def test_trash(members: Json, in_trash: bool) -> None:  # noqa: FBT001
    assert read(page(**members)).node.in_trash is in_trash


def test_trash_of_older_versions() -> None:
    older = page(archived=True)
    del older["in_trash"]
    assert read(older).node.in_trash


@pytest.mark.parametrize(
    ("told", "time"),
    [
        ("2026-09-01T08:00:00.000Z", datetime(2026, 9, 1, 8, tzinfo=UTC)),
        ("2026-09-01T08:00:00.123456+00:00", datetime(2026, 9, 1, 8, 0, 0, 123456, tzinfo=UTC)),
        ("2026-09-01T10:00:00+02:00", datetime(2026, 9, 1, 8, tzinfo=UTC)),
    ],
)
def test_times(told: str, time: datetime) -> None:
    assert read(page(created_time=told)).node.created_at == time


@pytest.mark.parametrize(
    ("member", "value", "reason", "detail"),
    [
        ("created_time", "yesterday", GapReason.MALFORMED, "time"),
        ("created_time", 10**12, GapReason.MALFORMED, "time"),
        ("last_edited_time", "2026-09-01T08:00:00", GapReason.MALFORMED, "time"),
        ("last_edited_time", "0001-01-01T00:00:00+14:00", GapReason.MALFORMED, "time"),
        ("url", "javascript:alert(1)", GapReason.MALFORMED, "url"),
        ("url", 1, GapReason.MALFORMED, "url"),
        ("parent", "x", GapReason.MALFORMED, "parent"),
        ("parent", {"type": "page_id"}, GapReason.MALFORMED, "parent"),
        ("parent", {"type": ["page_id"]}, GapReason.MALFORMED, "parent"),
        ("parent", {"type": "team_id", "team_id": str(OTHER)}, GapReason.UNKNOWN_TYPE, "parent team_id"),
        ("icon", "🧭", GapReason.UNKNOWN_TYPE, "icon ?"),
        ("icon", {"type": "hologram"}, GapReason.UNKNOWN_TYPE, "icon hologram"),
        ("properties", [], GapReason.MALFORMED, "properties"),
    ],
)
def test_gaps(member: str, value: Any, reason: GapReason, detail: str) -> None:
    reading = read(page() | {member: value})
    assert reading.gaps == (Gap(PAGE, reason, detail),)


def test_gaps_of_databases() -> None:
    for sources in ("x", [1], [{"id": "x"}]):
        assert read(whole("database", data_sources=sources)).gaps == (Gap(PAGE, GapReason.MALFORMED, "data sources"),)
    reading = read(whole("data_source", properties={"Name": 1}))
    assert reading.gaps == (Gap(PAGE, GapReason.MALFORMED, "column"),)


def test_an_unknown_parent_keeps_its_name() -> None:
    assert read(page(parent={"type": "team_id", "team_id": str(OTHER)})).node.parent == Parent("team_id", OTHER)


def test_titles_are_storable_and_bounded() -> None:
    assert read(page({"Name": prop("title", [text("a\x00\ud800b" + "c" * 3000)])})).node.title == "ab" + "c" * 1996
    assert len(read(whole("database") | {"title": [text("c" * 1500)] * 2}).node.title) == 2000


@pytest.mark.parametrize(
    "value",
    [
        None,
        "page",
        [],
        {},
        {"object": "page"},
        {"object": "page", "id": "some_id"},
        {"object": "page", "id": 1},
        {"object": ["page"], "id": str(PAGE)},
        {"object": "user", "id": str(PAGE)},
        {"object": "block", "id": str(PAGE), "type": "child_page"},
    ],
)
def test_what_is_none_of_them(value: Any) -> None:
    assert read_object(value) is None

from typing import Any

import pytest

from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason
from ivgraph_auth.graph.reader.lists import read_request_status
from ivgraph_auth.graph.reader.property_items import read_property_items, whole_value
from tests.graph.reader.examples import OTHER, PAGE, THIRD, page_mention, prop, property_item, property_list, text


def test_relations() -> None:
    items = [property_item("relation", {"id": str(OTHER)}), property_item("relation", {"id": str(THIRD)})]
    reading = read_property_items(property_list("relation", items, has_more=True, next_cursor="PLuaRX"), PAGE, "Needs")
    assert reading.edges == tuple(Edge(EdgeKind.RELATION, PAGE, each, "Needs") for each in (OTHER, THIRD))
    assert (reading.type, reading.values, reading.next_cursor, reading.gaps) == ("relation", (), "PLuaRX", ())


@pytest.mark.parametrize("kind", ["title", "rich_text"])
def test_texts(kind: str) -> None:
    items = [property_item(kind, each) for each in (text("See "), page_mention(), text("!", f"/{THIRD.hex}"))]
    reading = read_property_items(property_list(kind, items), PAGE, "Notes")
    assert reading.edges == (Edge(EdgeKind.MENTION, PAGE, OTHER), Edge(EdgeKind.LINK, PAGE, THIRD))
    assert (reading.next_cursor, reading.gaps) == (None, ())
    assert whole_value(reading.type, reading.values * 2) == "See @Untitled!" * 2
    assert whole_value(kind, ("x" * 1500,) * 2) == "x" * 2000


def test_people() -> None:
    items = [property_item("people", {"object": "user", "id": str(OTHER), "name": name}) for name in ("Ada", None)]
    reading = read_property_items(property_list("people", items), PAGE, "Who")
    assert (reading.values, reading.gaps) == (("Ada", str(OTHER)), ())
    assert whole_value("people", reading.values) == ["Ada", str(OTHER)]


def test_a_rollup_of_relations() -> None:
    items = [property_item("relation", {"id": str(OTHER)})]
    answer = property_list("rollup", items, {"type": "array", "array": [], "function": "show_original"})
    reading = read_property_items(answer, PAGE, "Through")
    assert (reading.edges, reading.values) == ((Edge(EdgeKind.RELATION, PAGE, OTHER, "Through"),), ())


def test_rollups() -> None:
    items = [property_item("number", 1), property_item("number", None), property_item("select", {"name": "Open"})]
    array = property_list("rollup", items, {"type": "array", "array": []})
    assert read_property_items(array, PAGE, "It").values == (1, "Open")
    number = property_list("rollup", [], {"type": "number", "number": 42, "function": "sum"})
    assert read_property_items(number, PAGE, "It").values == (42,)
    gone = property_list("rollup", [], {"type": "incomplete", "incomplete": {}})
    assert read_property_items(gone, PAGE, "It").gaps == (Gap(PAGE, GapReason.TRUNCATED, "rollup incomplete"),)


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        (property_item("number", 5), (5,)),
        (property_item("select", None), ()),
        (property_item("multi_select", [{"name": "a"}, {"name": "b"}]), ("a", "b")),
        (property_item("button", {}), ()),
    ],
)
def test_single_items(answer: Any, values: tuple[Any, ...]) -> None:
    reading = read_property_items(answer, PAGE, "It")
    assert (reading.values, reading.next_cursor, reading.gaps) == (values, None, ())


@pytest.mark.parametrize(
    ("answer", "reason", "detail"),
    [
        (property_list("relation", ["x"]), GapReason.UNKNOWN_TYPE, "property ?"),
        (property_list("relation", [prop("relation", None)]), GapReason.MALFORMED, "property of type relation"),
        (property_list("people", [prop("people", "x")]), GapReason.MALFORMED, "property of type people"),
        (property_list("title", [prop("title", [])]), GapReason.MALFORMED, "rich text"),
        (property_list("title", [], has_more=True), GapReason.TRUNCATED, "property list"),
        (property_list("title", [], has_more=True, next_cursor=1), GapReason.TRUNCATED, "property list"),
        (property_item("hologram", 1), GapReason.UNKNOWN_TYPE, "property hologram"),
        ([], GapReason.UNKNOWN_TYPE, "property ?"),
    ],
)
def test_gaps(answer: Any, reason: GapReason, detail: str) -> None:
    assert read_property_items(answer, PAGE, "It").gaps == (Gap(PAGE, reason, detail),)


def status(kind: Any, reason: Any) -> Any:
    return {"object": "list", "results": [], "request_status": {"type": kind, "incomplete_reason": reason}}


@pytest.mark.parametrize(
    ("answer", "gap"),
    [
        (
            status("incomplete", "query_result_limit_reached"),
            Gap(None, GapReason.ROW_LIMIT, "query_result_limit_reached"),
        ),
        (status("incomplete", "too_slow"), Gap(None, GapReason.TRUNCATED, "too_slow")),
        (status("incomplete", {}), Gap(None, GapReason.TRUNCATED, "?")),
        (status("complete", None), None),
        (status([], []), None),
        ({"object": "list", "results": []}, None),
        ({"request_status": "incomplete"}, None),
        (None, None),
    ],
)
def test_request_status(answer: Any, gap: Gap | None) -> None:
    assert read_request_status(answer) == gap

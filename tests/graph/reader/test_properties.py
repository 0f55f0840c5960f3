"""Each type of property on a page: the value that people see, the edges, the gaps."""

from typing import Any

import pytest

from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.reader.readings import ObjectReading, TruncatedProperty, truncation
from tests.graph.reader.examples import OTHER, PAGE, THIRD, Json, ident, mention, page, page_mention, prop, text

ADA = {"object": "user", "id": str(OTHER), "name": "Ada", "type": "person"}
LINK = f"https://www.notion.so/{OTHER.hex}"


def read(property_value: Any) -> ObjectReading:
    reading = read_object(page({"It": property_value}))
    assert reading is not None
    return reading


def formula(kind: str, value: Any) -> Json:
    return prop("formula", {"type": kind, kind: value})


def rollup(kind: str, value: Any) -> Json:
    return prop("rollup", {"type": kind, kind: value, "function": "show_original"})


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (prop("title", [text("Road"), text("map")]), "Roadmap"),
        (prop("rich_text", [text("a "), mention("user", ADA, "@Ada")]), "a @Ada"),
        (prop("rich_text", [{"text": {"content": "as sent"}}]), "as sent"),
        (prop("number", 5400.5), 5400.5),
        (prop("number", 0), 0),
        (prop("number", 10**12), 10**12),
        (prop("number", -(2**63)), -(2**63)),
        (prop("number", 10**30), 1e30),
        (prop("number", None), None),
        (prop("checkbox", False), False),
        (prop("select", {"id": "x", "name": "Running", "color": "blue"}), "Running"),
        (prop("select", None), None),
        (prop("status", {"id": "x", "name": "Open"}), "Open"),
        (prop("multi_select", [{"id": "x", "name": "Glass"}, {"id": "y", "name": "Wood"}]), ["Glass", "Wood"]),
        (prop("date", {"start": "2026-09-14", "end": None, "time_zone": None}), "2026-09-14"),
        (prop("date", {"start": "2026-09-14", "end": "2026-09-16"}), "2026-09-14/2026-09-16"),
        (prop("people", [ADA, {"object": "user", "id": str(THIRD)}]), ["Ada", str(THIRD)]),
        (prop("people", [{"object": "group", "id": "x", "name": "Crew"}]), ["Crew"]),
        (prop("created_by", ADA), "Ada"),
        (prop("last_edited_by", {"object": "user", "id": str(OTHER), "name": None}), str(OTHER)),
        (prop("files", [{"name": "lamp.png", "type": "file", "file": {"url": "https://x/?secret"}}]), ["lamp.png"]),
        (prop("email", "ada@example.com"), "ada@example.com"),
        (prop("phone_number", "+49 30"), "+49 30"),
        (prop("url", "https://beans.example"), "https://beans.example"),
        (prop("created_time", "2026-09-01T08:00:00.000Z"), "2026-09-01T08:00:00.000Z"),
        (prop("last_edited_time", "2026-09-01T08:00:00.000Z"), "2026-09-01T08:00:00.000Z"),
        (prop("unique_id", {"prefix": "TASK", "number": 12}), "TASK-12"),
        (prop("unique_id", {"prefix": None, "number": 12}), "12"),
        (prop("verification", {"state": "unverified", "verified_by": None, "date": None}), {"state": "unverified"}),
        (
            prop("verification", {"state": "verified", "verified_by": ADA, "date": {"start": "2026-01-01"}}),
            {"state": "verified", "by": "Ada", "date": "2026-01-01"},
        ),
        (prop("place", {"lat": 54.1, "lon": 7, "name": "Jetty"}), {"name": "Jetty", "lat": 54.1, "lon": 7}),
        (prop("place", {}), None),
        (prop("button", {}), None),
        (formula("string", "ready"), "ready"),
        (formula("number", 3), 3),
        (formula("boolean", True), True),
        (formula("date", {"start": "2026-09-14"}), "2026-09-14"),
        (formula("string", None), None),
        (rollup("number", 3), 3),
        (rollup("date", None), None),
        (rollup("array", [prop("number", 1), prop("number", None), formula("string", "x")]), [1, "x"]),
        (rollup("array", [prop("multi_select", [{"name": "Glass"}])]), [["Glass"]]),
        (rollup("array", [rollup("array", [prop("title", [text("deep")])])]), [["deep"]]),
    ],
)
def test_values(given: Json, shown: Any) -> None:
    reading = read(given)
    assert reading.node.properties == {"It": shown}
    assert reading.gaps == ()
    assert reading.edges == ()


def test_a_relation_is_edges_and_no_value() -> None:
    reading = read(prop("relation", [{"id": str(OTHER)}, {"id": THIRD.hex}, {"id": str(OTHER)}], has_more=False))
    assert reading.node.properties == {}
    assert reading.edges == tuple(Edge(EdgeKind.RELATION, PAGE, each, "It") for each in (OTHER, THIRD))


def test_a_rollup_of_relations_is_edges() -> None:
    reading = read(rollup("array", [prop("relation", [{"id": str(OTHER)}]), prop("relation", [{"id": str(THIRD)}])]))
    assert reading.node.properties == {"It": []}
    assert reading.edges == tuple(Edge(EdgeKind.RELATION, PAGE, each, "It") for each in (OTHER, THIRD))


@pytest.mark.parametrize("kind", ["title", "rich_text"])
def test_mentions_and_links_in_text(kind: str) -> None:
    given = prop(kind, [page_mention(), text("this", LINK)])
    edges = (Edge(EdgeKind.MENTION, PAGE, OTHER), Edge(EdgeKind.LINK, PAGE, OTHER))
    assert read(given).edges == edges
    assert read(rollup("array", [given])).edges == edges
    assert read(formula(kind, given[kind])).edges == edges


def test_an_address_of_a_page_is_a_link() -> None:
    assert read(prop("url", LINK)).edges == (Edge(EdgeKind.LINK, PAGE, OTHER),)


def test_examples_without_types() -> None:
    reading = read_object(page({"title": {"id": "title", "title": [text("Roadmap")]}}))
    assert reading
    assert (reading.node.title, reading.gaps) == ("Roadmap", ())


RELATED = [{"id": str(ident(number))} for number in range(25)]
MENTIONS = [page_mention(ident(number)) for number in range(25)]


@pytest.mark.parametrize(
    ("given", "truncated"),
    [
        (prop("relation", RELATED, has_more=True), True),
        (prop("relation", RELATED[:3], has_more=True), True),
        (prop("relation", RELATED, has_more=False), False),
        # Before 2022-06-28 nothing says so.
        (prop("relation", RELATED), True),
        (prop("relation", RELATED[1:]), False),
        (prop("people", [ADA] * 25), True),
        (prop("people", [ADA] * 24), False),
        (prop("title", MENTIONS), True),
        (prop("rich_text", [text("a"), *MENTIONS]), True),
        (prop("rich_text", [text("a")] * 40 + MENTIONS[1:]), False),
        (rollup("array", [prop("number", 1)] * 25), True),
        (rollup("array", [prop("number", 1)] * 24), False),
        (prop("multi_select", [{"name": "x"}] * 25), False),
        # For a while 2022-06-28 told ids alone.
        ({"id": "a%3Ab"}, True),
    ],
)
def test_truncated_properties(given: Json, truncated: bool) -> None:  # noqa: FBT001
    reading = read(given)
    kind = given.get("type", "")
    assert reading.truncated == ((TruncatedProperty("a%3Ab", "It", kind),) if truncated else ())
    assert reading.gaps == ((truncation(PAGE, "a%3Ab"),) if truncated else ())


@pytest.mark.parametrize(
    ("told", "encoded"),
    [("%3Em%3By", "%3Em%3By"), (">m;y", "%3Em%3By"), ("title", "title"), ("a/b", "a%2Fb"), ("eR%3D~", "eR%3D~")],
)
def test_ids_of_truncated_properties_fit_into_a_path(told: str, encoded: str) -> None:
    assert [each.id for each in read({"id": told, "type": "relation", "relation": [], "has_more": True}).truncated] == [
        encoded
    ]


@pytest.mark.parametrize("told", ["", ".", "..", "a b", "\x00", "é", "x" * 200, 1, None, []])
def test_other_ids_are_none(told: Any) -> None:
    reading = read({"id": told, "type": "relation", "relation": [], "has_more": True})
    assert (reading.truncated, reading.gaps) == ((), (truncation(PAGE, ""),))


def test_a_truncated_property_without_an_id_is_a_gap_alone() -> None:
    reading = read({"type": "relation", "relation": [], "has_more": True})
    assert (reading.truncated, reading.gaps) == ((), (truncation(PAGE, ""),))


@pytest.mark.parametrize(
    ("given", "reason", "detail"),
    [
        (prop("hologram", 1), GapReason.UNKNOWN_TYPE, "property hologram"),
        (prop("a b", 1), GapReason.UNKNOWN_TYPE, "property ?"),
        (formula("hologram", 1), GapReason.UNKNOWN_TYPE, "property hologram"),
        (rollup("unsupported", {}), GapReason.UNKNOWN_TYPE, "property unsupported"),
        (rollup("incomplete", {}), GapReason.TRUNCATED, "rollup incomplete"),
        (rollup("array", [1]), GapReason.UNKNOWN_TYPE, "property ?"),
        (rollup("array", {}), GapReason.MALFORMED, "property of type rollup"),
        ("x", GapReason.UNKNOWN_TYPE, "property ?"),
        ({"id": "x", "type": "number"}, GapReason.MALFORMED, "property of type number"),
        (prop("number", "5"), GapReason.MALFORMED, "property of type number"),
        (prop("number", True), GapReason.MALFORMED, "property of type number"),
        (prop("number", float("nan")), GapReason.MALFORMED, "property of type number"),
        (prop("number", float("inf")), GapReason.MALFORMED, "property of type number"),
        (prop("number", 10**400), GapReason.MALFORMED, "property of type number"),
        (prop("checkbox", 1), GapReason.MALFORMED, "property of type checkbox"),
        (prop("select", "Running"), GapReason.MALFORMED, "property of type select"),
        (prop("multi_select", {}), GapReason.MALFORMED, "property of type multi_select"),
        (prop("multi_select", [None]), GapReason.MALFORMED, "property of type multi_select"),
        (prop("date", "2026-09-14"), GapReason.MALFORMED, "property of type date"),
        (prop("people", [{}]), GapReason.MALFORMED, "property of type people"),
        (prop("relation", [{"id": "x"}]), GapReason.MALFORMED, "property of type relation"),
        (prop("relation", {"id": str(OTHER)}), GapReason.MALFORMED, "property of type relation"),
        (prop("title", "Roadmap"), GapReason.MALFORMED, "rich text"),
        (prop("unique_id", {"prefix": "TASK"}), GapReason.MALFORMED, "property of type unique_id"),
        (prop("verification", "verified"), GapReason.MALFORMED, "property of type verification"),
        (prop("place", []), GapReason.MALFORMED, "property of type place"),
    ],
)
def test_gaps(given: Any, reason: GapReason, detail: str) -> None:
    assert read(given).gaps == (Gap(PAGE, reason, detail),)


def test_one_that_cannot_be_read_does_not_hide_the_others() -> None:
    reading = read_object(page({"A": "x", "B": prop("number", 1), "C": prop("hologram", 2)}))
    assert reading
    assert reading.node.properties == {"B": 1}


def test_results_are_not_followed_without_end() -> None:
    nested: Json = prop("number", 1)
    for _ in range(2000):
        nested = rollup("array", [nested])
    assert Gap(PAGE, GapReason.MALFORMED, "nested results") in read(nested).gaps


def test_texts_are_storable_and_bounded() -> None:
    reading = read_object(page({"a\x00\ud800": prop("rich_text", [text("b\x00\udfff" + "c" * 5000)])}))
    assert reading
    assert reading.node.properties == {"a": "b" + "c" * 1997}


def test_so_much_that_no_row_holds_it() -> None:
    given = {f"P{number}": prop("rich_text", [text("x" * 2000)]) for number in range(200)}
    reading = read_object(page(given))
    assert reading
    assert len(reading.node.properties) == 99
    assert reading.gaps == (Gap(PAGE, GapReason.TRUNCATED, "properties"),)
    reading = read_object(page({f"P{number}": prop("checkbox", True) for number in range(600)}))
    assert reading
    assert len(reading.node.properties) == 500

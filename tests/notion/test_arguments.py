"""Arguments as models send them: what is taken for what the schema asks for, and how a refusal names what is wrong."""

import json
from typing import Any

import pytest

from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.operations import request_of
from tests.support.service import Json

NEW = "2026-03-11"
ID = "0a0a0a0a-1111-4222-8333-44445555abcd"
HEX = ID.replace("-", "")
OTHER = "0b0b0b0b-1111-4222-8333-44445555abcd"
VIEW = "c" * 32
TEXT = [{"text": {"content": "Hello"}}]


def sent(tool: str, **given: Any) -> Json:
    request = request_of(f"notion_{tool}", given, NEW)
    return request.body if request.body is not None else request.target


def told(tool: str, **given: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidParameters) as caught:
        request_of(f"notion_{tool}", given, NEW)
    return [(".".join(map(str, each["loc"])), each["type"], each["msg"]) for each in caught.value.errors]


# Null


def test_null_is_left_out_where_a_parameter_is_optional() -> None:
    assert sent("search", query="plan", filter=None, sort=None, page_size=None, start_cursor=None) == {"query": "plan"}
    given: Json = {"filter": {"property": "object", "value": "page", "in_trash": None}}
    assert sent("search", **given) == {"filter": {"property": "object", "value": "page"}}
    comment: Json = {"parent": {"type": None, "page_id": ID, "block_id": None}, "markdown": "Hi", "rich_text": None}
    assert sent("create_comment", **comment, discussion_id=None) == {"parent": {"page_id": ID}, "markdown": "Hi"}


def test_null_stays_where_it_clears() -> None:
    values: Json = {"Due": {"date": None}, "Site": {"url": None}, "Size": {"number": None}, "State": {"status": None}}
    assert sent("update_page", page_id=ID, icon=None, cover=None, properties=values) == {
        "icon": None,
        "cover": None,
        "properties": values,
    }
    run = [{"text": {"content": "Hello", "link": None}}]
    assert sent("append_block_children", block_id=ID, children=[{"paragraph": {"rich_text": run}}])["children"] == [
        {"paragraph": {"rich_text": run}}
    ]


def test_null_stays_where_no_schema_describes_it() -> None:
    copy = {"synced_block": {"synced_from": None}}
    assert sent("append_block_children", block_id=ID, children=[copy])["children"] == [copy]


def test_null_is_refused_where_something_is_needed_or_named() -> None:
    assert [each[:2] for each in told("get_page", page_id=None)] == [("page_id", "missing")]
    [(place, kind, message)] = told("update_page", page_id=ID, properties={"Due": None})
    assert (place, kind) == ("properties.Due", "dict_type")
    assert message == "Should be an object or a list; was null"


def test_an_empty_string_is_left_out_where_it_cannot_be() -> None:
    assert sent("list_users", start_cursor="", page_size=5) == "/v1/users?page_size=5"
    assert sent("create_comment", parent={"page_id": ID, "block_id": ""}, discussion_id="", markdown="Hi") == {
        "parent": {"page_id": ID},
        "markdown": "Hi",
    }
    assert sent("search", query="", sort={"timestamp": "relevance", "direction": ""}) == {
        "query": "",
        "sort": {"timestamp": "relevance"},
    }
    assert sent("update_page", page_id=ID, properties={"Site": {"url": ""}}) == {"properties": {"Site": {"url": ""}}}


# JSON in a string


PAGES: Json = {"property": "object", "value": "page"}
TICKED = {"and": ['{"property": "A", "checkbox": "{\\"equals\\": true}"}']}
PARAGRAPH: Json = {"paragraph": {"rich_text": TEXT}}


@pytest.mark.parametrize(
    ("tool", "given", "meant"),
    [
        ("search", {"filter": json.dumps(PAGES)}, {"filter": PAGES}),
        ("search", {"sort": ' {"timestamp": "last_edited_time"}\n'}, {"sort": {"timestamp": "last_edited_time"}}),
        ("query_data_source", {"data_source_id": ID, "sorts": '[{"property": "A"}]'}, {"sorts": [{"property": "A"}]}),
        (
            "query_data_source",
            {"data_source_id": ID, "filter": TICKED},
            {"filter": {"and": [{"property": "A", "checkbox": {"equals": True}}]}},
        ),
        (
            "create_page",
            {"parent": f'{{"page_id": "{HEX}"}}', "children": [json.dumps(PARAGRAPH)]},
            {"parent": {"page_id": ID}, "children": [PARAGRAPH]},
        ),
        ("create_page", {"properties": json.dumps({"title": TEXT})}, {"properties": {"title": TEXT}}),
        ("create_page", {"properties": {"title": json.dumps(TEXT)}}, {"properties": {"title": TEXT}}),
        ("update_page", {"page_id": ID, "icon": '{"emoji": "🌱"}'}, {"icon": {"emoji": "🌱"}}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_json_in_a_string_is_read(tool: str, given: Json, meant: Json) -> None:
    assert sent(tool, **given) == meant


def test_a_string_stays_one_where_it_belongs() -> None:
    assert sent("search", query='{"a": 1}') == {"query": '{"a": 1}'}
    assert sent("create_page", markdown="[1, 2]") == {"markdown": "[1, 2]"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{", "dict_type"),
        ("{'property': 'object'}", "dict_type"),
        ("plan", "dict_type"),
        ("[]", "dict_type"),
        ('{"property": "object", "value": "\\u0000"}', "text_not_valid"),
        ('{"property": "object", "value": "\\ud800"}', "text_not_valid"),
        ('{"property": "object", "value": NaN}', "number_not_finite"),
        ('{"a":' * 60 + "1" + "}" * 60, "too_deep"),
        ('{"a":' * 100_000, "dict_type"),
        ('{"a": ' + "9" * 5000 + "}", "dict_type"),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_no_json_or_cannot_be_sent_is_refused(text: str, kind: str) -> None:
    assert told("search", filter=text)[0][1] == kind


# Ids


@pytest.mark.parametrize(
    "text",
    [
        ID, HEX, ID.upper(), f" {ID}\n",
        f"https://www.notion.so/{HEX}",
        f"https://www.notion.so/acme/Road-map-2026-{HEX}?pvs=4",
        f"https://www.notion.so/{HEX}?v={VIEW}&pvs=4",
        f"https://www.notion.so/{VIEW}?v={VIEW}&p={HEX}&pm=s",
        f"https://app.notion.com/p/Roadmap-{HEX}#{VIEW}",
        f"https://acme.notion.site/Roadmap-{HEX}",
        f"https://acme.notion.site/{ID}/",
        f"www.notion.so/Roadmap-{HEX}",
        f"notion.so/{HEX}",
        f"Roadmap-{HEX}",
        f"{HEX}?v={VIEW}",
        f"/{HEX}",
    ],
)  # fmt: skip
def test_an_id_in_any_of_its_forms(text: str) -> None:
    assert sent("get_page", page_id=text) == f"/v1/pages/{ID}"


def test_the_part_of_a_url_that_is_meant() -> None:
    url = f"https://www.notion.so/Roadmap-{HEX}?d={OTHER.replace('-', '')}#{VIEW}"
    block = "cccccccc-cccc-cccc-cccc-cccccccccccc"
    assert sent("get_block", block_id=url) == f"/v1/blocks/{block}"
    assert sent("get_block", block_id=url.partition("#")[0]) == f"/v1/blocks/{ID}"
    assert sent("get_page", page_id=url) == f"/v1/pages/{ID}"
    assert sent("create_comment", discussion_id=url, markdown="Yes")["discussion_id"] == OTHER
    related: Json = {"Next": {"relation": [{"id": url}]}}
    assert sent("update_page", page_id=ID, properties=related)["properties"] == {"Next": {"relation": [{"id": ID}]}}


@pytest.mark.parametrize(
    "text",
    ["", "Roadmap", f"{ID}x", f"x{HEX}", f"https://example.com/{HEX}", f"example.com/{HEX}",
     "https://www.notion.so/Roadmap", f"https://notion.so.example.com/{HEX}", f"https://www.notion.so/?v={VIEW}",
     "https://www.notion.so/" + "x" * 5000 + f"-{HEX}"],
)  # fmt: skip
def test_what_holds_no_id_is_refused(text: str) -> None:
    [(place, kind, message)] = told("get_page", page_id=text)
    assert (place, kind) == ("page_id", "notion_id")
    assert "32 hexadecimal digits" in message
    assert text not in message or not text


def test_no_page_stands_for_a_person() -> None:
    assert told("get_user", user_id=f"https://www.notion.so/{HEX}")[0][1] == "notion_id"
    assert told("create_comment", discussion_id=f"https://www.notion.so/{HEX}", markdown="x")[0][1] == "notion_id"


# Numbers, true and false


@pytest.mark.parametrize("given", [5, 5.0, "5", "5.0", " 5 "])
def test_a_whole_number_in_any_of_its_forms(given: object) -> None:
    assert sent("list_users", page_size=given) == "/v1/users?page_size=5"


@pytest.mark.parametrize("given", [5.5, "5.5", "five", "", "5e0", "0x5", "\u0665", True, [5], "9" * 400])
def test_what_is_no_whole_number(given: object) -> None:
    [(place, kind, message)] = told("list_users", page_size=given)
    assert (place, kind) == ("page_size", "int_type")
    assert message.startswith("Should be a whole number; was ")


@pytest.mark.parametrize(("given", "meant"), [(2.5, 2.5), ("2.5", 2.5), ("-3", -3), (7, 7), (7.0, 7.0)])
def test_numbers_of_properties(given: object, meant: float) -> None:
    assert sent("update_page", page_id=ID, properties={"n": {"number": given}}) == {
        "properties": {"n": {"number": meant}}
    }


@pytest.mark.parametrize(("given", "meant"), [(True, True), ("true", True), ("false", False)])
def test_true_and_false(given: object, meant: bool) -> None:  # noqa: FBT001 -- what is expected
    assert sent("update_page", page_id=ID, in_trash=given) == {"in_trash": meant}


@pytest.mark.parametrize("given", ["True", "yes", 1, 0, ""])
def test_what_is_neither(given: object) -> None:
    assert told("update_page", page_id=ID, in_trash=given)[0][1] == "bool_type"


# What a refusal says


@pytest.mark.parametrize(
    ("tool", "given", "place", "message"),
    [
        ("get_page", {"page_id": ID, "pageId": ID}, "pageId", "Is not known here. Did you mean page_id?"),
        ("get_self", {"zzz": 1}, "zzz", "Is not known here. There is nothing to be given."),
        ("get_block", {"block_id": ID, "zzz": 1}, "zzz", "Is not known here. Known: block_id."),
        ("list_users", {"page_size": 500}, "page_size", "Should be at most 100; was more"),
        ("list_users", {"page_size": 0}, "page_size", "Should be at least 1; was less"),
        (
            "get_page",
            {"page_id": ID, "filter_properties": [""]},
            "filter_properties.0",
            "Should have at least 1 character; had 0",
        ),
        ("search", {"query": ["a"]}, "query", "Should be a string; was a list of 1"),
        (
            "search",
            {"filter": {"property": "object", "value": "pages"}},
            "filter.value",
            'Should be one of "page", "data_source"',
        ),
        ("append_block_children", {"block_id": ID, "children": []}, "children", "Should hold at least 1; held 0"),
        (
            "create_page",
            {"properties": {"Mein Titel": [{"text": {"content": "x" * 2001}}]}},
            "properties.Mein Titel.0.text.content",
            "Should have at most 2000 characters; had 2001",
        ),
        (
            "create_page",
            {"properties": {"🌱 Größe": {"title": "Plan"}}},
            "properties.🌱 Größe.title",
            'Should be a list; was a string of 4 characters. For example: [{"text": {"content": "Hello"}}]',
        ),
        (
            "create_comment",
            {"parent": {"page_id": ID}, "discussion_id": ID, "markdown": "x"},
            "",
            "Should hold exactly one of parent, discussion_id; held parent and discussion_id",
        ),
        (
            "create_comment",
            {"parent": {"page_id": ID}},
            "",
            "Should hold exactly one of rich_text, markdown; held none of them",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_problem_names_place_limit_and_what_was_given(tool: str, given: Json, place: str, message: str) -> None:
    assert [(where, what) for where, _, what in told(tool, **given)] == [(place, message)]


def test_what_is_missing_is_described() -> None:
    [(place, kind, message)] = told("get_page")
    assert (place, kind) == ("page_id", "missing")
    assert message.startswith("Is missing. Id of the page")

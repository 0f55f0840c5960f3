"""From a tool and its parameters to a request: what goes where, and what Notion would refuse."""

import re
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter

from ivgraph_auth.notion.errors import InvalidParameters, UnknownTool
from ivgraph_auth.notion.operations import MAX_BODY_BYTES, NotionRequest, request_of, schema_of, tool_of
from ivgraph_auth.notion.schemas import checked_schema
from ivgraph_auth.notion.tools import BY_NAME, TOOLS, Age
from tests.support.service import Json

OLD, MID, NEW = VERSIONS = ("2022-06-28", "2025-09-03", "2026-03-11")
ID = "0a0a0a0a-1111-4222-8333-44445555abcd"
OTHER = "0b0b0b0b-1111-4222-8333-44445555abcd"
TEXT = [{"text": {"content": "Hello"}}]
CHILD = {"paragraph": {"rich_text": TEXT}}


def problems(tool: str, parameters: Any, version: str = NEW) -> list[Any]:
    with pytest.raises(InvalidParameters) as caught:
        request_of(f"notion.{tool}", parameters, version)
    assert all(set(each) == {"loc", "msg", "type"} and each["msg"] for each in caught.value.errors)
    assert caught.value.__cause__ is None
    return [(".".join(map(str, each["loc"])), each["type"]) for each in caught.value.errors]


def deep(levels: int) -> Json:
    value: Json = {}
    for _ in range(levels):
        value = {"and": [value]}
    return value


def nested(width: int) -> Json:
    return {"toggle": {"rich_text": TEXT, "children": [CHILD] * width}}


# What goes where


@pytest.mark.parametrize("form", [ID, ID.upper(), ID.replace("-", ""), ID.replace("-", "").upper()])
def test_ids_come_out_dashed_and_in_lower_case(form: str) -> None:
    assert request_of("notion.getPage", {"page_id": form}, NEW) == NotionRequest("GET", f"/v1/pages/{ID}")
    body = request_of("notion.createPage", {"parent": {"page_id": form}, "properties": {}}, NEW).body
    assert body == {"parent": {"page_id": ID}, "properties": {}}
    assert request_of("notion.listComments", {"block_id": form}, NEW).target == f"/v1/comments?block_id={ID}"


@pytest.mark.parametrize(
    ("property_id", "sent"),
    [("%40Xyz", "%40Xyz"), ("title", "title"), ("a~b.c-d_e", "a~b.c-d_e"), ("a&b=c", "a%26b%3Dc"), ("50%", "50%25")],
)
def test_the_encoding_of_property_ids_is_left_alone(property_id: str, sent: str) -> None:
    given = {"page_id": ID, "filter_properties": [property_id, "x"]}
    assert request_of("notion.getPage", given, NEW).query == f"filter_properties={sent}&filter_properties=x"
    rows = {"data_source_id": ID, "filter": {"property": property_id}, "filter_properties": [property_id]}
    request = request_of("notion.queryDataSource", rows, NEW)
    assert (request.query, request.body) == (f"filter_properties={sent}", {"filter": {"property": property_id}})


def test_a_cursor_is_opaque_and_none_is_not_sent() -> None:
    given = {"block_id": ID, "start_cursor": "s:1/2&x", "page_size": 100}
    query = request_of("notion.getBlockChildren", given, NEW).query
    assert query == "start_cursor=s%3A1%2F2%26x&page_size=100"
    assert request_of("notion.getBlockChildren", {**given, "start_cursor": None}, NEW).query == "page_size=100"
    assert request_of("notion.search", {"start_cursor": None}, NEW).body == {}


def test_rows_and_their_source_before_data_sources() -> None:
    rows = request_of("notion.queryDataSource", {"data_source_id": ID, "page_size": 1}, OLD)
    assert (rows.method, rows.path, rows.body) == ("POST", f"/v1/databases/{ID}/query", {"page_size": 1})
    assert request_of("notion.getDataSource", {"data_source_id": ID}, OLD).path == f"/v1/databases/{ID}"
    for version in (MID, NEW):
        assert (
            request_of("notion.queryDataSource", {"data_source_id": ID}, version).path == f"/v1/data_sources/{ID}/query"
        )


def test_what_is_not_given_is_not_sent_and_null_is() -> None:
    assert request_of("notion.updatePage", {"page_id": ID, "icon": None}, NEW).body == {"icon": None}


def test_members_that_notion_adds_pass() -> None:
    block = {"hologram": {"depth": 3}, "type": "hologram"}
    request = request_of("notion.appendBlockChildren", {"block_id": ID, "children": [block]}, NEW)
    assert request.body == {"children": [block]}


# What differs between versions


@pytest.mark.parametrize(
    ("tool", "parameters", "allowed"),
    [
        ("search", {"filter": {"property": "object", "value": "database"}}, (OLD,)),
        ("search", {"filter": {"property": "object", "value": "data_source"}}, (MID, NEW)),
        ("search", {"filter": {"property": "object", "value": "page"}}, VERSIONS),
        ("createPage", {"parent": {"database_id": ID}, "properties": {}}, VERSIONS),
        ("createPage", {"parent": {"data_source_id": ID}, "properties": {}}, (MID, NEW)),
        ("createPage", {"parent": {"page_id": ID}}, (MID, NEW)),
        ("createPage", {"parent": {"page_id": ID}, "markdown": "# Hi"}, (MID, NEW)),
        ("updatePage", {"page_id": ID, "archived": True}, (OLD, MID)),
        ("updatePage", {"page_id": ID, "in_trash": True}, VERSIONS),
        ("updateBlock", {"block_id": ID, "archived": True}, (OLD, MID)),
        ("appendBlockChildren", {"block_id": ID, "children": [CHILD], "after": OTHER}, (OLD, MID)),
        ("appendBlockChildren", {"block_id": ID, "children": [CHILD], "position": {"type": "end"}}, (NEW,)),
        ("queryDataSource", {"data_source_id": ID, "result_type": "page"}, (MID, NEW)),
    ],
)
def test_each_version_takes_its_own(tool: str, parameters: Json, allowed: tuple[str, ...]) -> None:
    for version in VERSIONS:
        if version in allowed:
            request_of(f"notion.{tool}", parameters, version)
        else:
            assert problems(tool, parameters, version)


# What Notion would refuse

PARENT = {"parent": {"page_id": ID}}


@pytest.mark.parametrize(
    ("tool", "parameters", "told"),
    [
        ("getPage", {}, [("page_id", "missing")]),
        ("getPage", {"page_id": "nonsense"}, [("page_id", "notion_id")]),
        ("getPage", {"page_id": f"{ID}\n{ID}"}, [("page_id", "notion_id")]),
        ("getPage", {"page_id": f"{ID}/../users"}, [("page_id", "notion_id")]),
        ("getPage", {"page_id": 7}, [("page_id", "string_type")]),
        ("getPage", {"page_id": ID, "pageId": ID}, [("pageId", "extra_forbidden")]),
        ("getPage", {"page_id": ID, "<script>": 1}, [("<script>", "extra_forbidden")]),
        ("getPage", {"page_id": ID, "a\nb": 1}, [("?", "extra_forbidden")]),
        ("getPage", {"page_id": ID, "ntn_" + "x" * 40: 1}, [("?", "extra_forbidden")]),
        ("getPage", {"page_id": ID, "n" * 200: 1}, [("n" * 100 + "…", "extra_forbidden")]),
        ("getPage", {"page_id": ID, "filter_properties": ["x"] * 101}, [("filter_properties", "too_long")]),
        ("listUsers", {"page_size": 0}, [("page_size", "greater_than_equal")]),
        ("listUsers", {"page_size": 101}, [("page_size", "less_than_equal")]),
        ("listUsers", {"page_size": 10**12}, [("page_size", "less_than_equal")]),
        ("listUsers", {"page_size": 10**400}, [("page_size", "number_too_large")]),
        ("listUsers", {"page_size": True}, [("page_size", "int_type")]),
        ("listUsers", {"page_size": "five"}, [("page_size", "int_type")]),
        ("listUsers", {"page_size": 5.5}, [("page_size", "int_type")]),
        ("getPage", {"page_id": ""}, [("page_id", "notion_id")]),
        ("getPage", {"page_id": ID, "filter_properties": [""]}, [("filter_properties.0", "string_too_short")]),
        ("search", {"query": "a\0b"}, [("query", "text_not_valid")]),
        ("search", {"query": "\ud800"}, [("query", "text_not_valid")]),
        ("search", {"filter": {"property": "object", "value": "block"}}, [("filter.value", "literal_error")]),
        ("createPage", {"parent": {}}, [("parent", "members")]),
        ("createPage", {"parent": {"page_id": ID, "database_id": ID}}, [("parent", "members")]),
        ("createPage", {**PARENT, "children": [], "markdown": ""}, [("", "members")]),
        ("createPage", {**PARENT, "children": [CHILD] * 101}, [("children", "too_long")]),
        ("createPage", {**PARENT, "children": [nested(100)] * 10}, [("children", "too_many_blocks")]),
        (
            "createPage",
            {**PARENT, "properties": {"title": [{"text": {"content": "x" * 2001}}]}},
            [("properties.title.0.text.content", "string_too_long")],
        ),
        (
            "createPage",
            {**PARENT, "properties": {"Name": {"title": TEXT * 101}}},
            [("properties.Name.title", "too_long")],
        ),
        (
            "createPage",
            {**PARENT, "properties": {"To": {"relation": [{"id": "x"}]}}},
            [("properties.To.relation.0.id", "notion_id")],
        ),
        (
            "createPage",
            {**PARENT, "properties": {"a b": {"url": "x" * 2001}}},
            [("properties.a b.url", "string_too_long")],
        ),
        (
            "createPage",
            {**PARENT, "properties": {"To": {"people": [{}] * 101}}},
            [("properties.To.people", "too_long")],
        ),
        ("appendBlockChildren", {"block_id": ID, "children": []}, [("children", "too_short")]),
        (
            "appendBlockChildren",
            {"block_id": ID, "children": [{"paragraph": {"rich_text": [{}]}}]},
            [("children.0.paragraph.rich_text.0", "members")],
        ),
        (
            "appendBlockChildren",
            {"block_id": ID, "children": [{"equation": {"expression": "x" * 1001}}]},
            [("children.0.equation.expression", "string_too_long")],
        ),
        ("updateBlock", {"block_id": ID, "hologram": {}}, [("hologram", "extra_forbidden")]),
        ("queryDataSource", {"data_source_id": ID, "sorts": [{}]}, [("sorts.0", "members")]),
        ("queryDataSource", {"data_source_id": ID, "filter": {"or": [{}] * 101}}, [("filter.or", "too_long")]),
        ("createComment", {"rich_text": TEXT}, [("", "members")]),
        ("createComment", {**PARENT, "discussion_id": ID, "rich_text": TEXT}, [("", "members")]),
        ("createComment", PARENT, [("", "members")]),
        ("createComment", {**PARENT, "rich_text": TEXT, "attachments": [{}] * 4}, [("attachments", "too_long")]),
        ("getSelf", {"user_id": ID}, [("user_id", "extra_forbidden")]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_notion_would_refuse_is_told_with_its_place(tool: str, parameters: Json, told: list[Any]) -> None:
    assert problems(tool, parameters) == told


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", {1, 2}, object(), {7: "x"}, deep(60)])
def test_what_is_no_json_is_refused(value: Any) -> None:
    ((_, kind),) = problems("queryDataSource", {"data_source_id": ID, "filter": {"number": value}})
    assert kind in ("number_not_finite", "json_type", "too_deep")


def test_a_thousand_blocks_pass_and_the_body_has_a_limit() -> None:
    request_of("notion.createPage", {**PARENT, "children": [nested(99)] * 10}, NEW)
    huge = {"text": {"content": "x" * 2000}}
    children = [{"paragraph": {"rich_text": [huge] * 3}}] * 100
    assert len(str(children)) > MAX_BODY_BYTES
    assert problems("createPage", {**PARENT, "children": children}) == [("", "too_large")]


def test_no_error_repeats_what_was_sent() -> None:
    """Names of members are, since they say where; what they hold is not."""
    hushed = {"page_id": "hush-hush", "more": "hush", "filter_properties": [["hush"]]}
    with pytest.raises(InvalidParameters) as caught:
        request_of("notion.getPage", hushed, NEW)
    assert len(caught.value.errors) == 3
    assert "hush" not in f"{caught.value} {caught.value!r} {caught.value.errors}"


def test_only_so_many_problems_are_told() -> None:
    assert len(problems("createPage", {**PARENT, "children": ["x"] * 90})) == 20
    assert len(problems("search", {"query": ["\0"] * 90})) == 20


@pytest.mark.parametrize(
    ("tool_id", "close"),
    [
        ("notion.dropTables", ()),
        ("", ()),
        ("notion_", ()),
        ("x" * 100_000, ()),
        ("getPage", ("notion_get_page",)),
        ("notion.getpage", ("notion_get_page",)),
        ("notion_get_pages", ("notion_get_page",)),
        ("notion-create-page", ("notion_create_page",)),
        ("create_page", ("notion_create_page",)),
        ("Notion.QueryDatasource", ("notion_query_data_source",)),
        ("notion_append_block_childs", ("notion_append_block_children",)),
    ],
)
def test_an_unknown_tool(tool_id: str, close: tuple[str, ...]) -> None:
    with pytest.raises(UnknownTool) as caught:
        request_of(tool_id, {}, NEW)
    assert caught.value.close[:1] == close
    assert ("Did you mean" in str(caught.value)) is bool(close)
    with pytest.raises(UnknownTool):
        schema_of(tool_id, NEW)


def test_a_tool_has_a_name_that_every_model_takes_and_its_older_one() -> None:
    assert len(BY_NAME) == len(TOOLS)
    for tool in TOOLS.values():
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool.name)
        assert tool_of(tool.name) is tool_of(tool.id) is tool
        assert schema_of(tool.name, NEW) == schema_of(tool.id, NEW)
    assert request_of("notion_get_page", {"page_id": ID}, NEW) == request_of("notion.getPage", {"page_id": ID}, NEW)


# The table


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tool_id", TOOLS)
def test_every_schema_is_closed_and_names_what_the_path_needs(tool_id: str, version: str) -> None:
    schema = schema_of(tool_id, version)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)
    tool = TOOLS[tool_id]
    placed = {name for name in schema["properties"] if f"{{{name}}}" in tool.endpoint.path}
    assert placed <= set(schema.get("required", ()))
    assert tool.endpoint.path.count("{") == len(placed)
    assert set(tool.query) <= set(schema["properties"])


def test_which_tools_write() -> None:
    writing = {tool.id.removeprefix("notion.") for tool in TOOLS.values() if tool.endpoint.writes}
    assert writing == {
        "createPage",
        "updatePage",
        "appendBlockChildren",
        "updateBlock",
        "deleteBlock",
        "createComment",
    } | {
        "updateComment",
        "deleteComment",
        "createMeetingNote",
    }
    for tool in TOOLS.values():
        assert tool.description.endswith(".")
        assert tool.endpoint.writes or tool.endpoint.method in ("GET", "POST")
        needs = {"insert", "update"} if tool.endpoint.writes else {"read"}
        assert tool.endpoint.capability is None or tool.endpoint.capability.partition("_")[0] in needs


@pytest.mark.parametrize("tool_id", TOOLS)
def test_no_type_holds_a_validator_since_it_would_not_be_run(tool_id: str) -> None:
    """A tool's arguments are checked by the schema that is made of its type."""
    tool = TOOLS[tool_id]
    for age in Age:
        assert (
            set(re.findall(r"'type': '(function-[a-z]+)'", str(TypeAdapter(tool.takes_at(age)).core_schema))) == set()
        )


def test_what_would_not_be_checked_is_refused_when_the_schema_is_made() -> None:
    with pytest.raises(ValueError, match="No check for multipleOf"):
        checked_schema(Annotated[int, Field(multiple_of=5)])

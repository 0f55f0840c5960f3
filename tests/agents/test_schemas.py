"""What tools say they take and answer, and arguments as models send them."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ivgraph_auth.agents.arguments import read_reference
from ivgraph_auth.agents.errors import InvalidArguments
from ivgraph_auth.agents.models import AgentTool, read_arguments
from ivgraph_auth.agents.table import AGENT_TOOLS
from tests.agents.kit import bare
from tests.notion.argument_strategies import as_asked_for, as_models_write
from tests.notion.tool_rules import of_any

ID = "7a4ba646-0ee0-4a09-8c0e-12bc72c71a45"
COMBINATORS = {"anyOf", "oneOf", "allOf", "not", "$ref", "$defs"}
TOOLS = pytest.mark.parametrize("tool", AGENT_TOOLS.values(), ids=lambda tool: tool.name)


def members_of(schema: Any) -> set[str]:
    """Every word of JSON Schema that it uses."""
    if isinstance(schema, list):
        return set().union(*map(members_of, schema))
    if not isinstance(schema, dict):
        return set()
    inner = [each for name, each in schema.items() if name not in ("properties", "default", "examples", "enum")]
    named = schema.get("properties", {}).values() if isinstance(schema.get("properties"), dict) else ()
    return set(schema).union(*map(members_of, [*inner, *named]))


@TOOLS
def test_input_schemas_are_plain(tool: AgentTool) -> None:
    schema = tool.input_schema
    assert [*of_any(tool.name, tool.description, dict(schema))] == []
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert not members_of(schema) & COMBINATORS
    for name, parameter in schema.get("properties", {}).items():
        assert parameter["description"], name
        assert "type" in parameter, name
        assert None not in parameter.get("enum", ())
    for edit in (each for each in schema.get("properties", {}).values() if "properties" in each.get("items", {})):
        assert all(member["description"] for member in edit["items"]["properties"].values())


@TOOLS
def test_output_schemas_are_plain(tool: AgentTool) -> None:
    assert tool.output_schema["type"] == "object"
    assert not members_of(tool.output_schema) & COMBINATORS


@TOOLS
def test_descriptions_are_short_and_names_are_what_apis_take(tool: AgentTool) -> None:
    assert re.fullmatch(r"[a-z_]{1,64}", tool.name)
    assert 20 < len(tool.description) < 400
    assert tool.title
    assert tool.destructive <= tool.writes


def test_the_list_of_tools_is_small() -> None:
    """Clients cut at 40, and each costs tokens."""
    assert len(AGENT_TOOLS) <= 15
    assert list(AGENT_TOOLS)[:2] == ["search", "fetch"]


@pytest.mark.parametrize(
    ("tool", "given", "member", "taken"),
    [
        ("search", {"query": "a", "limit": 5.0, "type": None, "cursor": None}, "limit", 5),
        ("search", {"query": "a", "limit": "5"}, "limit", 5),
        ("fetch", {"id": bare(ID).upper()}, "id", ID),
        ("fetch", {"id": f"https://www.notion.so/x/Handbook-{bare(ID)}?v=1"}, "id", ID),
        ("query", {"data_source": ID, "filter": '{"a": 1}'}, "filter", {"a": 1}),
        ("query", {"data_source": ID, "sorts": {"property": "a"}}, "sorts", [{"property": "a"}]),
        ("query", {"data_source": ID, "sorts": '[{"property": "a"}]'}, "sorts", [{"property": "a"}]),
        ("query", {"data_source": ID, "properties": "Stage"}, "properties", ["Stage"]),
        ("query", {"data_source": ID, "properties": '["a", "b"]'}, "properties", ["a", "b"]),
        ("update_page", {"id": ID, "in_trash": "true"}, "in_trash", True),
        ("update_page", {"id": ID, "properties": {"Due": None}}, "properties", {"Due": None}),
    ],
    ids=str,
)
def test_arguments_as_models_send_them(tool: str, given: dict[str, Any], member: str, taken: Any) -> None:
    assert getattr(read_arguments(AGENT_TOOLS[tool], given), member) == taken


@pytest.mark.parametrize(
    ("tool", "given", "told"),
    [
        ("search", {}, "query: Field required"),
        ("search", {"query": "a", "limit": 51}, "limit: "),
        ("search", {"query": "a", "workspce": "b"}, "workspce: "),
        ("search", {"query": "a\x00"}, "query: Should hold no NUL"),
        ("fetch", {"id": "the handbook"}, "id: Should be an id"),
        ("fetch", {"id": ID, "max_chars": 99}, "max_chars: "),
        ("query", {"data_source": ID, "filter": "Stage = Done"}, "filter: "),
        ("changes", {"since": "last week"}, "since: Should be a date or a time"),
        ("comment", {"id": ID, "text": "a", "idempotency_key": "a\tb"}, "idempotency_key: "),
    ],
    ids=str,
)
def test_a_refusal_names_the_place(tool: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArguments) as refused:
        read_arguments(AGENT_TOOLS[tool], given)
    assert told in refused.value.detail
    assert all(each["loc"] and each["msg"] for each in refused.value.extra["errors"])


OTHER = "0a0a0a0a-1111-4222-8333-44445555abcd"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        bare(ID).upper(),
        f" <{ID}> ",
        f"https://www.notion.so/x/Handbook-{bare(ID)}?v={bare(OTHER)}#{bare(OTHER)}",
        f"https://app.notion.com/p/{bare(OTHER)}?p={bare(ID)}",
        f"notion://page/{ID}",
        f"[Handbook](notion://page/{ID})",
        f"the page {ID}",
    ],
)
def test_what_is_a_reference(text: str) -> None:
    assert str(read_reference(text)) == ID


@pytest.mark.parametrize("text", ["", "nothing", ID[:-1], bare(ID) + "0", f"{ID} or {OTHER}"])
def test_what_is_no_reference(text: str) -> None:
    assert read_reference(text) is None


# What a schema in the form that every model's API takes cannot say, and descriptions do.
IN_WORDS = {
    "notion_id",
    "moment",
    "either_or",
    "nothing",
    "url",
    "base64",
    "string_pattern_mismatch",
    "idempotency_key",
}
often = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@TOOLS
@often
@given(data=st.data())
def test_what_the_schema_allows_is_refused_for_what_words_say_alone(tool: AgentTool, data: st.DataObject) -> None:
    arguments = data.draw(as_asked_for(dict(tool.input_schema)))
    assert Draft202012Validator(tool.input_schema).is_valid(arguments)
    try:
        read_arguments(tool, arguments)
    except InvalidArguments as refused:
        assert {each["type"] for each in refused.extra["errors"]} <= IN_WORDS, refused  # noqa: PT017 -- or none


@pytest.mark.slow
@TOOLS
@often
@given(data=st.data())
def test_whatever_is_sent_is_taken_or_refused_by_place(tool: AgentTool, data: st.DataObject) -> None:
    arguments = data.draw(as_models_write(dict(tool.input_schema)))
    if not isinstance(arguments, dict):
        return
    try:
        taken = read_arguments(tool, arguments)
    except InvalidArguments as refused:
        assert refused.extra["errors"]  # noqa: PT017 -- or none
    else:
        assert Draft202012Validator(tool.input_schema).is_valid(taken.model_dump(exclude_unset=True))

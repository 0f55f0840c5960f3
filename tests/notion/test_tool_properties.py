"""What the published schemas say, and what is taken, are the same: of every tool, on every version of Notion's API."""

from functools import cache

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ivgraph_auth.notion.arguments import read_arguments
from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.forms.openai import responses_tool
from ivgraph_auth.notion.operations import request_of, schema_of
from ivgraph_auth.notion.published import PublishedTool, published_tools
from ivgraph_auth.notion.schemas import checked_schema
from ivgraph_auth.notion.tools import TOOLS, age_of
from tests.notion.argument_strategies import as_asked_for, as_models_write, with_one_other_place
from tests.support.service import Json

pytestmark = pytest.mark.slow

VERSIONS = ("2022-06-28", "2025-09-03", "2026-03-11")
# What JSON Schema cannot say in the form that every model's API takes; descriptions do.
SAID_IN_WORDS = {"members", "too_many_blocks", "too_large"}
every_tool = pytest.mark.parametrize("tool_id", TOOLS)
every_version = pytest.mark.parametrize("version", VERSIONS)
often = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def validator(tool_id: str, version: str) -> Draft202012Validator:
    schema = schema_of(tool_id, version)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@cache
def checked(tool_id: str, version: str) -> Json:
    return checked_schema(TOOLS[tool_id].takes_at(age_of(version)))


@every_version
@every_tool
@often
@given(data=st.data())
def test_what_the_schema_allows_is_refused_for_what_words_say_alone(
    tool_id: str, version: str, data: st.DataObject
) -> None:
    arguments: Json = data.draw(as_asked_for(schema_of(tool_id, version)))
    assert validator(tool_id, version).is_valid(arguments)
    try:
        request_of(tool_id, arguments, version)
    except InvalidParameters as refused:
        assert {each["type"] for each in refused.errors} <= SAID_IN_WORDS, refused  # noqa: PT017 -- or none at all


@every_version
@every_tool
@often
@given(data=st.data())
def test_what_is_taken_the_schema_allows(tool_id: str, version: str, data: st.DataObject) -> None:
    schema = schema_of(tool_id, version)
    arguments: Json = data.draw(with_one_other_place(schema) | as_models_write(schema))
    assume(isinstance(arguments, dict))
    try:
        taken = read_arguments(checked(tool_id, version), arguments)
    except InvalidParameters:
        return
    assert [*validator(tool_id, version).iter_errors(taken)] == []
    # Read once more, it stays as it is.
    assert read_arguments(checked(tool_id, version), taken) == taken


@pytest.mark.parametrize("tool", [tool for tool in published_tools(VERSIONS[-1]) if responses_tool(tool)["strict"]])
@often
@given(data=st.data())
def test_what_a_strict_schema_makes_a_model_send_is_taken(tool: PublishedTool, data: st.DataObject) -> None:
    """With null for all that is optional."""
    arguments: Json = data.draw(as_asked_for(responses_tool(tool)["parameters"]))
    try:
        request_of(tool.name, arguments, VERSIONS[-1])
    except InvalidParameters as refused:
        assert {each["type"] for each in refused.errors} <= SAID_IN_WORDS | {"string_too_short"}, refused  # noqa: PT017 -- or none at all

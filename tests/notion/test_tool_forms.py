"""Every tool, in the form of every API of models, keeps that API's rules (`tool_rules.py`)."""

import json

import pytest

from ivgraph_auth.notion.forms.table import FORMS
from ivgraph_auth.notion.published import PublishedTool, published_tools
from tests.notion import tool_rules as rules

NEW = "2026-03-11"
TOOLS = [tool for version in ("2022-06-28", "2025-09-03", NEW) for tool in published_tools(version)]
every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def newest(name: str) -> PublishedTool:
    return next(tool for tool in published_tools(NEW) if tool.name == name)


@every_tool
def test_every_form_keeps_the_rules(tool: PublishedTool) -> None:
    broken = {
        "published": [*rules.of_any(tool.name, tool.description, tool.parameters)],
        "openai": [*rules.of_openai(FORMS["openai"](tool))],
        "openai-chat": [*rules.of_openai(FORMS["openai-chat"](tool)["function"])],
        "anthropic": [*rules.of_anthropic(FORMS["anthropic"](tool))],
        "gemini": [*rules.of_gemini(FORMS["gemini"](tool))],
        "mcp": [*rules.of_mcp(FORMS["mcp"](tool))],
    }
    assert {form: told for form, told in broken.items() if told} == {}
    assert FORMS.keys() == broken.keys() - {"published"}


def test_what_has_no_names_of_the_workspace_in_it_is_strict() -> None:
    loose = {tool.name for tool in published_tools(NEW) if not FORMS["openai"](tool)["strict"]}
    assert loose == {
        "notion_create_page", "notion_update_page", "notion_append_block_children", "notion_update_block",
        "notion_query_data_source", "notion_create_comment", "notion_update_comment", "notion_query_meeting_notes",
        "notion_create_meeting_note",
    }  # fmt: skip


def test_openais_two_forms() -> None:
    flat, nested = (FORMS[form](newest("notion_get_page")) for form in ("openai", "openai-chat"))
    assert nested == {"type": "function", "function": {name: item for name, item in flat.items() if name != "type"}}
    assert flat["type"] == "function"
    members = flat["parameters"]["properties"]
    assert flat["parameters"]["required"] == ["page_id", "filter_properties"]
    assert (members["page_id"]["type"], members["filter_properties"]["type"]) == ("string", ["array", "null"])
    search = FORMS["openai"](newest("notion_search"))["parameters"]["properties"]
    assert search["sort"]["properties"]["direction"]["enum"] == ["ascending", "descending", None]
    assert search["sort"]["type"] == ["object", "null"]


def test_gemini_gets_objects_of_free_names_as_json_in_a_string() -> None:
    declared = FORMS["gemini"](newest("notion_create_page"))["parameters"]["properties"]
    assert declared["properties"]["type"] == "STRING"
    assert "JSON in a string" in declared["properties"]["description"]
    assert declared["children"]["items"]["type"] == "STRING"
    assert declared["parent"]["properties"]["workspace"] == {
        "type": "BOOLEAN",
        "description": "true: a private page at the top of the workspace.",
    }
    assert declared["icon"]["nullable"] is True
    assert "parameters" not in FORMS["gemini"](newest("notion_get_self"))


def test_mcp_is_told_what_a_tool_does() -> None:
    hints = {tool.name: FORMS["mcp"](tool)["annotations"] for tool in published_tools(NEW)}
    told = {
        name: (hint["readOnlyHint"], hint["destructiveHint"], hint["idempotentHint"]) for name, hint in hints.items()
    }
    assert told["notion_search"] == (True, False, True)
    assert told["notion_create_page"] == told["notion_append_block_children"] == (False, False, False)
    assert told["notion_create_comment"] == (False, False, False)
    assert (
        told["notion_update_page"] == told["notion_update_block"] == told["notion_delete_block"] == (False, True, True)
    )
    titles = {tool.name: tool.title for tool in published_tools(NEW)}
    assert titles["notion_query_data_source"] == "Query data source"
    assert titles["notion_get_page_markdown"] == "Get page as Markdown"


def test_what_the_schema_cannot_say_is_in_the_description() -> None:
    assert "Exactly one of parent, discussion_id." in newest("notion_create_comment").description
    assert "At most one of children, markdown." in newest("notion_create_page").description
    parent = newest("notion_create_page").parameters["properties"]["parent"]
    assert parent["description"] == (
        "Where the page is made. Exactly one of page_id, database_id, data_source_id, workspace."
    )
    children = newest("notion_append_block_children").parameters["properties"]["children"]
    assert children["description"].endswith("At most 1000 in all, nested ones included.")


def test_the_whole_table_costs_a_model_no_more_than_so_much() -> None:
    """Every turn carries it."""
    sizes = {tool.name: len(json.dumps(FORMS["anthropic"](tool), ensure_ascii=False)) for tool in published_tools(NEW)}
    assert max(sizes.values()) < 17_000, sizes
    assert sum(sizes.values()) < 70_000, sizes

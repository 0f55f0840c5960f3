"""The tools' JSON Schemas, read by an independent validator: it refuses what we refuse, and takes what we take."""

from typing import Any

import pytest

from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.operations import request_of, schema_of
from ivgraph_auth.notion.tools import TOOLS
from tests.integrations.test_binding import CALLS
from tests.notion.test_operations import CHILD, ID, NEW, OLD, PARENT, TEXT
from tests.support.service import Json

jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="comes with the interop extra")

pytestmark = pytest.mark.interop


def taken(tool_id: str, parameters: Json, version: str = NEW) -> bool:
    validator = jsonschema_rs.Draft202012Validator(schema_of(tool_id, version))
    return bool(validator.is_valid(parameters))


@pytest.mark.parametrize(("tool_id", "call"), list(zip(TOOLS, CALLS, strict=True)), ids=lambda value: str(value)[:30])
def test_what_we_take_it_takes(tool_id: str, call: Any) -> None:
    assert taken(tool_id, call[1])


@pytest.mark.parametrize(
    ("tool", "parameters"),
    [
        ("getPage", {}),
        ("getPage", {"page_id": "nonsense"}),
        ("getPage", {"page_id": ID, "more": 1}),
        ("listUsers", {"page_size": 101}),
        ("search", {"filter": {"property": "object", "value": "database"}}),
        ("createPage", {**PARENT, "children": [CHILD] * 101}),
        ("createPage", {**PARENT, "properties": {"title": [{"text": {"content": "x" * 2001}}]}}),
        ("createPage", {**PARENT, "properties": {"Due": None}}),
        ("createPage", {**PARENT, "children": [{"toggle": {"children": [{"code": {"rich_text": "x"}}]}}]}),
        ("queryDataSource", {"data_source_id": ID, "filter": {"and": [{"or": [{}] * 101}]}}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_we_refuse_it_refuses(tool: str, parameters: Json) -> None:
    assert not taken(f"notion.{tool}", parameters)


@pytest.mark.parametrize(
    ("tool", "parameters"),
    [
        ("createPage", {"parent": {}}),
        ("createPage", {**PARENT, "children": [], "markdown": ""}),
        ("createComment", {**PARENT, "discussion_id": ID, "rich_text": TEXT}),
        ("createPage", {**PARENT, "children": [{"code": {"rich_text": [{}]}}]}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_only_words_say_we_refuse_alone(tool: str, parameters: Json) -> None:
    """How many of some members an object holds: the APIs of models take no combinators that would say it."""
    assert taken(f"notion.{tool}", parameters)
    with pytest.raises(InvalidParameters) as caught:
        request_of(f"notion.{tool}", parameters, NEW)
    assert {each["type"] for each in caught.value.errors} == {"members"}


def test_each_version_has_its_own() -> None:
    asked = {"filter": {"property": "object", "value": "database"}}
    assert taken("notion.search", asked, OLD)
    assert not taken("notion.search", asked, NEW)

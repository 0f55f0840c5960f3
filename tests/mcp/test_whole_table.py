"""`/mcp?tools=all`: beside the few tools, one for each call of Notion's."""

import re

import pytest

from ivgraph_auth.notion.tools import TOOLS
from ivgraph_auth.sandbox.content.lighthouse import ROADMAP
from tests.mcp.kit import Caller, caller
from tests.support.service import Json, Service

ALL = "/mcp?tools=all"


@pytest.fixture
async def ada(shared_service: Service) -> Caller:
    shared_service.sandbox.instance.calls.clear()
    return await caller(shared_service, "notion:read", "notion:write", address=ALL)


async def listed(by: Caller) -> dict[str, Json]:
    return {tool["name"]: tool for tool in (await by.ask("tools/list")).json()["result"]["tools"]}


async def test_it_lists_notions_calls_that_the_scopes_allow(ada: Caller) -> None:
    tools = await listed(ada)
    ours = {tool.name for tool in TOOLS.values()}
    assert {"notion_get_page", "notion_create_page", "query", "whoami"} <= set(tools)
    assert ours - set(tools) == {
        "notion_create_comment",
        "notion_update_comment",
        "notion_delete_comment",
    }
    for name, tool in tools.items():
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)
        assert tool["inputSchema"]["type"] == "object"
    assert "idempotency_key" in tools["notion_create_page"]["inputSchema"]["properties"]
    assert "idempotency_key" not in tools["notion_get_page"]["inputSchema"]["properties"]


async def test_without_it_none_of_them_is_there(shared_service: Service) -> None:
    few = await caller(shared_service, "notion:read", "notion:write")
    assert not [name for name in await listed(few) if name.startswith("notion_")]


async def test_an_answer_is_notions_object_and_is_cut_where_it_is_too_long(ada: Caller) -> None:
    whole = await ada.call("notion_get_page", page_id=ROADMAP)
    assert whole["structuredContent"]["id"] == ROADMAP
    cut = await ada.call("notion_get_page", page_id=ROADMAP, max_chars=100)
    assert cut["structuredContent"]["cut"] is True
    assert "[Cut here: 100 of" in cut["content"][0]["text"]


async def test_a_workspace_may_be_named(ada: Caller) -> None:
    named = await ada.call("notion_get_page", page_id=ROADMAP, workspace="lighthouse studio")
    assert named["structuredContent"]["id"] == ROADMAP
    other = await ada.call("notion_get_page", page_id=ROADMAP, workspace="Nowhere")
    assert (other["isError"], other["structuredContent"]["code"]) == (True, "unknown_workspace")


async def test_a_write_under_a_key_runs_once(ada: Caller, shared_service: Service) -> None:
    asked = {"page_id": ROADMAP, "icon": {"type": "emoji", "emoji": "🧭"}, "idempotency_key": "one key"}
    first = await ada.call("notion_update_page", **asked)
    again = await ada.call("notion_update_page", **asked)
    assert first["structuredContent"] == again["structuredContent"]
    assert [call.method for call in shared_service.sandbox.instance.calls].count("PATCH") == 1
    other = await ada.call("notion_update_page", **{**asked, "icon": {"type": "emoji", "emoji": "🗺️"}})
    assert other["structuredContent"]["code"] == "idempotency_key_reused"


async def test_what_notion_would_refuse_is_told_with_its_place(ada: Caller) -> None:
    refused = await ada.call("notion_get_page", page_id="no id")
    told = refused["structuredContent"]
    assert (refused["isError"], told["code"], told["errors"][0]["loc"]) == (True, "invalid_parameters", ["page_id"])
    assert told["next"]

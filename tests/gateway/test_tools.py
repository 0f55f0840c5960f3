"""Tools: what they give, and what each refusal looks like."""

import asyncio

import pytest

from ivgraph_auth.notion.forms.table import FORMS
from ivgraph_auth.notion.published import published_tools
from ivgraph_auth.notion.tools import TOOLS
from ivgraph_auth.sandbox.content.lighthouse import GUIDE, PRIVATE
from ivgraph_auth.sandbox.people import NOTEBOOK
from tests.connect.kit import connected, remove
from tests.gateway.kit import INVOKE, ME, NOBODYS, Agent, error_of, let_pass, new_page
from tests.support.service import Json, Service, Session

GUIDE_ID, GUIDE_HEX = str(GUIDE), str(GUIDE).replace("-", "")


async def test_the_list_has_every_tool_with_its_schema_and_scope(agent: Agent) -> None:
    answer = await agent.owner.client.get("/api/v1/tools", headers=agent.headers)
    assert answer.status_code == 200
    tools = answer.json()["results"]
    assert [tool["id"] for tool in tools] == [tool.name for tool in TOOLS.values()]
    for tool in tools:
        writing = ("notion:comment" if "omment" in tool["id"] else "notion:write") if tool["writes"] else "notion:read"
        assert tool["scope"] == writing
        assert tool["parameters"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert tool["parameters"]["type"] == "object"
        assert tool["description"]
        assert tool["title"]
    assert {tool["id"] for tool in tools if tool["writes"]} == {
        "notion_create_page", "notion_update_page", "notion_append_block_children", "notion_update_block",
        "notion_delete_block", "notion_create_comment", "notion_update_comment", "notion_delete_comment",
        "notion_create_meeting_note",
    }  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
async def test_the_list_in_the_form_of_each_api(agent: Agent, form: str) -> None:
    answer = await agent.owner.client.get("/api/v1/tools", params={"for": form}, headers=agent.headers)
    assert answer.status_code == 200
    assert answer.json() == {
        "results": [FORMS[form](tool) for tool in published_tools("2026-03-11")],
        "next_cursor": None,
    }


async def test_another_form_is_refused_with_those_that_there_are(agent: Agent) -> None:
    for asked in ("", "mistral", "OpenAI"):
        answer = await agent.owner.client.get("/api/v1/tools", params={"for": asked}, headers=agent.headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
        [problem] = answer.json()["errors"]
        assert problem["loc"] == ["query", "for"]
        assert all(form in problem["msg"] for form in FORMS)


@pytest.mark.parametrize(
    "parameters",
    [
        {"page_id": GUIDE_ID},
        {"page_id": GUIDE_HEX.upper()},
        {"page_id": f"https://www.notion.so/Guide-{GUIDE_HEX}?v={'0' * 32}#{'1' * 32}"},
        {"page_id": GUIDE_ID, "filter_properties": None},
        {"page_id": GUIDE_ID, "filter_properties": '["title"]'},
        f'{{"page_id": "{GUIDE_ID}"}}',
    ],
    ids=lambda value: str(value)[:60],
)
async def test_arguments_are_taken_as_models_send_them(agent: Agent, parameters: Json) -> None:
    answer = await agent.invoke("notion_get_page", parameters)
    assert answer.status_code == 200
    assert answer.json()["result"]["id"] == GUIDE_ID


async def test_the_older_names_go_on_working(agent: Agent) -> None:
    """Both are one tool, for the audit trail and under an idempotency key."""
    page, key = new_page(GUIDE_ID), {"Idempotency-Key": "both names"}
    first = await agent.invoke("notion.createPage", page, headers=key)
    again = await agent.invoke("notion_create_page", page, headers=key)
    assert first.status_code == again.status_code == 200
    assert first.json()["result"] == again.json()["result"]
    assert {row["operation"] for row in await agent.trail()} == {"notion.createPage"}


async def test_a_near_miss_is_told(agent: Agent) -> None:
    for asked in ("notion_create_pages", "createPage", "notion.create_page"):
        error = error_of(await agent.invoke(asked, {}))
        assert error["code"] == "unknown_tool"
        assert "Did you mean notion_create_page" in error["message"]
    assert "mean" not in error_of(await agent.invoke("weather", {}))["message"]


async def test_a_refusal_says_what_would_do(agent: Agent) -> None:
    asked = {"page_id": GUIDE_ID, "properties": {"Fällig am": {"date": "tomorrow, hush"}, "Größe": {"number": "big"}}}
    answer = await agent.invoke("notion_update_page", asked)
    error = error_of(answer)
    assert [each["loc"] for each in error["errors"]] == [
        ["properties", "Fällig am", "date"],
        ["properties", "Größe", "number"],
    ]
    assert error["errors"][0]["msg"] == (
        'Should be an object or null; was a string of 14 characters. For example: {"start": "2026-04-10"}'
    )
    assert "Fällig am" in error["message"]
    assert "hush" not in answer.text


# Without a tenant


async def test_a_credential_of_one_connection_needs_no_tenant(agent: Agent) -> None:
    for body in ({"toolId": "notion_get_self"}, {"toolId": "notion_get_self", "tenantId": None}):
        answer = await agent.owner.client.post(INVOKE, json=body, headers=agent.headers)
        assert answer.status_code == 200
    assert [row["tenant_id"] for row in await agent.trail()] == [agent.tenant] * 2


async def test_where_there_are_several_they_are_named(service: Service, ada: Session) -> None:
    await connected(service, ada, "notes", workspace="notebook")
    ada.me = (await ada.client.get("/api/auth/me/", headers=ada.bearer)).json()
    lighthouse = next(each["id"] for each in ada.me["workspaces"] if each["id"] != NOTEBOOK.id)
    both = await Agent.of(service, ada, workspace_ids=[lighthouse, NOTEBOOK.id])
    both.forget()
    answer = await ada.client.post(INVOKE, json={"toolId": "notion_get_self"}, headers=both.headers)
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (400, "unclear_tenant")
    assert "tenantId" in error["message"]
    assert [step["call"]["body"]["tenantId"] for step in error["next"] if "call" in step] == [lighthouse, "notes"]
    assert both.asked() == []
    one = await Agent.of(service, ada, workspace_ids=[NOTEBOOK.id])
    assert (await ada.client.post(INVOKE, json={"toolId": "notion_get_self"}, headers=one.headers)).status_code == 200
    assert (await one.trail())[-1]["tenant_id"] == "notes"
    await remove(ada, "notes")
    answer = await ada.client.post(INVOKE, json={"toolId": "notion_get_self"}, headers=one.headers)
    assert (answer.status_code, error_of(answer)["code"]) == (403, "workspace_not_allowed")


async def test_the_documented_example_works(service: Service, ada: Session) -> None:
    """Phase 5 of the gateway's document, with a tenant of a name of its own."""
    await connected(service, ada, "user123")
    agent = await Agent.of(service, ada)
    answer = await ada.client.post(
        INVOKE,
        headers=agent.headers,
        json={
            "toolId": "notion_create_page",
            "integration": "notion",
            "tenantId": "user123",
            "parameters": {
                "parent": {"page_id": GUIDE_ID},
                "properties": {"title": [{"text": {"content": "My New Page"}}]},
            },
        },
    )
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"success", "result", "metadata"}
    assert told["success"] is True
    assert told["result"]["properties"]["title"]["title"][0]["plain_text"] == "My New Page"
    assert told["result"]["request_id"] == told["metadata"]["notionRequestId"]
    assert told["metadata"]["requestId"] == answer.headers["x-request-id"]
    assert told["metadata"]["attempts"] == 1
    assert isinstance(told["metadata"]["latency"], int)
    again = await agent.invoke("notion_get_page", {"page_id": told["result"]["id"]}, tenant="user123")
    assert again.json()["result"]["url"] == told["result"]["url"]


async def test_a_session_may_call_too(agent: Agent) -> None:
    body = {"toolId": "notion_get_self", "tenantId": agent.tenant}
    answer = await agent.owner.client.post(INVOKE, json=body, headers=agent.owner.bearer)
    assert answer.status_code == 200
    assert (await agent.trail())[-1]["actor"]["kind"] == "session"


async def test_every_answer_tells_what_is_left(agent: Agent) -> None:
    await agent.invoke(*ME)
    # As if 20 had been taken a moment ago: the bucket fills by the database's clock meanwhile.
    await agent.service.execute("UPDATE grant_budgets SET full_at = clock_timestamp() + interval '6.666 seconds'")
    answers = [await agent.invoke(*ME), await agent.invoke("notion_get_page", {"page_id": "x"})]
    for answer in answers:
        assert int(answer.headers["x-ivgraph-budget-remaining"]) in range(9, 19)
        assert int(answer.headers["x-ivgraph-budget-reset"]) in range(4, 8)
    await let_pass(agent.service, 60)
    assert (await agent.invoke(*ME)).headers["x-ivgraph-budget-remaining"] == "29"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"[]", 422, "validation_error"),
        (b"{}", 422, "validation_error"),
        (b'{"toolId": 1, "tenantId": "x"}', 422, "validation_error"),
        (b'{"toolId": "notion_get_self", "tenantId": "a b"}', 422, "validation_error"),
        (b'{"toolId": "notion_get_self", "tenantId": ""}', 422, "validation_error"),
        (b'{"toolId": "notion_get_self", "tenantId": "x", "more": 1}', 422, "validation_error"),
        (b'{"toolId": "notion_get_self", "tenantId": "x", "integration": "other"}', 422, "validation_error"),
        (b'{"toolId": "notion_get_self", "tenantId": "x", "parameters": []}', 422, "validation_error"),
        (b'{"toolId": "notion_get_self", "tenantId": "x", "parameters": "{"}', 422, "validation_error"),
        (b'{"toolId": "notion_get_self", "tenantId": "x", "parameters": "query"}', 422, "validation_error"),
        (b'{"toolId": "notion_get_self", "tenantId": "\\u0000"}', 422, "validation_error"),
        (b'{"toolId": "\\u0000", "tenantId": "x"}', 404, "unknown_tool"),
        (b'{"toolId": "notion_nothing", "tenantId": "x"}', 404, "unknown_tool"),
        (b'{"toolId": "notion_get_self", "tenantId": "nobodys"}', 404, "unknown_tenant"),
        (b"x" * (1024 * 1024 + 1), 413, "content_too_large"),
    ],
)
async def test_what_cannot_be_read_is_told_in_the_envelope(agent: Agent, body: bytes, status: int, code: str) -> None:
    agent.forget()
    headers = {**agent.headers, "Content-Type": "application/json"}
    answer = await agent.owner.client.post(INVOKE, content=body, headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)
    assert agent.asked() == []


async def test_without_a_credential_the_envelope_says_so(agent: Agent) -> None:
    for headers, code in (({}, "not_authenticated"), ({"Authorization": "Bearer ivg_x"}, "token_not_valid")):
        answer = await agent.owner.client.post(INVOKE, json={}, headers=headers)
        assert (answer.status_code, error_of(answer)["code"]) == (401, code)
        assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "parameters", [{}, {"page_id": "x"}, {"page_id": GUIDE_ID, "more": 1}, {"page_id": "\x00"}, {"page_id": 10**12}]
)
async def test_what_notion_would_refuse_is_refused_before(agent: Agent, parameters: dict[str, object]) -> None:
    agent.forget()
    answer = await agent.invoke("notion_get_page", parameters)
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (422, "invalid_parameters")
    assert error["errors"][0]["loc"][0] in ("page_id", "more")
    assert agent.asked() == []


async def test_notions_own_refusal_comes_as_it_is(agent: Agent) -> None:
    for page in (NOBODYS, str(PRIVATE)):
        answer = await agent.invoke("notion_get_page", {"page_id": page})
        error = error_of(answer)
        assert (answer.status_code, error["code"]) == (404, "object_not_found")
        assert error["message"].startswith("Could not find page with ID")
        assert error["notionRequestId"] == answer.json()["metadata"]["notionRequestId"]


@pytest.mark.parametrize("seconds", ["0", "121", "-1", "1.5", "x", "", "10000000000000"])
async def test_a_timeout_that_makes_no_sense_is_refused(agent: Agent, seconds: str) -> None:
    answer = await agent.invoke(*ME, headers={"X-Ivgraph-Timeout": seconds})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_request")


async def test_a_capability_that_notion_is_known_to_withhold_is_told_before_it_is_asked(agent: Agent) -> None:
    await agent.service.execute("UPDATE grants SET capabilities = ARRAY['read_content', 'read_user_with_email']")
    agent.forget()
    answer = await agent.invoke("notion_create_page", new_page(GUIDE_ID))
    assert (answer.status_code, error_of(answer)["code"]) == (403, "missing_capability")
    assert "insert_content" in error_of(answer)["message"]
    assert agent.asked() == []
    assert (await agent.invoke("notion_list_users", {})).status_code == 200
    assert (await agent.invoke("notion_get_page", {"page_id": GUIDE_ID})).status_code == 200


async def test_connections_tell_how_often_they_were_used(agent: Agent) -> None:
    for _ in range(3):
        await agent.invoke(*ME)
    await agent.notion("GET", "users/me")
    connection: Json = {"usage_count": 0}
    # What the service itself is writing down at this moment may come a little later.
    async with asyncio.timeout(5):
        while connection["usage_count"] < 4:
            await agent.service.app.composition.connecting.grant_lookup.usage.flush()
            found = await agent.owner.client.get(f"/api/connections/{agent.tenant}/", headers=agent.owner.bearer)
            connection = found.json()
    assert connection["usage_count"] == 4
    assert connection["last_used_at"].startswith("2026-11-21T12:0")

"""One row for each call, however it ended, and no content in any."""

import asyncio

import pytest

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.audit.models import Completion
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.sandbox.content.lighthouse import GUIDE
from tests.gateway.kit import INVOKE, ME, Agent, new_page

GUIDE_ID = str(GUIDE)
SENTINEL = "sentinel-of-what-nobody-may-read"


async def test_a_row_tells_who_did_what_for_whom(agent: Agent) -> None:
    answer = await agent.invoke(*ME, headers={"X-Request-ID": "abc", "User-Agent": "agent/1"})
    (row,) = await agent.trail()
    assert row.pop("id") > 0
    assert row == {
        "at": row["at"],
        "event": "agent:notion:called",
        "outcome": "success",
        "account_id": agent.owner.me["id"],
        "actor": {"kind": "service_token", "id": str(agent.token["id"])},
        "tenant_id": agent.tenant,
        "operation": "notion.getSelf",
        "notion_request_id": answer.json()["metadata"]["notionRequestId"],
        "request_id": "abc",
        "address": "127.0.0.1",
        "user_agent": "agent/1",
    }


async def test_the_row_is_there_before_notion_is_asked(agent: Agent) -> None:
    agent.fault("/v1/users/me", "hang")
    agent.forget()
    calling = asyncio.create_task(agent.invoke(*ME, headers={"X-Ivgraph-Timeout": "1"}))
    await agent.is_asked()
    assert [row["outcome"] for row in await agent.trail()] == ["started"]
    await calling
    assert [row["outcome"] for row in await agent.trail()] == ["upstream_timeout"]


async def test_every_call_has_one_row_and_none_holds_content(agent: Agent) -> None:
    sent: dict[str, str] = {}

    async def send(outcome: str, **how: str) -> dict[str, str]:
        sent[f"call-{len(sent)}"] = outcome
        return {"X-Request-ID": f"call-{len(sent) - 1}", **how}

    page = new_page(GUIDE_ID, SENTINEL)
    await agent.invoke("notion.createPage", page, headers=await send("success"))
    await agent.invoke("notion.search", {"query": SENTINEL}, headers=await send("success"))
    await agent.invoke("notion.search", {SENTINEL: 1}, headers=await send("invalid_parameters"))
    await agent.invoke(f"notion.{SENTINEL}", {}, headers=await send("unknown_tool"))
    await agent.invoke("notion.getPage", {"page_id": "0" * 32}, headers=await send("object_not_found"))
    await agent.notion("POST", "pages", json=page, headers=await send("success"))
    await agent.notion("POST", "search", json={"query": SENTINEL}, headers=await send("success"))
    await agent.notion("POST", "pages", json={SENTINEL: 1}, headers=await send("validation_error"))
    await agent.notion("GET", f"users?{SENTINEL}=1", headers=await send("success"))
    await agent.notion("GET", SENTINEL, headers=await send("invalid_request_url"))
    bad_workspace = await send("unclear_tenant", **{"X-Ivgraph-Workspace": SENTINEL})
    await agent.notion("GET", "users/me", headers=bad_workspace)
    agent.fault("/v1/users/me", "html", status=502)
    await agent.notion("GET", "users/me", headers=await send("upstream_error"))
    key = {"Idempotency-Key": SENTINEL}
    for outcome in ("success", "repeated"):
        await agent.invoke("notion.createPage", page, headers=await send(outcome, **key))
    rows = await agent.trail()
    assert {row["request_id"]: row["outcome"] for row in rows} == sent
    assert len(rows) == len(sent)
    everything = await agent.service.rows("SELECT audit_events::text AS row FROM audit_events")
    assert not [row for row in everything if SENTINEL in row["row"]]


async def test_without_a_credential_there_is_nothing_to_tell(agent: Agent) -> None:
    await agent.owner.client.post(INVOKE, json={})
    await agent.owner.client.get("/notion/v1/users")
    assert await agent.trail() == []


async def test_a_completion_waits_for_a_database_that_is_away(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    composition: Composition = agent.service.app.composition
    completions = composition.completions
    await agent.invoke(*ME)
    (row,) = await agent.trail()
    await agent.service.execute("UPDATE audit_events SET outcome = 'started' WHERE event = 'agent:notion:called'")

    def away() -> None:
        raise DatabaseUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(completions, "_database", type("Away", (), {"direct": staticmethod(away)}))
        completions.add(Completion(row["id"], "success", None))
        await completions.wait_until_written()
        with pytest.raises(DatabaseUnavailable):
            await completions.flush()
    await completions.flush()
    assert [row["outcome"] for row in await agent.trail()] == ["success"]


async def test_what_a_call_was_told_first_stands(agent: Agent) -> None:
    completions = agent.service.app.composition.completions
    await agent.invoke(*ME)
    (row,) = await agent.trail()
    completions.add(Completion(row["id"], "caller_gone", None))
    assert [row["outcome"] for row in await agent.trail()] == ["success"]

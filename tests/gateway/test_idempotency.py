"""A write under an Idempotency-Key runs once. Over `kill -9` and lost answers: tests/faults."""

import asyncio
from typing import Any

import pytest

from ivgraph_auth.gateway import idempotency
from ivgraph_auth.sandbox.content.lighthouse import GUIDE
from tests.connect.kit import connected
from tests.gateway.kit import ME, Agent, error_of, let_pass, new_page, refusal_of

GUIDE_ID = str(GUIDE)
MAKE = ("notion.createPage", new_page(GUIDE_ID))
KEY = {"Idempotency-Key": "order 66"}


async def test_the_same_call_again_gets_the_stored_answer(agent: Agent) -> None:
    agent.forget()
    first = await agent.invoke(*MAKE, headers=KEY)
    again = await agent.invoke(*MAKE, headers=KEY)
    assert first.json()["result"] == again.json()["result"]
    assert again.json()["metadata"]["attempts"] == 0
    assert agent.asked() == ["POST /v1/pages"]
    assert [row["outcome"] for row in await agent.trail()] == ["success", "repeated"]


async def test_on_the_drop_in_address_too(agent: Agent) -> None:
    agent.forget()
    first = await agent.notion("POST", "pages", json=new_page(GUIDE_ID), headers=KEY)
    again = await agent.notion("POST", "pages", json=new_page(GUIDE_ID), headers=KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert first.headers["x-notion-request-id"] == again.headers["x-notion-request-id"]
    other = await agent.notion("POST", "pages", json=new_page(GUIDE_ID, "Another"), headers=KEY)
    assert refusal_of(other) == (409, "conflict_error")
    assert agent.asked() == ["POST /v1/pages"]


async def test_another_body_is_refused(agent: Agent) -> None:
    await agent.invoke(*MAKE, headers=KEY)
    agent.forget()
    answer = await agent.invoke("notion.createPage", new_page(GUIDE_ID, "Another"), headers=KEY)
    assert (answer.status_code, error_of(answer)["code"]) == (409, "idempotency_key_reused")
    assert agent.asked() == []


async def test_a_key_belongs_to_an_account_a_tenant_and_a_tool(agent: Agent) -> None:
    await connected(agent.service, agent.owner, "team")
    bruno = await Agent.of(agent.service, await agent.service.sign_in("bruno"))
    agent.forget()
    assert (await agent.invoke(*MAKE, headers=KEY)).status_code == 200
    assert (await agent.invoke(*MAKE, headers=KEY, tenant="team")).status_code == 200
    assert (await bruno.invoke(*MAKE, headers=KEY)).status_code == 200
    assert (await agent.notion("POST", "pages", json=new_page(GUIDE_ID), headers=KEY)).status_code == 200
    comment = {"parent": {"page_id": GUIDE_ID}, "rich_text": [{"text": {"content": "Well done"}}]}
    assert (await agent.invoke("notion.createComment", comment, headers=KEY)).status_code == 200
    assert len(agent.asked()) == 5


async def test_after_a_day_it_is_a_new_call(agent: Agent) -> None:
    agent.forget()
    await agent.invoke(*MAKE, headers=KEY)
    await hours_pass(agent, 24)
    assert (await agent.invoke(*MAKE, headers=KEY)).json()["metadata"]["attempts"] == 1
    assert len(agent.asked()) == 2


@pytest.mark.slow
async def test_while_it_runs_another_is_told_to_wait(agent: Agent) -> None:
    agent.forget()
    agent.fault("/v1/pages", "hang")
    running = asyncio.create_task(agent.invoke(*MAKE, headers={**KEY, "X-Ivgraph-Timeout": "2"}))
    await agent.is_asked()
    answer = await agent.invoke(*MAKE, headers=KEY)
    assert (answer.status_code, error_of(answer)["code"]) == (409, "idempotency_in_progress")
    assert int(answer.headers["retry-after"]) > 0
    assert error_of(await running)["code"] == "upstream_timeout"
    after = await agent.invoke(*MAKE, headers=KEY)
    assert (after.status_code, error_of(after)["code"]) == (409, "outcome_unknown")
    assert agent.asked() == ["POST /v1/pages"]


async def test_fifty_at_once_run_once(agent: Agent) -> None:
    agent.forget()
    answers = await asyncio.gather(*(agent.invoke(*MAKE, headers=KEY) for _ in range(50)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert agent.asked() == ["POST /v1/pages"]
    pages = {answer.json()["result"]["id"] for answer in answers if answer.status_code == 200}
    assert len(pages) == 1


@pytest.mark.parametrize("code", ["object_not_found", "rate_limited", "missing_capability", "invalid_parameters"])
async def test_what_did_nothing_may_be_sent_again(agent: Agent, code: str) -> None:
    if code == "object_not_found":
        agent.fault("/v1/pages", "status", status=404, code=code)
    elif code == "rate_limited":
        agent.fault("/v1/pages", "status", status=429, code=code, retry_after=20)
    elif code == "missing_capability":
        await agent.service.execute("UPDATE grants SET capabilities = ARRAY['read_content']")
    parameters = {"parent": {}} if code == "invalid_parameters" else MAKE[1]
    refused = await agent.invoke(MAKE[0], parameters, headers=KEY)
    assert error_of(refused)["code"] == code
    await agent.service.execute("UPDATE grants SET capabilities = NULL")
    await let_pass(agent.service, 20)
    assert (await agent.invoke(*MAKE, headers=KEY)).status_code == 200


@pytest.mark.parametrize("fault", ["drop", "html"])
async def test_what_may_have_been_done_is_not_sent_again(agent: Agent, fault: str) -> None:
    agent.forget()
    agent.fault("/v1/pages", fault, carry_out=True)
    assert error_of(await agent.invoke(*MAKE, headers=KEY))["code"] == "upstream_error"
    for _ in range(2):
        assert error_of(await agent.invoke(*MAKE, headers=KEY))["code"] == "outcome_unknown"
    assert agent.asked() == ["POST /v1/pages"]


async def test_of_a_process_that_died_the_outcome_is_unknown(agent: Agent) -> None:
    await agent.invoke(*MAKE, headers=KEY)
    agent.forget()
    await agent.service.execute(
        "DELETE FROM idempotent_answers",
        "INSERT INTO processes VALUES (gen_random_uuid(), clock_timestamp() - interval '1 hour', NULL, ARRAY['k'])",
        "UPDATE idempotent_calls SET process_id = processes.id FROM processes WHERE 'k' = ANY (key_ids)",
    )
    assert error_of(await agent.invoke(*MAKE, headers=KEY))["code"] == "outcome_unknown"
    await agent.service.execute("UPDATE processes SET seen_at = clock_timestamp() WHERE 'k' = ANY (key_ids)")
    assert error_of(await agent.invoke(*MAKE, headers=KEY))["code"] == "idempotency_in_progress"
    await agent.service.execute("DELETE FROM processes WHERE 'k' = ANY (key_ids)")
    assert agent.asked() == []


async def test_an_answer_too_large_to_keep_is_given_once(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "_MOST_BYTES", 10)
    assert (await agent.invoke(*MAKE, headers=KEY)).status_code == 200
    assert error_of(await agent.invoke(*MAKE, headers=KEY))["code"] == "outcome_unknown"


async def test_a_read_needs_no_key_and_runs_each_time(agent: Agent) -> None:
    agent.forget()
    for _ in range(2):
        assert (await agent.invoke(*ME, headers=KEY)).json()["metadata"]["attempts"] == 1
    assert len(agent.asked()) == 2


@pytest.mark.parametrize("key", ["", "k" * 256, "ключ".encode(), "a\tb"])
async def test_a_key_that_is_none_is_refused(agent: Agent, key: str | bytes) -> None:
    headers: Any = [*agent.headers.items(), ("Idempotency-Key", key), ("Content-Type", "application/json")]
    body = b'{"toolId": "notion.getSelf", "tenantId": "x"}'
    answer = await agent.owner.client.post("/api/v1/tools/invoke", content=body, headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_request")


async def test_nothing_of_it_is_stored_in_plain_text(agent: Agent) -> None:
    answer = await agent.invoke("notion.createPage", new_page(GUIDE_ID, "sentinel-title"), headers=KEY)
    assert "sentinel-title" in answer.text
    for query in ("SELECT * FROM idempotent_calls", "SELECT * FROM idempotent_answers"):
        (row,) = await agent.service.rows(query)
        stored = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
        assert b"sentinel" not in stored
        assert b"order 66" not in stored


async def hours_pass(agent: Agent, hours: int) -> None:
    """Keys are kept by the database's clock."""
    aged = "UPDATE idempotent_calls SET expires_at = expires_at - make_interval(hours => :hours)"
    await agent.service.execute(aged, hours=hours)


async def test_a_server_whose_clock_is_ahead_forgets_nothing(agent: Agent) -> None:
    agent.forget()
    await agent.invoke(*MAKE, headers=KEY)
    agent.service.clock.advance(hours=25)
    try:
        assert (await agent.invoke(*MAKE, headers=KEY)).json()["metadata"]["attempts"] == 0
    finally:
        agent.service.clock.advance(hours=-25)
    assert agent.asked() == ["POST /v1/pages"]


async def test_kept_answers_go_when_their_time_is_up(agent: Agent) -> None:
    await agent.invoke(*MAKE, headers=KEY)
    composition = agent.service.app.composition
    for hours, left in ((23, 1), (2, 0)):
        await hours_pass(agent, hours)
        async with composition.database.transaction() as connection:
            await composition.idempotency.prune(connection, 100)
        assert len(await agent.service.rows("SELECT 1 FROM idempotent_answers")) == left

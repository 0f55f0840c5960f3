"""What Notion has accepted is told as done, with its status, and nobody is led to write it twice."""

from typing import Any

import pytest

from ivgraph_auth.sandbox.content.lighthouse import GUIDE
from tests.gateway.kit import ME, Agent, error_of, new_page, refusal_of

GUIDE_ID = str(GUIDE)
MAKE = ("notion.createPage", new_page(GUIDE_ID))
KEY = {"Idempotency-Key": "once"}
ACCEPTED: list[tuple[str, dict[str, Any], int]] = [
    ("async_task", {}, 202),
    ("success", {}, 201),
]
EVERY_SUCCESS = pytest.mark.parametrize(("kind", "how", "status"), ACCEPTED)


@EVERY_SUCCESS
async def test_on_the_drop_in_address_it_comes_back_with_its_status(
    agent: Agent, kind: str, how: dict[str, Any], status: int
) -> None:
    agent.forget()
    agent.fault("/v1/pages", kind, **how)
    first = await agent.notion("POST", "pages", json=MAKE[1], headers=KEY)
    again = await agent.notion("POST", "pages", json=MAKE[1], headers=KEY)
    assert (first.status_code, again.status_code) == (status, status)
    assert first.json()["object"] == ("async_task" if kind == "async_task" else "page")
    assert again.content == first.content
    assert agent.asked() == ["POST /v1/pages"]
    assert [row["outcome"] for row in await agent.trail()] == ["success", "repeated"]


@EVERY_SUCCESS
async def test_a_tool_has_succeeded(agent: Agent, kind: str, how: dict[str, Any], status: int) -> None:
    agent.forget()
    agent.fault("/v1/pages", kind, **how)
    first, again = [await agent.invoke(*MAKE, headers=KEY) for _ in range(2)]
    for answer in (first, again):
        assert (answer.status_code, answer.json()["success"]) == (200, True)
        assert answer.json()["metadata"]["notionStatus"] == status
    assert first.json()["result"] == again.json()["result"]
    assert first.json()["result"]["object"] == ("async_task" if kind == "async_task" else "page")
    assert agent.asked() == ["POST /v1/pages"]


async def test_a_read_too(agent: Agent) -> None:
    agent.fault("/v1/users/me", "success", status=201, times=2)
    assert (await agent.invoke(*ME)).json()["success"] is True
    assert (await agent.notion("GET", "users/me")).status_code == 201


async def test_of_200_nothing_is_said(agent: Agent) -> None:
    assert "notionStatus" not in (await agent.invoke(*ME)).json()["metadata"]


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_write_of_which_notion_says_no_more_is_done(agent: Agent, status: int) -> None:
    agent.forget()
    agent.fault("/v1/pages", "garbage", garbage="empty", status=status, carry_out=True, times=2)
    told = await agent.invoke(*MAKE, headers=KEY)
    assert (told.status_code, told.json()["result"]) == (200, {})
    assert (await agent.invoke(*MAKE, headers=KEY)).json()["result"] == {}
    passed = await agent.notion("POST", "pages", json=MAKE[1])
    assert (passed.status_code, passed.content) == (status, b"" if status == 204 else b"{}")
    assert agent.asked() == ["POST /v1/pages"] * 2


@pytest.mark.parametrize("garbage", ["text", "truncated", "list", "deep", "binary"])
async def test_a_write_with_an_answer_that_cannot_be_read_is_not_sent_again(agent: Agent, garbage: str) -> None:
    agent.forget()
    agent.fault("/v1/pages", "garbage", garbage=garbage, status=201, carry_out=True, times=2)
    told = await agent.invoke(*MAKE, headers=KEY)
    assert (told.status_code, error_of(told)["code"]) == (409, "outcome_unknown")
    assert "accepted" in error_of(told)["message"]
    assert error_of(await agent.invoke(*MAKE, headers=KEY))["code"] == "outcome_unknown"
    passed = await agent.notion("POST", "pages", json=MAKE[1])
    assert refusal_of(passed) == (409, "conflict_error")
    assert agent.asked() == ["POST /v1/pages"] * 2
    assert [row["outcome"] for row in await agent.trail()] == ["outcome_unknown"] * 3


@pytest.mark.parametrize("how", [{"garbage": "empty"}, {"garbage": "empty", "status": 204}, {"garbage": "text"}])
async def test_a_question_without_an_answer_is_an_outage(agent: Agent, how: dict[str, Any]) -> None:
    agent.fault("/v1/users/me", "garbage", times=2, **how)
    told = await agent.invoke(*ME)
    assert (told.status_code, error_of(told)["code"]) == (502, "upstream_error")
    assert refusal_of(await agent.notion("GET", "users/me")) == (503, "service_unavailable")


@pytest.mark.slow
@pytest.mark.parametrize("how", [{"kind": "drop"}, {"kind": "html", "status": 502}, {"kind": "status", "status": 500}])
async def test_nobody_is_told_to_try_a_write_again_that_may_have_been_carried_out(
    agent: Agent, how: dict[str, Any]
) -> None:
    agent.fault("/v1/pages", carry_out=True, **how)
    told = error_of(await agent.invoke(*MAKE))
    assert told["code"] == "upstream_error"
    assert "look before you send it anew" in told["message"]
    agent.fault("/v1/users/me", times=3, **{**how, "retry_after": 0})
    assert "Try again shortly" in error_of(await agent.invoke(*ME))["message"]


@pytest.mark.parametrize("retry_after", [20, None])
async def test_an_edges_own_429_is_one_and_stops_everybody(agent: Agent, retry_after: int | None) -> None:
    agent.forget()
    agent.fault("/v1/users/me", "html", status=429, retry_after=retry_after)
    told = await agent.notion("GET", "users/me")
    assert refusal_of(told) == (429, "rate_limited")
    assert told.headers["retry-after"] == str(retry_after or 1)
    assert agent.asked() == ["GET /v1/users/me"]
    if retry_after:
        assert (await agent.invoke(*ME)).status_code == 429
        assert (await agent.notion("GET", "users/me")).status_code == 429
        assert agent.asked() == ["GET /v1/users/me"]


@pytest.mark.parametrize("status", [503, 529])
async def test_an_edge_that_is_overloaded_says_when_to_come_again(agent: Agent, status: int) -> None:
    agent.fault("/v1/users/me", "html", status=status, retry_after=7)
    told = await agent.notion("GET", "users/me")
    assert refusal_of(told) == (503, "service_unavailable")
    assert told.headers["retry-after"] == "7"
    # It concerns everybody, and not this connection's rate.
    assert (await agent.notion("GET", "users/me")).status_code == 200

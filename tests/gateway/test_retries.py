"""What is tried again, and what is not."""

import pytest

from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.notion.errors import NotionUnavailable
from ivgraph_auth.sandbox.content.lighthouse import GUIDE
from tests.gateway.kit import ME, Agent, error_of, let_pass, new_page

GUIDE_ID = str(GUIDE)
MAKE = ("notion.createPage", new_page(GUIDE_ID))


async def test_a_429_is_waited_out_as_notion_says(agent: Agent) -> None:
    """Error scenario 6 of the gateway's document."""
    agent.forget()
    agent.fault("/v1/pages", "status", status=429, code="rate_limited", retry_after=0, times=2)
    answer = await agent.invoke(*MAKE)
    assert answer.status_code == 200
    assert answer.json()["metadata"]["attempts"] == 3
    assert agent.asked() == ["POST /v1/pages"] * 3
    assert [row["outcome"] for row in await agent.trail()] == ["success"]


async def test_after_three_attempts_the_caller_is_told_to_wait(agent: Agent) -> None:
    agent.forget()
    agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=0, times=2)
    agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=5)
    answer = await agent.invoke(*ME)
    assert (answer.status_code, error_of(answer)["code"]) == (429, "rate_limited")
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["metadata"]["attempts"] == 3
    assert len(agent.asked()) == 3


async def test_a_wait_beyond_the_deadline_is_told_at_once(agent: Agent) -> None:
    agent.forget()
    agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=20)
    answer = await agent.invoke(*ME)
    assert (answer.status_code, error_of(answer)["code"]) == (429, "rate_limited")
    assert answer.headers["retry-after"] == "20"
    assert len(agent.asked()) == 1
    # And nobody else goes on meanwhile, whichever way they come.
    agent.forget()
    assert (await agent.invoke(*ME)).status_code == 429
    refused = await agent.notion("GET", "users/me")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
    assert refused.headers["x-ivgraph-budget-remaining"] == "0"
    assert agent.asked() == []
    await let_pass(agent.service, 20)
    assert (await agent.invoke(*ME)).status_code == 200


async def test_a_429_to_a_client_of_notions_stops_everybody_too(agent: Agent) -> None:
    agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=20)
    answer = await agent.notion("GET", "users/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "20")
    agent.forget()
    assert (await agent.invoke(*ME)).status_code == 429
    assert agent.asked() == []


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
async def test_a_read_is_tried_again_when_notion_fails(agent: Agent, status: int) -> None:
    agent.forget()
    agent.fault("/v1/users/me", "status", status=status, code="internal_server_error", retry_after=0, times=2)
    answer = await agent.invoke(*ME)
    assert (answer.status_code, answer.json()["metadata"]["attempts"]) == (200, 3)


@pytest.mark.parametrize(("status", "attempts"), [(500, 1), (502, 1), (503, 1), (504, 1), (529, 3), (429, 3)])
async def test_a_write_only_where_nothing_was_done(agent: Agent, status: int, attempts: int) -> None:
    agent.forget()
    agent.fault("/v1/pages", "status", status=status, code="internal_server_error", retry_after=0, times=2)
    answer = await agent.invoke(*MAKE)
    assert len(agent.asked()) == attempts
    assert answer.status_code == (200 if attempts == 3 else 502)


@pytest.mark.parametrize("kind", ["drop", "html"])
async def test_a_write_that_was_cut_reaches_notion_once(agent: Agent, kind: str) -> None:
    agent.forget()
    agent.fault("/v1/pages", kind, carry_out=True)
    answer = await agent.invoke(*MAKE)
    assert (answer.status_code, error_of(answer)["code"]) == (502, "upstream_error")
    assert agent.asked() == ["POST /v1/pages"]


@pytest.mark.slow
async def test_a_call_that_hangs_ends_at_its_deadline(agent: Agent) -> None:
    agent.forget()
    agent.fault("/v1/pages", "hang", carry_out=True)
    answer = await agent.invoke(*MAKE, headers={"X-Ivgraph-Timeout": "1"})
    assert (answer.status_code, error_of(answer)["code"]) == (504, "upstream_timeout")
    assert agent.asked() == ["POST /v1/pages"]
    assert (await agent.trail())[-1]["outcome"] == "upstream_timeout"


@pytest.mark.slow
async def test_notion_out_of_reach_is_an_upstream_error(agent: Agent) -> None:
    agent.fault("/v1/users/me", "drop", times=3)
    answer = await agent.invoke(*ME)
    assert (answer.status_code, error_of(answer)["code"]) == (502, "upstream_error")
    assert answer.json()["metadata"]["attempts"] == 3


def test_pauses_grow_and_differ_where_notion_names_none() -> None:
    retries = Retries()
    cut = NotionUnavailable("cut")
    for attempt, least, most in ((1, 0.25, 0.75), (2, 0.5, 1.5)):
        pauses = {retries.pause(cut, attempt=attempt) for _ in range(50)}
        assert len(pauses) > 1
        assert least <= min(pauses) <= max(pauses) < most
    assert retries.pause(NotionUnavailable("busy", status=529, retry_after=9), attempt=2) == 9

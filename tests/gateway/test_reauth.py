"""A connection that Notion no longer takes: refreshed, or the agent is told where a person mends it."""

import pytest

from tests.gateway.kit import ME, Agent, error_of, let_pass, refusal_of
from tests.support.service import Json


def revoke(agent: Agent) -> None:
    """In Notion's settings, by the person."""
    agent.service.sandbox.instance.state.revoke_authorization()


async def test_a_dead_access_token_is_refreshed_on_the_way(agent: Agent) -> None:
    agent.service.sandbox.instance.state.expire_access_tokens()
    answer = await agent.invoke(*ME)
    assert answer.status_code == 200
    assert answer.json()["metadata"]["attempts"] == 2
    agent.service.sandbox.instance.state.expire_access_tokens()
    assert (await agent.notion("GET", "users/me")).status_code == 200
    assert [row["outcome"] for row in await agent.trail()] == ["success", "success"]


async def test_a_revoked_connection_is_told_with_the_link_that_mends_it(agent: Agent) -> None:
    """Error scenario 5 of the gateway's document."""
    revoke(agent)
    for answer in (await agent.invoke(*ME), await agent.invoke(*ME)):
        error = error_of(answer)
        assert (answer.status_code, error["code"]) == (409, "oauth_expired")
        assert error["message"] == "Notion authorization has expired or was revoked. Please reauthorize."
    url = error["reauthorizeUrl"]
    assert url.startswith("http://127.0.0.1:8000/oauth/connect/")
    page = await agent.owner.client.get(url, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert agent.tenant in page.text
    refused = await agent.notion("GET", "users/me")
    assert refusal_of(refused) == (401, "unauthorized")
    assert refused.json()["message"].rpartition(" ")[2].startswith("http://127.0.0.1:8000/oauth/connect/")
    (row,) = await agent.service.rows("SELECT status, sealed FROM grants")
    assert row["status"] == "needs_reauth"
    assert row["sealed"]


async def test_notion_is_not_asked_with_a_credential_that_is_known_to_be_dead(agent: Agent) -> None:
    revoke(agent)
    await agent.invoke(*ME)
    agent.forget()
    await agent.invoke(*ME)
    await agent.notion("GET", "users/me")
    assert agent.service.sandbox.instance.calls == []
    assert [row["outcome"] for row in await agent.trail()] == ["oauth_expired"] * 3


async def test_signing_in_again_mends_it(agent: Agent) -> None:
    revoke(agent)
    await agent.invoke(*ME)
    await agent.service.sign_in("ada")
    assert (await agent.invoke(*ME)).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [{"kind": "status", "status": 503}, {"kind": "html", "status": 403}, {"kind": "garbage", "garbage": "text"}],
    ids=["503", "html", "nonsense"],
)
async def test_a_refresh_that_fails_for_another_reason_changes_nothing(agent: Agent, fault: Json) -> None:
    agent.service.sandbox.instance.state.expire_access_tokens()
    agent.fault("/v1/oauth/token", **fault)
    answer = await agent.invoke("notion.createComment", {"parent": {"page_id": "0" * 32}, "markdown": "x"})
    assert (answer.status_code, error_of(answer)["code"]) == (502, "upstream_error")
    assert (await agent.invoke(*ME)).status_code == 200


async def test_a_credential_that_does_not_open_is_told_as_unavailable(agent: Agent) -> None:
    await agent.service.execute("UPDATE grants SET bot_id = bot_id || 'x'")
    answer = await agent.invoke(*ME)
    assert (answer.status_code, error_of(answer)["code"]) == (503, "credential_unavailable")
    assert refusal_of(await agent.notion("GET", "users/me")) == (503, "service_unavailable")
    assert [row["outcome"] for row in await agent.trail()] == ["credential_unavailable"] * 2


async def test_a_refresh_that_must_wait_is_told_as_429_with_notions_figure(agent: Agent) -> None:
    for door in ("a tool", "the drop-in"):
        agent.service.sandbox.instance.state.expire_access_tokens()
        agent.fault("/v1/oauth/token", "status", status=429, code="rate_limited", retry_after=170)
        if door == "a tool":
            answer = await agent.invoke(*ME)
            assert error_of(answer)["code"] == "rate_limited"
        else:
            answer = await agent.notion("GET", "users/me")
            assert refusal_of(answer) == (429, "rate_limited")
        assert (answer.status_code, int(answer.headers["retry-after"]) in range(160, 171)) == (429, True), door
        await let_pass(agent.service, 200)
    assert (await agent.invoke(*ME)).status_code == 200

"""`POST /api/authz/explain`: the verdict is the one that the call then meets, and nothing is done for it."""

from functools import partial
from typing import Any

import pytest

from ivgraph_auth.sandbox.content.lighthouse import GUIDE, PRIVATE
from ivgraph_auth.sandbox.people import LIGHTHOUSE, NOTEBOOK
from tests.connect.kit import connected
from tests.gateway.kit import INVOKE, NOBODYS, let_pass, new_page
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.next_steps.kit import Attempt, World, open_link
from tests.provider.kit import get_tokens, make_admin, register
from tests.support.service import Json

EXPLAIN = "/api/authz/explain"
MAKE = ("notion.createPage", new_page(str(GUIDE)))
GUIDE_ID = str(GUIDE)
REASONS = {"allowed", "rule", "missing", "next", "would_call", "cost"}


async def explain(world: World, credential: str | None = None, **asked: Json) -> Json:
    answer = await world.ask("POST", EXPLAIN, json=asked, credential=credential or world.agent.token["token"]).send()
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == REASONS
    assert told["allowed"] is (told["missing"] is None)
    assert bool(told["next"]) is not told["allowed"]
    return told


async def explain_attempt(world: World, attempt: Attempt) -> Json:
    headers = {name.lower(): value for name, value in attempt.headers.items()}
    named = {"tenantId": headers.get("x-ivgraph-tenant"), "workspaceId": headers.get("x-ivgraph-workspace")}
    given = {name: value for name, value in named.items() if value is not None}
    return await explain(
        world, attempt.credential, method=attempt.method, path=attempt.path, body=attempt.json, **given
    )


async def test_an_allowed_tool_is_told_with_what_would_be_called_and_what_it_costs(world: World) -> None:
    told = await explain(world, tool="notion.getPage", arguments={"page_id": GUIDE_ID}, tenantId=world.agent.tenant)
    assert told == {
        "allowed": True,
        "rule": "Takes a credential with the scope notion:read, a workspace that it covers, and a connection with the "
        "capability read_content.",
        "missing": None,
        "next": [],
        "would_call": {"method": "GET", "path": f"/v1/pages/{GUIDE_ID}"},
        "cost": {
            "places": 1, "left": 30, "wait_seconds": 0, "full_in_seconds": 0, "at_once": 30, "per_second": 3,
        },
    }  # fmt: skip


async def test_it_does_nothing(world: World) -> None:
    await world.tool().send()
    before = await world.agent.trail(), await world.service.rows("SELECT issued, full_at FROM grant_budgets")
    world.agent.forget()
    asked: list[Json] = [
        {"tool": "notion.getSelf", "tenantId": world.agent.tenant},
        {"tool": "notion.nothing", "tenantId": world.agent.tenant},
        {"tool": "notion.getSelf", "tenantId": "nobodys"},
        {"tool": MAKE[0], "arguments": MAKE[1], "tenantId": world.agent.tenant},
        {"method": "POST", "path": "/notion/v1/pages", "body": MAKE[1]},
        {"method": "DELETE", "path": f"/notion/v1/blocks/{GUIDE_ID}"},
        {"method": "GET", "path": "/api/v1/graph/search?q=Roadmap"},
        {"method": "DELETE", "path": "/api/auth/me/"},
    ]
    for each in asked:
        await explain(world, **each)
    assert world.agent.asked() == []
    assert before == (await world.agent.trail(), await world.service.rows("SELECT issued, full_at FROM grant_budgets"))


async def test_the_verdict_is_the_one_that_the_call_meets(world: World) -> None:
    await connected(world.service, world.ada, "notes", workspace="notebook")
    here = {"workspace_ids": [LIGHTHOUSE.id]}
    reader, graph = await world.token("notion:read", **here), await world.token("graph:read", "graph:search", **here)
    both = await world.token("notion:read", workspace_ids=[LIGHTHOUSE.id, NOTEBOOK.id])
    credentials = [reader, graph, both, world.ada.access]
    attempts = [
        make(credential=credential)
        for credential in credentials
        for make in (
            partial(world.tool, "notion.getPage", {"page_id": GUIDE_ID}),
            partial(world.tool, "notion.createPage", new_page(NOTEBOOK.pages[0].id), tenant="notes"),
            partial(world.tool, "notion.getSelf", tenant="notes"),
            partial(world.tool, "notion.getSelf", tenant="nobodys"),
            partial(world.tool, "notion.nothing"),
            partial(world.tool, "notion.getPage", {"page_id": 5}),
            partial(world.drop_in, "GET", "users/me"),
            partial(world.drop_in, "GET", "users/me", headers={"X-Ivgraph-Tenant": "notes"}),
            partial(world.drop_in, "GET", "users/me", headers={"X-Ivgraph-Workspace": NOTEBOOK.id}),
            partial(world.drop_in, "GET", "users/me", headers={"X-Ivgraph-Tenant": "nobodys"}),
            partial(world.drop_in, "POST", "pages", json=MAKE[1]),
            partial(world.drop_in, "GET", "nothing/like/this"),
            partial(world.ask, "GET", "/api/v1/graph/search?q=Roadmap"),
            partial(world.ask, "GET", "/api/tokens/"),
            partial(world.ask, "GET", "/api/connections/"),
            partial(world.ask, "GET", "/api/oauth/apps/"),
            partial(world.ask, "GET", "/api/nowhere/"),
            partial(world.ask, "PUT", "/api/tokens/"),
            partial(world.ask, "GET", "/api/auth/validate"),
        )
    ]
    for attempt in attempts:
        told, answer = await explain_attempt(world, attempt), await attempt.send()
        where = (attempt.method, attempt.path, attempt.json, attempt.headers)
        assert told["allowed"] is answer.is_success, (where, told, answer.text)
        if told["allowed"]:
            continue
        refusal = answer.json()
        if "object" in refusal:
            # In Notion's body the sentence begins the message, and the code is one that its clients know.
            assert refusal["message"].startswith(told["missing"]["detail"]), where
        else:
            refusal = refusal.get("error", refusal)
            assert told["missing"]["code"] == refusal["code"], where
            assert told["missing"]["status"] == answer.status_code, where
            assert told["next"] == refusal["next"], where


async def test_what_it_says_is_missing_can_be_had(world: World) -> None:
    asked = {"tool": MAKE[0], "arguments": MAKE[1], "tenantId": world.agent.tenant}
    narrow = await world.token("notion:read")
    told = await explain(world, narrow, **asked)
    assert told["missing"] == {
        "status": 403, "code": "insufficient_scope", "detail": "This needs the scope notion:write.",
        "scopes": ["notion:write"], "errors": None,
    }  # fmt: skip
    assert told["would_call"] == {"method": "POST", "path": "/v1/pages"}
    (url,) = [step["url"] for step in told["next"] if "url" in step]
    await open_link(world.ada.client, url)
    wide = await world.token(*url.partition("scopes=")[2].split(","))
    assert (await explain(world, wide, **asked))["allowed"]


async def test_places_of_arguments_are_named_as_in_the_call(world: World) -> None:
    told = await explain(world, tool="notion.getPage", arguments={"page_id": 5}, tenantId=world.agent.tenant)
    assert told["missing"]["code"] == "invalid_parameters"
    answer = await world.tool("notion.getPage", {"page_id": 5}).send()
    assert told["missing"]["errors"] == answer.json()["error"]["errors"]


async def test_a_dead_connection_and_a_capability_are_known_beforehand(world: World) -> None:
    asked = {"tool": MAKE[0], "arguments": MAKE[1], "tenantId": world.agent.tenant}
    await world.service.execute("UPDATE grants SET capabilities = ARRAY['read_content']")
    told = await explain(world, **asked)
    assert told["missing"]["code"] == "missing_capability"
    assert told["next"] == (await world.tool(*MAKE).send()).json()["error"]["next"]
    await world.service.execute("UPDATE grants SET capabilities = NULL, status = 'needs_reauth'")
    told = await explain(world, **asked)
    assert told["missing"]["code"] == "oauth_expired"
    assert "/oauth/connect/" in told["next"][-1]["url"]


async def test_what_is_left_is_told_and_a_pause_of_notions(world: World) -> None:
    await world.tool().send()
    asked = {"tool": "notion.getSelf", "tenantId": world.agent.tenant}
    assert (await explain(world, **asked))["cost"]["left"] in (29, 30)
    world.agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=20)
    assert (await world.tool().send()).status_code == 429
    told = await explain(world, **asked)
    assert told["missing"]["code"] == "rate_limited"
    assert told["cost"]["left"] == 0
    assert told["cost"]["wait_seconds"] in range(15, 21)
    await let_pass(world.service, 21)
    assert (await explain(world, **asked))["allowed"]


async def test_the_calls_own_body_decides_at_the_address_of_tools(world: World) -> None:
    body = {"toolId": "notion.getSelf", "tenantId": world.agent.tenant}
    told = await explain(world, method="POST", path=INVOKE, body=body)
    assert (told["allowed"], told["would_call"]) == (True, {"method": "GET", "path": "/v1/users/me"})
    assert (await explain(world, method="POST", path=INVOKE, body={}))["missing"]["code"] == "validation_error"


@pytest.mark.slow
async def test_content_is_told_with_the_call_that_it_makes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lift_rate_limit(monkeypatch)
    await synchronize(world.service, world.ada)
    path = f"/api/v1/graph/nodes/{GUIDE_ID}/content"
    told = await explain(world, method="GET", path=path)
    assert (told["allowed"], told["cost"]["places"]) == (True, 1)
    assert told["would_call"] == {"method": "GET", "path": f"/v1/pages/{GUIDE_ID}/markdown"}
    for unseen in (NOBODYS, str(PRIVATE)):
        told = await explain(world, method="GET", path=f"/api/v1/graph/nodes/{unseen}/content")
        assert told["missing"]["code"] == "not_found"
        assert told["would_call"] is None


async def test_our_own_calls_ask_nothing_of_notion(world: World) -> None:
    told = await explain(world, method="GET", path="/api/v1/graph/search?q=x")
    assert told["rule"] == "Takes a credential with the scope graph:search."
    assert (told["would_call"], told["cost"]["places"]) == (None, 0)
    assert (await explain(world, method="GET", path="/openapi.json"))["allowed"]


@pytest.mark.slow
async def test_an_app_asks_about_itself(world: World) -> None:
    admin = await make_admin(world.service)
    tokens = await get_tokens(admin, await register(admin), scope="openid graph:read")
    told = await explain(world, tokens["access_token"], tool="notion.getSelf", tenantId=world.agent.tenant)
    assert told["missing"]["scopes"] == ["notion:read"]
    assert any("authorization request" in step["do"] for step in told["next"])


@pytest.mark.parametrize(
    "body",
    [
        {}, {"tool": "x", "method": "GET", "path": "/"}, {"method": "GET"}, {"path": "/"}, {"tool": "x", "more": 1},
        {"method": "GET", "path": "x"},
        {"method": "TRACE", "path": "/"}, {"method": "GET", "path": "/a b"},
    ],
)  # fmt: skip
async def test_a_question_that_is_none_is_refused(world: World, body: Any) -> None:
    answer = await world.ask("POST", EXPLAIN, json=body).send()
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")


async def test_it_is_for_whoever_has_a_credential(world: World) -> None:
    answer = await world.ask("POST", EXPLAIN, json={"tool": "x"}, credential=None).send()
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


async def test_arguments_and_tenants_are_taken_as_the_call_takes_them(world: World) -> None:
    """As JSON in a string, and without a tenant where there is one connection only."""
    told = await explain(world, tool="notion_get_page", arguments=f'{{"page_id": "{GUIDE_ID}"}}')
    assert (told["allowed"], told["would_call"]) == (True, {"method": "GET", "path": f"/v1/pages/{GUIDE_ID}"})
    await connected(world.service, world.ada, "notes", workspace="notebook")
    both = await world.token("notion:read", workspace_ids=[LIGHTHOUSE.id, NOTEBOOK.id])
    told = await explain(world, both, tool="notion_get_self")
    assert told["missing"]["code"] == "unclear_tenant"
    assert [step["call"]["body"]["tenantId"] for step in told["next"]] == [LIGHTHOUSE.id, "notes"]
    assert (await explain(world, both, tool="notion_get_self", workspaceId=NOTEBOOK.id))["allowed"]

"""A credential reaches its own workspaces by its own scopes, by whatever way it tries."""

import pytest

from ivgraph_auth.core.principal import Role
from ivgraph_auth.sandbox.content.lighthouse import GUIDE
from ivgraph_auth.sandbox.people import HARBOUR, LIGHTHOUSE, NOTEBOOK
from tests.connect.kit import connected, remove
from tests.gateway.kit import ME, NOBODYS, Agent, error_of, new_page, refusal_of
from tests.support.service import Service, Session

READING = ("notion.getPage", {"page_id": str(GUIDE)})
WRITING = ("notion.createPage", new_page(str(GUIDE)))
SEARCH = ("POST", "search")
COMMENTING = ("notion.createComment", {"parent": {"page_id": str(GUIDE)}, "markdown": "Well."})


@pytest.fixture
async def both(service: Service, ada: Session) -> Session:
    """Ada, with her notebook connected too, under a name of her own."""
    await connected(service, ada, "notes", workspace="notebook")
    ada.me = (await ada.client.get("/api/auth/me/", headers=ada.bearer)).json()
    assert sorted(ada.workspace_ids) == sorted([LIGHTHOUSE.id, NOTEBOOK.id])
    return ada


async def agent_of(service: Service, owner: Session, *workspace_ids: str) -> Agent:
    return await Agent.of(service, owner, "notion:read", "notion:write", workspace_ids=list(workspace_ids))


@pytest.mark.parametrize(
    ("scope", "tools", "calls"),
    [
        (
            "notion:read",
            (WRITING,),
            [("POST", "pages"), ("DELETE", f"blocks/{NOBODYS}"), ("PATCH", f"pages/{NOBODYS}")],
        ),
        ("notion:write", (READING, ME), [SEARCH, ("GET", "users/me"), ("GET", f"pages/{NOBODYS}")]),
        ("notion:write", (COMMENTING,), [("POST", "comments"), ("DELETE", f"comments/{NOBODYS}")]),
        ("notion:comment", (READING, WRITING), [SEARCH, ("POST", "pages"), ("GET", f"comments/{NOBODYS}")]),
        ("graph:read", (READING, WRITING), [SEARCH, ("POST", "pages")]),
        ("notion:connect", (READING, WRITING), [SEARCH, ("POST", "pages")]),
    ],
)
async def test_without_the_scope_notion_hears_nothing(
    service: Service, ada: Session, scope: str, tools: tuple[tuple[str, object], ...], calls: list[tuple[str, str]]
) -> None:
    agent = await Agent.of(service, ada, scope)
    agent.forget()
    for tool, parameters in tools:
        answer = await agent.invoke(tool, parameters)
        assert (answer.status_code, error_of(answer)["code"]) == (403, "insufficient_scope")
        challenge = answer.headers["www-authenticate"]
        assert 'error="insufficient_scope"' in challenge
        assert 'scope="notion:' in challenge
    for method, path in calls:
        assert refusal_of(await agent.notion(method, path)) == (403, "restricted_resource")
    assert agent.asked() == []
    assert {row["outcome"] for row in await agent.trail()} == {"insufficient_scope"}


async def test_a_role_that_lost_the_scope_takes_it_from_the_token(service: Service, agent: Agent) -> None:
    composition = service.app.composition
    await composition.accounts.set_role(int(agent.owner.me["id"]), Role.VIEWER)
    agent.forget()
    assert error_of(await agent.invoke(*READING))["code"] == "insufficient_scope"
    assert refusal_of(await agent.notion("GET", "users/me")) == (403, "restricted_resource")
    assert agent.asked() == []


async def test_a_token_of_one_workspace_reaches_no_other(service: Service, both: Session) -> None:
    agent = await agent_of(service, both, LIGHTHOUSE.id)
    agent.forget()
    answer = await agent.invoke(*ME, tenant="notes")
    assert (answer.status_code, error_of(answer)["code"]) == (403, "workspace_not_allowed")
    for headers in (
        {"X-Ivgraph-Tenant": "notes"},
        {"X-Ivgraph-Workspace": NOTEBOOK.id},
        {"X-Ivgraph-Workspace": NOTEBOOK.id.replace("-", "")},
        {"X-Ivgraph-Tenant": "notes", "X-Ivgraph-Workspace": NOTEBOOK.id},
        {"X-Ivgraph-Workspace": HARBOUR.id},
    ):
        assert refusal_of(await agent.notion("GET", "users/me", headers=headers)) == (403, "restricted_resource")
    assert agent.asked() == []
    assert {row["outcome"] for row in await agent.trail()} == {"workspace_not_allowed"}
    # Pages of the other workspace are not there for the grant that acts.
    page = NOTEBOOK.pages[0].id
    assert error_of(await agent.invoke("notion.getPage", {"page_id": page}))["code"] == "object_not_found"
    assert refusal_of(await agent.notion("GET", f"pages/{page}")) == (404, "object_not_found")


async def test_another_accounts_tenant_is_unknown_and_its_grant_never_used(service: Service, ada: Session) -> None:
    """Both are in the same workspace: even so each acts with what he or she let in."""
    bruno = await service.sign_in("bruno")
    await connected(service, bruno, "his")
    assert bruno.workspace_ids == ada.workspace_ids
    agent = await Agent.of(service, ada)
    agent.forget()
    for name in ("his", "nobodys"):
        answer = await agent.invoke(*ME, tenant=name)
        assert (answer.status_code, error_of(answer)["code"]) == (404, "unknown_tenant")
        refused = await agent.notion("GET", "users/me", headers={"X-Ivgraph-Tenant": name})
        assert refusal_of(refused) == (400, "validation_error")
    assert agent.asked() == []
    await agent.notion("GET", "users/me")
    await agent.invoke(*ME)
    grants = {call.grant for call in service.sandbox.instance.calls}
    assert grants == {"ada@lighthouse"}


async def test_the_workspace_header_chooses_where_a_token_covers_several(service: Service, both: Session) -> None:
    agent = await agent_of(service, both, LIGHTHOUSE.id, NOTEBOOK.id)
    assert refusal_of(await agent.notion("GET", "users/me")) == (400, "validation_error")
    for headers, grant in (
        ({"X-Ivgraph-Workspace": LIGHTHOUSE.id}, "ada@lighthouse"),
        ({"X-Ivgraph-Workspace": NOTEBOOK.id}, "ada@notebook"),
        ({"X-Ivgraph-Tenant": "notes"}, "ada@notebook"),
        ({"X-Ivgraph-Tenant": LIGHTHOUSE.id}, "ada@lighthouse"),
        ({"X-Ivgraph-Tenant": "notes", "X-Ivgraph-Workspace": NOTEBOOK.id}, "ada@notebook"),
    ):
        agent.forget()
        assert (await agent.notion("GET", "users/me", headers=headers)).status_code == 200
        assert {call.grant for call in service.sandbox.instance.calls} == {grant}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Ivgraph-Tenant": "notes", "X-Ivgraph-Workspace": LIGHTHOUSE.id},
        {"X-Ivgraph-Tenant": LIGHTHOUSE.id, "X-Ivgraph-Workspace": HARBOUR.id},
        {"X-Ivgraph-Tenant": "no such"},
        {"X-Ivgraph-Tenant": ""},
        {"X-Ivgraph-Tenant": "a" * 129},
        {"X-Ivgraph-Workspace": "lighthouse"},
        {"X-Ivgraph-Workspace": ""},
        {"X-Ivgraph-Workspace": "x" * 65},
        {"Notion-Version": "2026-03-11 or later"},
        {"Idempotency-Key": ""},
        {"Idempotency-Key": "k" * 256},
    ],
)
async def test_headers_that_disagree_or_make_no_sense_are_refused(
    service: Service, both: Session, headers: dict[str, str]
) -> None:
    agent = await agent_of(service, both, LIGHTHOUSE.id, NOTEBOOK.id)
    agent.forget()
    assert refusal_of(await agent.notion("GET", "users/me", headers=headers)) == (400, "validation_error")
    assert agent.asked() == []


async def test_one_header_twice_is_refused(agent: Agent) -> None:
    twice = [*agent.headers.items(), ("X-Ivgraph-Tenant", agent.tenant), ("X-Ivgraph-Tenant", agent.tenant)]
    answer = await agent.owner.client.get("/notion/v1/users/me", headers=twice)
    assert refusal_of(answer) == (400, "validation_error")


async def test_several_tenants_of_one_workspace_have_to_be_named_unless_one_came_by_signing_in(
    service: Service, ada: Session
) -> None:
    await connected(service, ada, "one")
    await connected(service, ada, "two")
    agent = await agent_of(service, ada, LIGHTHOUSE.id)
    await agent.notion("GET", "users/me")
    assert (await agent.trail())[-1]["tenant_id"] == LIGHTHOUSE.id
    await remove(ada, LIGHTHOUSE.id)
    answer = await agent.notion("GET", "users/me")
    assert refusal_of(answer) == (400, "validation_error")
    assert "X-Ivgraph-Tenant" in answer.json()["message"]
    await remove(ada, "one")
    assert (await agent.notion("GET", "users/me")).status_code == 200
    assert (await agent.trail())[-1]["tenant_id"] == "two"


async def test_a_removed_connection_is_reached_no_more(service: Service, both: Session) -> None:
    agent = await agent_of(service, both, NOTEBOOK.id)
    assert (await agent.invoke(*ME, tenant="notes")).status_code == 200
    assert (await agent.notion("GET", "users/me")).status_code == 200
    await remove(both, "notes")
    agent.forget()
    assert error_of(await agent.invoke(*ME, tenant="notes"))["code"] == "unknown_tenant"
    assert refusal_of(await agent.notion("GET", "users/me")) == (403, "restricted_resource")
    assert agent.asked() == []


async def test_nobody_gets_in_without_a_good_token(agent: Agent) -> None:
    agent.forget()
    for value in (None, "Bearer ivg_" + "x" * 32, "Bearer ntn_123", "Basic eA==", "Bearer"):
        answer = await agent.owner.client.get("/notion/v1/users/me", headers={"Authorization": value} if value else {})
        assert refusal_of(answer) == (401, "unauthorized")
    await agent.owner.client.delete(f"/api/tokens/{agent.token['id']}/", headers=agent.owner.bearer)
    assert refusal_of(await agent.notion("GET", "users/me")) == (401, "unauthorized")
    assert agent.asked() == []

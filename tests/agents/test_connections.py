"""Which connection acts, and that limiter, retries and capabilities hold for tools as for every call."""

import pytest

from ivgraph_auth.agents.errors import UnclearWorkspace
from ivgraph_auth.agents.models import ToolCaller
from ivgraph_auth.gateway.errors import MissingCapability, OAuthExpired, RateLimited, UpstreamFailed
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.build import ident
from tests.agents.kit import Model
from tests.connect.kit import connected
from tests.graph.sync_kit import lift_rate_limit
from tests.support.service import Service

DEAD = (
    "UPDATE grants SET status = 'needs_reauth' WHERE id = (SELECT grant_id FROM connections WHERE tenant_id = :tenant)"
)


@pytest.fixture
async def model(swept_service: Service) -> Model:
    """Connected to one workspace, of which nothing has been read."""
    model = await Model.of(swept_service, await swept_service.sign_in("ada"))
    model.forget()
    return model


async def read_all(service: Service) -> None:
    """By every connection."""
    sync, grants = service.app.composition.sync, await service.rows("SELECT id, workspace_id FROM grants")
    async with service.app.composition.database.transaction() as connection:
        for grant in grants:
            await sync._start(connection, grant["id"], grant["workspace_id"], None)
    await sync.work()
    await sync.wait()


@pytest.mark.slow
async def test_a_read_is_tried_again_and_is_still_one_call(model: Model) -> None:
    model.fault("/v1/pages/*/markdown", "status", status=503, code="service_unavailable", times=1)
    caller: ToolCaller = await model.caller()
    tools = model.service.app.composition.services.agent_tools
    answer = await tools.call(caller, tools.find(caller.principal, "fetch"), {"id": lighthouse.STYLE})
    assert "Short words." in answer.structured["text"]
    assert caller.progress.attempts == 3
    assert caller.progress.budget is not None
    assert await model.trail() == [("notion.getPage", "success")]


@pytest.mark.slow
async def test_notion_is_away(model: Model) -> None:
    model.fault("/v1/pages/*", "status", status=503, code="service_unavailable", times=None)
    with pytest.raises(UpstreamFailed):
        await model.call("fetch", id=lighthouse.STYLE)
    assert await model.trail() == [("notion.getPage", "upstream_error")]


async def test_a_connection_that_needs_a_consent_says_where(model: Model) -> None:
    await model.service.execute("UPDATE grants SET status = 'needs_reauth'")
    with pytest.raises(OAuthExpired) as refused:
        await model.call("fetch", id=lighthouse.STYLE)
    assert refused.value.url.startswith(model.service.settings.public_url)
    assert await model.trail() == [("notion.getPage", "oauth_expired")]


async def test_a_capability_that_is_missing_is_named(model: Model) -> None:
    await model.service.execute("UPDATE grants SET capabilities = ARRAY['read_content']")
    with pytest.raises(MissingCapability, match="insert_content"):
        await model.call("create_page", parent=lighthouse.STYLE, title="Nothing")
    assert "POST /v1/pages" not in model.asked()


async def test_the_rate_limit_holds(model: Model) -> None:
    await model.call("fetch", id=lighthouse.STYLE)
    before = (await model.call("whoami")).structured["workspaces"][0]["calls_left"]
    assert before <= 28
    await model.service.execute(
        "UPDATE grant_budgets SET full_at = clock_timestamp() + interval '50 seconds', "
        "stopped_until = clock_timestamp() + interval '50 seconds'"
    )
    with pytest.raises(RateLimited) as refused:
        await model.call("fetch", id=lighthouse.STYLE)
    assert refused.value.retry_after
    assert (await model.call("whoami")).structured["workspaces"][0]["calls_left"] == 0


@pytest.mark.slow
async def test_another_connection_that_sees_it_acts_where_the_first_needs_a_consent(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    lift_rate_limit(monkeypatch)
    first = model.owner.workspace_ids[0]
    await connected(model.service, model.owner, "team", person="bruno", workspace="lighthouse")
    await read_all(model.service)
    assert (await model.call("fetch", id=lighthouse.STYLE)).structured["title"] == "How we write"
    await model.service.execute(DEAD, tenant=first)
    model.forget()
    assert (await model.call("fetch", id=lighthouse.STYLE)).structured["title"] == "How we write"
    rows = await model.call("query", data_source=ident("projects"), filter={"Stage": "Done"})
    assert [row[0] for row in rows.structured["rows"]] == ["Tide tables"]
    assert [outcome for _, outcome in await model.trail()][-4:] == [
        "oauth_expired",
        "success",
        "oauth_expired",
        "success",
    ]
    await model.service.execute(DEAD, tenant="team")
    with pytest.raises(OAuthExpired):
        await model.call("fetch", id=lighthouse.STYLE)


async def test_several_connections_for_one_workspace(model: Model) -> None:
    """The one that signing in made acts; where it is gone, one must be named."""
    for tenant, person in (("team", "bruno"), ("office", "farah")):
        await connected(model.service, model.owner, tenant, person=person, workspace="lighthouse")
    own = model.owner.workspace_ids[0]
    told = (await model.call("whoami")).structured["workspaces"]
    assert {each["workspace"] for each in told} == {own, "office", "team"}
    await model.call("create_page", title="By the first")
    await model.call("create_page", title="By the team", workspace="team")
    removed = await model.owner.client.delete(f"/api/connections/{own}/", headers=model.owner.bearer)
    assert removed.status_code == 200
    with pytest.raises(UnclearWorkspace, match=r"workspace is one of: (office; team|team; office)\."):
        await model.call("create_page", title="By whom?")
    rows = await model.service.rows(
        "SELECT tenant_id FROM audit_events WHERE operation = 'notion.createPage' AND outcome = 'success' ORDER BY id"
    )
    assert [row["tenant_id"] for row in rows] == [own, "team"]

"""AuthManager over the service's vault: a subject is a tenant, sealed, refreshed once and listed with the others."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from ivgraph_auth.integrations import AuthManager, AuthorizationNeeded, NotionUserCredentials, WorkspaceDiffers
from tests.connect.kit import asked_of_notion, let_access_tokens_die, listed, of_tenant
from tests.support.service import CLIENT_ID, Service, Session

REDIRECT_URI = "http://127.0.0.1:8000/oauth/callback/notion"
NOTEBOOK = "d3bfb712-fb72-4e37-befb-057ea5a3ec61"


@pytest.fixture
async def ada(service: Service) -> Session:
    return await service.sign_in("ada")


@pytest.fixture
async def auth(service: Service, ada: Session) -> AuthManager:
    app = {
        "client_id": CLIENT_ID,
        "client_secret": service.sandbox.client_secret,
        "api_url": service.sandbox.url,
        "redirect_uri": REDIRECT_URI,
    }
    store = service.app.composition.store(int(ada.me["id"]))
    return AuthManager(notion=app, store=store, clock=service.clock)


async def exchanged(service: Service, auth: AuthManager, subject: str, workspace: str) -> NotionUserCredentials:
    step = await auth.notion.oauth2.authorize(state="docs-sync")
    back = await service.consent(step.url, workspace=workspace)
    code = parse_qs(urlsplit(back).query)["code"][0]
    return await auth.notion.oauth2.exchange(code=code, subject=subject)


async def test_what_is_stored_is_a_connection(service: Service, ada: Session, auth: AuthManager) -> None:
    token = await exchanged(service, auth, "docs", "notebook")
    await auth.store_credentials("notion", "docs", token)
    mine = await of_tenant(ada, "docs")
    assert (mine["workspace_id"], mine["status"]) == (NOTEBOOK, "active")
    assert token.access_token.encode() not in (await service.rows("SELECT sealed FROM grants"))[-1]["sealed"]
    async with auth.session(subject="docs") as integrations:
        assert (await integrations.notion.get_self())["object"] == "user"
        assert isinstance(await integrations.notion.list_databases(), list)
    await auth.remove_credentials("notion", "docs")
    assert "docs" not in [each["tenant_id"] for each in await listed(ada)]
    with pytest.raises(AuthorizationNeeded):
        async with auth.session(subject="docs"):
            pass


async def test_a_dead_token_is_renewed_once_by_the_vault(service: Service, ada: Session, auth: AuthManager) -> None:
    await auth.store_credentials("notion", "docs", await exchanged(service, auth, "docs", "notebook"))
    let_access_tokens_die(service)
    async with auth.session(subject="docs") as integrations:
        answers = await asyncio.gather(*(integrations.notion.get_self() for _ in range(20)))
    assert len(answers) == 20
    assert asked_of_notion(service, "refresh_token") == 1
    service.sandbox.instance.state.revoke_authorization(workspace="notebook")
    async with auth.session(subject="docs") as integrations:
        with pytest.raises(AuthorizationNeeded):
            await integrations.notion.get_self()
    assert (await of_tenant(ada, "docs"))["status"] == "needs_reauth"


async def test_another_workspace_is_not_stored(service: Service, ada: Session, auth: AuthManager) -> None:
    await auth.store_credentials("notion", "docs", await exchanged(service, auth, "docs", "notebook"))
    with pytest.raises(WorkspaceDiffers):
        await auth.store_credentials("notion", "docs", await exchanged(service, auth, "docs", "lighthouse"))
    assert (await of_tenant(ada, "docs"))["workspace_id"] == NOTEBOOK

"""Two people to whom Notion answers the same client, workspace and bot: nobody acts with the other's credential."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox import oauth
from ivgraph_auth.sandbox.identity import token_answer
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey
from tests.connect.kit import connected, listed, remove
from tests.support.service import CLIENT_ID, Service, Session

LIGHTHOUSE = "b99d9983-54c8-49e4-9b4c-0bafb3fef367"
BOT = "0f3b6c9e-54c8-49e4-9b4c-0bafb3fef367"
Person = Callable[[str], Awaitable[Session]]


@pytest.fixture
def sign_in(service: Service, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(service.sandbox.instance.state, "bot_id", lambda *_: BOT)

    async def to_the_lighthouse(person: str) -> Session:
        return await service.sign_in(person, workspace="lighthouse")

    return to_the_lighthouse


async def acts_as(session: Session, tenant: str = LIGHTHOUSE) -> str:
    """The person whom Notion takes the caller for."""
    headers = {**session.bearer, "X-Ivgraph-Tenant": tenant}
    answer = await session.client.get("/notion/v1/users/me", headers=headers)
    assert answer.status_code == 200, answer.text
    person: str = answer.json()["bot"]["owner"]["user"]["id"]
    return person


async def test_each_acts_with_what_they_gave(service: Service, sign_in: Person) -> None:
    ada, bruno = await sign_in("ada"), await sign_in("bruno")
    assert await acts_as(ada) == ada.me["notion_user_id"]
    assert await acts_as(bruno) == bruno.me["notion_user_id"]
    assert {each["bot_id"] for session in (ada, bruno) for each in await listed(session)} == {BOT}
    # Each refreshes their own.
    service.sandbox.instance.state.expire_access_tokens(person="ada")
    assert await acts_as(ada) == ada.me["notion_user_id"]
    assert await acts_as(bruno) == bruno.me["notion_user_id"]


async def test_two_tenants_of_one_person_share_a_grant(service: Service, sign_in: Person) -> None:
    ada = await sign_in("ada")
    await connected(service, ada, "team", person="ada", workspace="lighthouse")
    assert len(await service.rows("SELECT id FROM grants")) == 1
    assert await acts_as(ada, "team") == await acts_as(ada)


async def test_a_tenant_goes_with_whoever_consented_last(service: Service, sign_in: Person) -> None:
    ada, bruno = await sign_in("ada"), await sign_in("bruno")
    await connected(service, ada, "team", person="ada", workspace="lighthouse")
    await connected(service, ada, "team", person="bruno", workspace="lighthouse")
    assert await acts_as(ada, "team") == bruno.me["notion_user_id"]
    assert await acts_as(ada) == ada.me["notion_user_id"]


@pytest.mark.parametrize("way", ["the connection", "the account"])
async def test_removing_one_leaves_the_others_alive_at_notion(service: Service, sign_in: Person, way: str) -> None:
    """Notion does not document whether revoking one pair ends another of the same bot."""
    ada, bruno = await sign_in("ada"), await sign_in("bruno")
    if way == "the connection":
        assert (await remove(ada, LIGHTHOUSE)).json()["revoked_upstream"] is False
    else:
        assert (await ada.client.delete("/api/auth/me/", headers=ada.bearer)).status_code == 204
    assert [call.path for call in service.sandbox.instance.calls if call.path.endswith("/revoke")] == []
    assert await acts_as(bruno) == bruno.me["notion_user_id"]
    assert (await remove(bruno, LIGHTHOUSE)).json()["revoked_upstream"] is True


async def test_a_grant_from_before_becomes_its_persons(service: Service, sign_in: Person) -> None:
    ada = await sign_in("ada")
    await connected(service, ada, "team", person="ada", workspace="lighthouse")
    composition = service.app.composition
    before = GrantKey(CLIENT_ID, uuid.UUID(LIGHTHOUSE), BOT)
    owner = uuid.UUID(ada.me["notion_user_id"])
    sealed = await composition.credential_store.seal(before, Credential(Secret("ntn_stale"), Secret("nrt_stale")))
    async with composition.database.transaction() as connection:
        details = GrantDetails("Lighthouse Studio", None, owner, "Ada Winter")
        grant_id = await composition.credential_store.put(connection, before, details, sealed)
    await service.execute(
        "UPDATE connections SET grant_id = :grant_id", "DELETE FROM grants WHERE id <> :grant_id", grant_id=grant_id
    )
    # It opens as it was sealed, and Notion refuses it.
    assert (await ada.client.get("/notion/v1/users/me", headers=ada.bearer)).status_code == 401
    await sign_in("bruno")
    owners = [row["owner"] for row in await service.rows("SELECT owner FROM grants ORDER BY id")]
    assert owners == ["", "285308a4-ee95-4d1f-913a-af9224d93a14"]
    again = await sign_in("ada")
    rows = await service.rows("SELECT id, owner FROM grants WHERE id = :id", id=grant_id)
    assert rows == [{"id": grant_id, "owner": str(owner)}]
    assert await acts_as(again, "team") == ada.me["notion_user_id"]


async def test_a_bot_of_the_workspace_is_the_accounts_that_asked(
    service: Service, sign_in: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bruno = await sign_in("ada"), await sign_in("bruno")

    def of_the_workspace(*given: Any) -> dict[str, object]:
        return {**token_answer(*given), "owner": {"type": "workspace", "workspace": True}}

    monkeypatch.setattr(oauth, "token_answer", of_the_workspace)
    for session, person in ((ada, "ada"), (bruno, "bruno")):
        await connected(service, session, "team", person=person, workspace="lighthouse")
    owners = {row["owner"] for row in await service.rows("SELECT owner FROM grants")}
    assert owners == {each.me["notion_user_id"] for each in (ada, bruno)} | {
        f"account:{each.me['id']}" for each in (ada, bruno)
    }
    assert await acts_as(ada, "team") == ada.me["notion_user_id"]
    assert await acts_as(bruno, "team") == bruno.me["notion_user_id"]


async def test_a_ciphertext_moved_to_another_owners_row_does_not_open(service: Service, sign_in: Person) -> None:
    ada, bruno = await sign_in("ada"), await sign_in("bruno")
    await service.execute(
        "UPDATE grants SET sealed = other.sealed FROM grants AS other "
        "WHERE other.id <> grants.id AND grants.owner = :owner",
        owner=ada.me["notion_user_id"],
    )
    answer = await ada.client.get("/notion/v1/users/me", headers=ada.bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert await acts_as(bruno) == bruno.me["notion_user_id"]

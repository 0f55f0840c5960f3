"""What an app may do ends with what its person may and wants, at the next request."""

import pytest

from tests.provider.kit import answered, redeem, register
from tests.provider.world import World, error_of
from tests.support.credentials import authorization
from tests.support.service import Json, Session

SEARCH, CHANGES = "/api/v1/graph/search", "/api/v1/graph/changes"


@pytest.fixture
async def bruno(world: World) -> Session:
    return await world.service.sign_in("bruno")


async def let_in(world: World, session: Session, **parameters: Json) -> Json:
    sent_back = answered(await world.allow(world.other, session=session, **parameters))
    tokens = (await redeem(session, world.other, sent_back["code"])).json()
    assert await world.works(tokens["access_token"])
    return tokens


async def grant_of(session: Session) -> Json:
    listed = (await session.client.get("/api/auth/grants/", headers=session.bearer)).json()
    return listed["results"][0]


async def test_a_withdrawn_grant_ends_its_tokens(world: World, bruno: Session) -> None:
    tokens = await let_in(world, bruno)
    grant = await grant_of(bruno)
    gone = await bruno.client.delete(f"/api/auth/grants/{grant['id']}/", headers=bruno.bearer)
    assert gone.status_code == 204
    assert not await world.works(tokens["access_token"])
    assert error_of(await world.refresh(tokens["refresh_token"], world.other)) == (400, "invalid_grant")
    assert await world.introspect(tokens["access_token"], world.other) == {"active": False}


async def test_a_code_of_a_withdrawn_grant_gives_nothing(world: World, bruno: Session) -> None:
    code = answered(await world.allow(world.other, session=bruno))["code"]
    grant = await grant_of(bruno)
    await bruno.client.delete(f"/api/auth/grants/{grant['id']}/", headers=bruno.bearer)
    assert error_of(await redeem(bruno, world.other, code)) == (400, "invalid_grant")


async def test_a_grant_is_withdrawn_by_its_person_alone(world: World, bruno: Session) -> None:
    tokens = await let_in(world, bruno)
    grant = await grant_of(bruno)
    answer = await world.ada.client.delete(f"/api/auth/grants/{grant['id']}/", headers=world.ada.bearer)
    assert answer.status_code == 404
    assert await world.works(tokens["access_token"])


async def test_a_lower_role_takes_its_scopes_away(world: World, bruno: Session) -> None:
    tokens = await let_in(world, bruno, scope="openid graph:search notion:read offline_access")
    me = "/notion/v1/users/me"
    assert (await world.call(tokens["access_token"], me)).status_code != 403
    await world.service.execute("UPDATE accounts SET role = 'viewer' WHERE id = :id", id=int(bruno.me["id"]))
    assert (await world.call(tokens["access_token"], me)).status_code == 403
    assert (await world.call(tokens["access_token"], SEARCH, q="a")).status_code == 200
    refreshed = await world.refresh(tokens["refresh_token"], world.other)
    assert refreshed.json()["scope"] == "openid offline_access graph:search"
    await world.service.execute("UPDATE accounts SET role = 'member' WHERE id = :id", id=int(bruno.me["id"]))
    assert (await world.call(tokens["access_token"], me)).status_code != 403


async def test_a_disconnected_workspace_is_gone_from_its_tokens(world: World, bruno: Session) -> None:
    tokens = await let_in(world, bruno)
    workspace = bruno.workspace_ids[0]
    assert workspace in (await world.call(tokens["access_token"])).json()["workspace_ids"]
    gone = await bruno.client.delete(f"/api/connections/{workspace}/", headers=bruno.bearer)
    assert gone.status_code == 200, gone.text
    assert workspace not in (await world.call(tokens["access_token"])).json()["workspace_ids"]


async def test_what_an_app_loses_its_tokens_lose(world: World) -> None:
    client = await register(world.ada)
    tokens = await world.tokens(client, scope="openid graph:search graph:read")
    assert (await world.call(tokens["access_token"], CHANGES)).status_code != 403
    change = {"scopes": ["openid", "graph:search"]}
    changed = await world.ada.client.patch(f"/api/oauth/apps/{client.id}/", json=change, headers=world.ada.bearer)
    assert changed.status_code == 200
    assert (await world.call(tokens["access_token"], CHANGES)).status_code == 403
    assert (await world.call(tokens["access_token"], SEARCH, q="a")).status_code == 200


async def test_a_removed_app_has_no_tokens(world: World) -> None:
    client = await register(world.ada)
    tokens = await world.tokens(client)
    await world.ada.client.delete(f"/api/oauth/apps/{client.id}/", headers=world.ada.bearer)
    assert not await world.works(tokens["access_token"])
    assert error_of(await world.refresh(tokens["refresh_token"], client)) == (401, "invalid_client")


async def test_narrower_consent_narrows_the_tokens_there_are(world: World, bruno: Session) -> None:
    """What a person ticks last is what they want, of an app that they let in twice."""
    tokens = await let_in(world, bruno, scope="openid offline_access graph:search graph:read")
    assert (await world.call(tokens["access_token"], CHANGES)).status_code == 200
    narrower = await let_in(world, bruno, scope="openid graph:search")
    assert (await world.call(tokens["access_token"], CHANGES)).status_code == 403
    assert (await world.call(tokens["access_token"], SEARCH, q="a")).status_code == 200
    assert (await world.call(tokens["access_token"])).json()["scopes"] == ["graph:search"]
    assert (await world.refresh(tokens["refresh_token"], world.other)).json()["scope"] == "openid graph:search"
    # And what is ticked once more comes back to the first, never to the narrower one.
    await let_in(world, bruno, scope="openid offline_access graph:search graph:read")
    assert (await world.call(tokens["access_token"], CHANGES)).status_code == 200
    assert (await world.call(narrower["access_token"], CHANGES)).status_code == 403


async def test_a_disabled_account_has_no_tokens_and_enabling_brings_none_back(world: World, bruno: Session) -> None:
    tokens = await let_in(world, bruno)
    await world.service.execute("UPDATE accounts SET disabled_at = now() WHERE id = :id", id=int(bruno.me["id"]))
    assert not await world.works(tokens["access_token"])
    assert error_of(await world.refresh(tokens["refresh_token"], world.other)) == (400, "invalid_grant")
    await world.service.execute("UPDATE accounts SET disabled_at = NULL WHERE id = :id", id=int(bruno.me["id"]))


async def test_a_session_that_ends_leaves_the_app_connected(world: World) -> None:
    """`offline_access`: a person who signs out of the dashboard has not withdrawn anything."""
    ada = await world.service.sign_in("ada")
    tokens = await let_in(world, ada)
    out = await ada.client.post("/api/auth/logout/", json={"refresh": ada.refresh}, headers=authorization(ada.access))
    assert out.status_code == 200
    assert (await world.refresh(tokens["refresh_token"], world.other)).status_code == 200

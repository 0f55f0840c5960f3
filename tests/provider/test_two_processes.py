"""Two processes that answer from memory: what one has answered as ended or changed, the other knows from then on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from ivgraph_auth.core.principal import Role
from tests.provider.kit import Client, register
from tests.provider.world import World, error_of
from tests.support.service import Json, Service, run_service

USERINFO = "/oauth2/userinfo"
INACTIVE = {"active": False}
HELD = "oauth_apps, oauth_app_secrets, oauth_grants, oauth_authorizations, accounts, account_workspaces"


@pytest.fixture(scope="module")
async def beside(shared_service: Service) -> AsyncIterator[Service]:
    """A second process on the database of the first."""
    common = shared_service.settings.model_dump(include={"secret_key", "encryption_keys", "database_url"})
    async with run_service(shared_service.clock, shared_service.sandbox, **common) as service:
        yield service


@pytest.fixture
async def there(world: World, beside: Service) -> World:
    """The same people and apps, at the other process."""
    for service in (world.service, beside):
        while service.app.composition.liveness.trouble:  # noqa: ASYNC110 -- as an operator would, by asking
            await asyncio.sleep(0)
    return replace(world, service=beside, ada=replace(world.ada, client=await beside.browser()))


async def rotate_secret(world: World, client: Client, hours: int) -> str:
    answer = await world.ada.client.post(
        f"/api/oauth/apps/{client.id}/secret/", json={"overlap_hours": hours}, headers=world.ada.bearer
    )
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["client_secret"]
    return made


async def change_app(world: World, method: str, client: Client, **body: Json) -> httpx.Response:
    path = f"/api/oauth/apps/{client.id}/"
    answer = await world.ada.client.request(method, path, json=body or None, headers=world.ada.bearer)
    assert answer.is_success, answer.text
    return answer


async def withdraw(world: World, client: Client) -> None:
    grants = (await world.ada.client.get("/api/auth/grants/", headers=world.ada.bearer)).json()["results"]
    grant = next(each for each in grants if each["client_id"] == client.client_id)
    gone = await world.ada.client.delete(f"/api/auth/grants/{grant['id']}/", headers=world.ada.bearer)
    assert gone.status_code == 204


async def test_what_is_remembered_needs_no_query(world: World, there: World) -> None:
    token = (await world.tokens())["access_token"]

    async def ask() -> list[int]:
        answers = [await there.call(token, path) for path in (USERINFO, "/api/auth/me/", "/api/auth/validate/")]
        assert (await there.introspect(token))["active"] is True
        return [answer.status_code for answer in answers]

    assert await ask() == [200, 200, 200]
    engine = create_async_engine(world.service.database_url)
    async with engine.begin() as connection:
        # Whoever asked any of these now would wait until the test is over.
        await connection.execute(text(f"LOCK {HELD}"))
        assert await ask() == [200, 200, 200]
    await engine.dispose()


async def test_a_rotated_secret_is_refused_from_the_answer_on(world: World, there: World) -> None:
    client = await register(world.ada)
    token = (await world.tokens(client))["access_token"]
    assert (await there.introspect(token, client))["active"] is True
    fresh = await rotate_secret(world, client, 0)
    answers = await asyncio.gather(*(there.post("/oauth2/introspect", client, token=token) for _ in range(10)))
    assert {error_of(answer) for answer in answers} == {(401, "invalid_client")}
    assert (await there.post("/oauth2/introspect", client, secret=fresh, token=token)).json()["active"] is True


async def test_a_remembered_secret_ends_with_its_overlap(world: World, there: World) -> None:
    client = await register(world.ada)
    token = (await world.tokens(client))["access_token"]
    fresh = await rotate_secret(world, client, 1)
    assert (await there.introspect(token, client))["active"] is True
    world.service.clock.advance(seconds=3601)
    assert error_of(await there.post("/oauth2/introspect", client, token=token)) == (401, "invalid_client")
    assert (await there.post("/oauth2/introspect", client, secret=fresh, token=token)).status_code == 200


async def test_a_removed_app_is_unknown_from_the_answer_on(world: World, there: World) -> None:
    client = await register(world.ada)
    token = (await world.tokens(client))["access_token"]
    assert (await there.introspect(token, client))["active"] is True
    await change_app(world, "DELETE", client)
    assert error_of(await there.post("/oauth2/introspect", client, token=token)) == (401, "invalid_client")
    assert (await there.call(token, USERINFO)).status_code == 401


async def test_what_an_app_loses_is_gone_from_its_tokens(world: World, there: World) -> None:
    client = await register(world.ada)
    token = (await world.tokens(client))["access_token"]
    assert "email" in (await there.introspect(token, client))["scope"].split()
    assert "email" in (await there.call(token, USERINFO)).json()
    await change_app(world, "PATCH", client, scopes=["openid", "graph:read"])
    assert (await there.introspect(token, client))["scope"] == "openid graph:read"
    assert "email" not in (await there.call(token, USERINFO)).json()


async def test_a_withdrawn_grant_is_over(world: World, there: World) -> None:
    tokens = await world.tokens(world.other)
    token = tokens["access_token"]
    assert (await there.introspect(token, world.other))["active"] is True
    await withdraw(world, world.other)
    assert await there.introspect(token, world.other) == INACTIVE
    statuses = [(await there.call(token, path)).status_code for path in (USERINFO, "/api/auth/me/")]
    assert statuses == [401, 401]
    assert error_of(await there.refresh(tokens["refresh_token"], world.other)) == (400, "invalid_grant")


async def test_a_revoked_access_token_is_over(world: World, there: World) -> None:
    tokens = await world.tokens()
    token = tokens["access_token"]
    assert await there.works(token)
    assert (await world.revoke(token)).status_code == 200
    assert not await there.works(token)
    assert await there.introspect(token) == INACTIVE
    fresh = (await there.refresh(tokens["refresh_token"])).json()["access_token"]
    assert await there.works(fresh)


async def test_a_lower_role_takes_its_scopes_away(world: World, there: World) -> None:
    token = (await world.tokens(scope="openid notion:read graph:read"))["access_token"]
    assert (await there.introspect(token))["scope"] == "openid graph:read notion:read"
    account_id = int(world.ada.me["id"])
    await set_role(world, account_id, Role.VIEWER)
    assert (await there.introspect(token))["scope"] == "openid graph:read"
    assert (await there.call(token)).json()["scopes"] == ["graph:read"]
    await set_role(world, account_id, Role.ADMIN)
    assert (await there.introspect(token))["scope"] == "openid graph:read notion:read"


async def set_role(world: World, account_id: int, role: Role) -> None:
    async with world.service.app.composition.liveness.change() as change:
        values = {"role": role.value, "id": account_id}
        await change.connection.execute(text("UPDATE accounts SET role = :role WHERE id = :id"), values)
        await change.touches(account_id)


async def test_a_disconnected_workspace_is_out_of_reach(world: World, there: World) -> None:
    bruno = await world.service.sign_in("bruno")
    workspace = bruno.workspace_ids[0]
    here = replace(world, ada=bruno)
    token = (await here.tokens(world.other))["access_token"]
    assert workspace in (await there.call(token)).json()["workspace_ids"]
    gone = await bruno.client.delete(f"/api/connections/{workspace}/", headers=bruno.bearer)
    assert gone.status_code == 200
    assert workspace not in (await there.call(token)).json()["workspace_ids"]


async def test_what_is_remembered_expires(world: World, there: World) -> None:
    token = (await world.tokens())["access_token"]
    assert await there.works(token)
    world.service.clock.advance(seconds=3600)
    assert not await there.works(token)
    assert await there.introspect(token) == INACTIVE


async def test_a_remembered_service_token_is_no_apps(world: World, there: World) -> None:
    token = (await world.ada.mint("graph:read"))["token"]
    assert (await there.call(token)).status_code == 200
    assert (await there.call(token, USERINFO)).status_code == 401
    assert await there.introspect(token) == INACTIVE


async def test_refreshes_at_once_at_both_have_one_successor(world: World, there: World) -> None:
    token = (await world.tokens())["refresh_token"]
    answers = await asyncio.gather(*(each.refresh(token) for _ in range(10) for each in (world, there)))
    assert {answer.status_code for answer in answers} == {200}
    successors = {answer.json()["refresh_token"] for answer in answers}
    assert len(successors) == 1
    assert (await there.refresh(successors.pop())).status_code == 200


async def test_a_refresh_under_way_while_its_grant_is_withdrawn_leaves_nothing_behind(
    world: World, there: World
) -> None:
    token = (await world.tokens(world.other))["refresh_token"]
    under_way = asyncio.gather(*(there.refresh(token, world.other) for _ in range(10)))
    await withdraw(world, world.other)
    answers = await under_way
    assert {answer.status_code for answer in answers} <= {200, 400}
    for answer in answers:
        given = answer.json()
        if answer.status_code == 200:
            assert not await there.works(given["access_token"])
            assert error_of(await world.refresh(given["refresh_token"], world.other)) == (400, "invalid_grant")
        else:
            assert given["error"] == "invalid_grant"

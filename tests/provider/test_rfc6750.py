"""RFC 6750, Bearer Token Usage."""

import httpx
import pytest

from tests.provider.world import World, error_of
from tests.support.service import Json

SEARCH = "/api/v1/graph/search"
DOORS = ("/api/auth/validate/", "/api/auth/me/", f"{SEARCH}?q=a", "/notion/v1/users/me", "/oauth2/userinfo")


@pytest.fixture(scope="module")
async def tokens(world: World) -> Json:
    return await world.tokens()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_2_1_in_the_header(world: World, tokens: Json, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {tokens['access_token']}"}
    assert (await world.ada.client.get(SEARCH, params={"q": "a"}, headers=headers)).status_code == 200


async def test_2_not_in_two_headers(world: World, tokens: Json) -> None:
    value = f"Bearer {tokens['access_token']}"
    answer = await world.ada.client.get(SEARCH, headers=[("Authorization", value), ("Authorization", value)])
    assert answer.status_code == 401


async def test_2_2_not_in_a_form(world: World, tokens: Json) -> None:
    answer = await world.ada.client.post("/oauth2/userinfo", data={"access_token": tokens["access_token"]})
    assert answer.status_code == 401


async def test_2_3_not_in_the_query(world: World, tokens: Json) -> None:
    for path in (SEARCH, "/oauth2/userinfo"):
        answer = await world.ada.client.get(path, params={"access_token": tokens["access_token"]})
        assert answer.status_code == 401


@pytest.mark.parametrize("door", DOORS)
async def test_3_1_without_a_credential_the_challenge_names_no_error(world: World, door: str) -> None:
    answer = await world.ada.client.get(door)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")
    assert "error" not in answer.headers["www-authenticate"]


@pytest.mark.parametrize("door", DOORS)
async def test_3_1_a_token_that_is_none_is_invalid_token(world: World, tokens: Json, door: str) -> None:
    answer = await world.call(tokens["access_token"][:-8] + "AAAAAAAA", door)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_3_1_userinfo_tells_the_error_in_its_body_too(world: World) -> None:
    assert error_of(await world.call("a.b.c", "/oauth2/userinfo")) == (401, "invalid_token")
    tokens = await world.tokens(world.other, scope="profile")
    assert error_of(await world.call(tokens["access_token"], "/oauth2/userinfo")) == (403, "insufficient_scope")


async def test_3_1_what_is_missing_is_named(world: World) -> None:
    tokens = await world.tokens(world.other, scope="openid graph:search")
    for path, scope in (("/api/v1/graph/changes", "graph:read"), ("/api/auth/me/", "profile")):
        answer = await world.call(tokens["access_token"], path)
        assert answer.status_code == 403
        challenge = answer.headers["www-authenticate"]
        assert 'error="insufficient_scope"' in challenge
        assert f'scope="{scope}"' in challenge


@pytest.mark.parametrize("kind", ["refresh_token", "id_token", "code", "session_refresh", "service_token_cut"])
@pytest.mark.parametrize("door", DOORS)
async def test_5_2_what_is_no_access_token_opens_nothing(world: World, tokens: Json, door: str, kind: str) -> None:
    minted = await world.ada.mint("graph:read", name=f"cut {door} {kind}") if kind == "service_token_cut" else None
    if minted:
        await world.ada.client.delete(f"/api/tokens/{minted['id']}/", headers=world.ada.bearer)
    wrong = {
        "refresh_token": tokens["refresh_token"],
        "id_token": tokens["id_token"],
        "code": await world.code() if kind == "code" else "",
        "session_refresh": world.ada.refresh,
        "service_token_cut": minted["token"] if minted else "",
    }
    assert (await world.call(wrong[kind], door)).status_code == 401


async def test_5_2_a_session_and_a_service_token_are_no_apps(world: World) -> None:
    minted = await world.ada.mint("graph:read", name="no app's")
    for credential in (world.ada.access, minted["token"]):
        assert (await world.call(credential, "/oauth2/userinfo")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/tokens/"),
        ("POST", "/api/tokens/"),
        ("GET", "/api/auth/sessions/"),
        ("POST", "/api/auth/logout-all/"),
        ("GET", "/api/auth/grants/"),
        ("DELETE", "/api/auth/grants/1/"),
        ("GET", "/api/oauth/apps/"),
        ("GET", "/api/audit/"),
        ("DELETE", "/api/auth/me/"),
    ],
)
async def test_5_2_an_app_does_not_act_for_the_account_itself(
    world: World, tokens: Json, method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer = await world.ada.client.request(method, path, headers=headers, json=None if method != "POST" else {})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_credential_kind")


async def test_5_3_a_token_ends_after_its_hour(world: World) -> None:
    tokens = await world.tokens(world.spa)
    world.service.clock.advance(seconds=tokens["expires_in"])
    answer: httpx.Response = await world.call(tokens["access_token"])
    assert answer.status_code == 401

"""RFC 7662, Token Introspection."""

import pytest

from tests.provider.kit import answered, redeem
from tests.provider.world import World, claims_of, error_of
from tests.support.service import Json

INTROSPECT = "/oauth2/introspect"


async def test_2_1_answers_to_post_alone(world: World) -> None:
    assert (await world.ada.client.get(INTROSPECT, params={"token": "x"})).status_code == 405


async def test_2_1_whoever_asks_has_to_prove_who_it_is(world: World) -> None:
    tokens = await world.tokens()
    for client, secret in ((world.web, "wrong"), (world.spa, None)):
        answer = await world.post(INTROSPECT, client, secret=secret, token=tokens["access_token"])
        assert error_of(answer) == (401, "invalid_client")
    bare = await world.ada.client.post(
        INTROSPECT, data={"token": tokens["access_token"], "client_id": world.web.client_id}
    )
    assert error_of(bare) == (401, "invalid_client")


async def test_2_1_a_bearer_is_no_proof_of_an_app(world: World) -> None:
    answer = await world.ada.client.post(INTROSPECT, data={"token": "x"}, headers=world.ada.bearer)
    assert error_of(answer) == (401, "invalid_client")


async def test_2_1_without_a_token_the_request_is_invalid(world: World) -> None:
    assert error_of(await world.post(INTROSPECT)) == (400, "invalid_request")


async def test_2_2_an_access_token_as_it_is(world: World) -> None:
    tokens = await world.tokens()
    claims = claims_of(tokens["access_token"])
    told = await world.introspect(tokens["access_token"])
    assert told["active"] is True
    assert {name: told[name] for name in ("iss", "sub", "aud", "client_id", "exp", "iat", "jti", "scope")} == {
        name: claims[name] for name in ("iss", "sub", "aud", "client_id", "exp", "iat", "jti", "scope")
    }
    assert told["token_type"] == "Bearer"


async def test_2_2_a_refresh_token(world: World) -> None:
    tokens = await world.tokens()
    told = await world.introspect(tokens["refresh_token"], token_type_hint="access_token")
    assert (told["active"], told["client_id"], told["scope"]) == (True, world.web.client_id, tokens["scope"])


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_2_2_another_apps_token_is_not_active(world: World, kind: str) -> None:
    tokens = await world.tokens()
    assert await world.introspect(tokens[kind], world.other) == {"active": False}


@pytest.mark.parametrize("token", ["nonsense", "ivr_" + "x" * 43, "a.b.c", "\u00e9", "x" * 9000])
async def test_2_2_of_what_is_no_token_nothing_is_told(world: World, token: str) -> None:
    assert await world.introspect(token) == {"active": False}


async def test_2_2_other_credentials_are_not_active(world: World) -> None:
    tokens = await world.tokens()
    minted = await world.ada.mint(name="introspected")
    code = await world.code()
    for credential in (world.ada.access, world.ada.refresh, minted["token"], tokens["id_token"], code):
        assert await world.introspect(credential) == {"active": False}


async def test_2_2_what_is_revoked_is_not_active(world: World) -> None:
    tokens = await world.tokens()
    await world.revoke(tokens["access_token"])
    assert await world.introspect(tokens["access_token"]) == {"active": False}
    assert (await world.introspect(tokens["refresh_token"]))["active"] is True
    await world.revoke(tokens["refresh_token"])
    assert await world.introspect(tokens["refresh_token"]) == {"active": False}


async def test_2_2_what_has_expired_is_not_active(world: World) -> None:
    tokens = await world.tokens()
    world.service.clock.advance(seconds=3600)
    assert await world.introspect(tokens["access_token"]) == {"active": False}


async def test_2_2_scope_is_what_it_is_good_for_now(world: World) -> None:
    bruno = await world.service.sign_in("bruno")
    page = await world.allow(world.other, session=bruno, scope="openid graph:read notion:read offline_access")
    tokens = await redeem_for(world, page)
    await world.service.execute("UPDATE accounts SET role = 'viewer' WHERE id = :id", id=int(bruno.me["id"]))
    told = await world.introspect(tokens["access_token"], world.other)
    assert told["scope"] == "openid offline_access graph:read"
    await world.service.execute("UPDATE accounts SET role = 'member' WHERE id = :id", id=int(bruno.me["id"]))


async def test_4_answers_are_not_kept(world: World) -> None:
    answer = await world.post(INTROSPECT, token="x")
    assert answer.headers["cache-control"] == "no-store"


async def redeem_for(world: World, sent_back: Json) -> Json:
    return (await redeem(world.ada, world.other, answered(sent_back)["code"])).json()

"""RFC 7009, Token Revocation."""

import pytest

from tests.provider.world import World, error_of

REVOKE = "/oauth2/revoke"


async def test_2_answers_to_post_alone(world: World) -> None:
    assert (await world.ada.client.get(REVOKE, params={"token": "x"})).status_code == 405


async def test_2_1_a_refresh_token_ends_with_all_that_came_of_it(world: World) -> None:
    tokens = await world.tokens()
    newer = (await world.refresh(tokens["refresh_token"])).json()
    assert (await world.revoke(newer["refresh_token"])).status_code == 200
    assert error_of(await world.refresh(newer["refresh_token"])) == (400, "invalid_grant")
    assert not await world.works(tokens["access_token"])
    assert not await world.works(newer["access_token"])


async def test_2_1_one_replaced_a_moment_ago_ends_it_too(world: World) -> None:
    tokens = await world.tokens()
    newer = (await world.refresh(tokens["refresh_token"])).json()
    assert (await world.revoke(tokens["refresh_token"])).status_code == 200
    assert error_of(await world.refresh(newer["refresh_token"])) == (400, "invalid_grant")


async def test_2_1_an_access_token_ends_alone(world: World) -> None:
    tokens = await world.tokens()
    assert (await world.revoke(tokens["access_token"])).status_code == 200
    assert not await world.works(tokens["access_token"])
    newer = await world.refresh(tokens["refresh_token"])
    assert await world.works(newer.json()["access_token"])


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "", "x" * 999])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_2_1_a_wrong_hint_does_no_harm(world: World, hint: str, kind: str) -> None:
    tokens = await world.tokens()
    assert (await world.revoke(tokens[kind], token_type_hint=hint)).status_code == 200
    assert not await world.works(tokens["access_token"])


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_2_1_another_apps_token_is_left_alone(world: World, kind: str) -> None:
    tokens = await world.tokens()
    for client in (world.other, world.spa):
        assert (await world.revoke(tokens[kind], client)).status_code == 200
    assert await world.works(tokens["access_token"])
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200


async def test_2_1_an_app_with_a_secret_has_to_prove_itself(world: World) -> None:
    tokens = await world.tokens()
    bare = await world.ada.client.post(
        REVOKE, data={"client_id": world.web.client_id, "token": tokens["refresh_token"]}
    )
    assert error_of(bare) == (401, "invalid_client")
    wrong = await world.post(REVOKE, secret="wrong", token=tokens["refresh_token"])
    assert error_of(wrong) == (401, "invalid_client")
    assert await world.works(tokens["access_token"])


async def test_2_1_a_public_app_revokes_its_own(world: World) -> None:
    tokens = await world.tokens(world.spa)
    assert (await world.revoke(tokens["refresh_token"], world.spa)).status_code == 200
    assert not await world.works(tokens["access_token"])


async def test_2_1_without_a_token_the_request_is_invalid(world: World) -> None:
    assert error_of(await world.revoke("")) == (400, "invalid_request")


@pytest.mark.parametrize("token", ["nonsense", "ivr_" + "x" * 43, "a.b.c", "\u00e9", "x" * 9000])
async def test_2_2_what_is_no_token_is_revoked_already(world: World, token: str) -> None:
    assert (await world.revoke(token)).status_code == 200


async def test_2_2_revoking_twice_is_no_error(world: World) -> None:
    tokens = await world.tokens()
    for _ in range(2):
        for kind in ("access_token", "refresh_token"):
            assert (await world.revoke(tokens[kind])).status_code == 200


async def test_2_2_what_is_of_other_kinds_stays(world: World) -> None:
    """A session, its refresh token and a service token are no app's to end."""
    minted = await world.ada.mint(name="stays")
    for credential in (world.ada.access, world.ada.refresh, minted["token"]):
        assert (await world.revoke(credential)).status_code == 200
    assert await world.works(world.ada.access)
    assert await world.works(minted["token"])


async def test_5_a_code_is_no_token(world: World) -> None:
    code = await world.code()
    assert (await world.revoke(code)).status_code == 200

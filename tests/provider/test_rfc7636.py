"""RFC 7636, Proof Key for Code Exchange."""

import pytest

from tests.provider.kit import CHALLENGE, VERIFIER, answered, redeem
from tests.provider.world import World, error_of
from tests.support.service import Json


@pytest.mark.parametrize("app", ["spa", "web"])
async def test_4_4_1_every_app_sends_a_challenge(world: World, app: str) -> None:
    sent_back = answered(await world.ask({"spa": world.spa, "web": world.web}[app], code_challenge=None))
    assert sent_back["error"] == "invalid_request"
    assert "code_challenge" in sent_back["error_description"]


@pytest.mark.parametrize("method", [None, "plain", "s256", "S512"])
async def test_4_3_the_method_is_s256(world: World, method: str | None) -> None:
    sent_back = answered(await world.ask(code_challenge_method=method))
    assert sent_back["error"] == "invalid_request"


@pytest.mark.parametrize(
    "challenge", [CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE + "=", CHALLENGE[:-1] + "+", "\u00e9" * 43]
)
async def test_4_2_the_challenge_is_of_base64url(world: World, challenge: str) -> None:
    assert answered(await world.ask(code_challenge=challenge))["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (VERIFIER[:-1] + "x", "invalid_grant"),
        (CHALLENGE, "invalid_grant"),
        ("v" * 42, "invalid_request"),
        ("v" * 129, "invalid_request"),
        (VERIFIER + " ", "invalid_request"),
        ("", "invalid_request"),
    ],
)
async def test_4_6_another_verifier_gets_nothing(world: World, verifier: str, error: str) -> None:
    answer = await redeem(world.ada, world.spa, await world.code(world.spa), code_verifier=verifier)
    assert error_of(answer) == (400, error)


async def test_4_6_a_wrong_verifier_does_not_use_the_code_up(world: World) -> None:
    code = await world.code(world.spa)
    await redeem(world.ada, world.spa, code, code_verifier="v" * 43)
    assert (await redeem(world.ada, world.spa, code)).status_code == 200


async def test_4_6_a_verifier_is_of_one_code(world: World) -> None:
    code = await world.code(world.spa, code_challenge="A" * 43)
    assert error_of(await redeem(world.ada, world.spa, code)) == (400, "invalid_grant")


async def test_4_2_the_method_is_announced(world: World) -> None:
    told: Json = (await world.ada.client.get("/.well-known/oauth-authorization-server")).json()
    assert told["code_challenge_methods_supported"] == ["S256"]

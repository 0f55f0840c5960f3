"""RFC 9207, OAuth 2.0 Authorization Server Issuer Identification."""

from tests.provider.kit import answered, decide
from tests.provider.world import World


async def test_2_iss_stands_in_an_answer_with_a_code(world: World) -> None:
    sent_back = answered(await world.allow())
    assert sent_back["code"]
    assert sent_back["iss"] == world.issuer


async def test_2_iss_stands_in_every_answer_with_an_error(world: World) -> None:
    refused = answered(await decide(world.ada, await world.ask(), "deny"))
    malformed = answered(await world.ask(response_type="token"))
    silent = answered(await world.ask(world.other, prompt="none"))
    assert [answer["error"] for answer in (refused, malformed, silent)] == [
        "access_denied",
        "unsupported_response_type",
        "consent_required",
    ]
    assert {answer["iss"] for answer in (refused, malformed, silent)} == {world.issuer}


async def test_2_4_iss_is_that_of_the_metadata_to_the_letter(world: World) -> None:
    told = (await world.ada.client.get("/.well-known/oauth-authorization-server")).json()
    assert answered(await world.allow())["iss"] == told["issuer"]


async def test_3_it_is_announced(world: World) -> None:
    told = (await world.ada.client.get("/.well-known/oauth-authorization-server")).json()
    assert told["authorization_response_iss_parameter_supported"] is True

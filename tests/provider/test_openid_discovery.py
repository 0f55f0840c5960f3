"""OpenID Connect Discovery 1.0."""

from urllib.parse import urlsplit

import pytest

from tests.provider.world import World, claims_of
from tests.support.service import Json

WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.fixture(scope="module")
async def told(world: World) -> Json:
    return (await world.ada.client.get(WELL_KNOWN)).json()


@pytest.mark.parametrize(
    "member",
    [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ],
)
async def test_3_what_is_required(told: Json, member: str) -> None:
    assert told[member]


async def test_3_recommended_members_are_there(told: Json) -> None:
    assert told["userinfo_endpoint"] == f"{told['issuer']}/oauth2/userinfo"
    assert {"openid", "profile", "email", "offline_access"} <= set(told["scopes_supported"])
    assert {"sub", "email", "email_verified"} <= set(told["claims_supported"])


async def test_3_issuer_has_neither_query_nor_fragment(told: Json) -> None:
    assert not {"?", "#"} & set(told["issuer"])
    assert not told["issuer"].endswith("/")


async def test_3_rs256_signs_id_tokens_and_none_does_not(told: Json) -> None:
    assert "RS256" in told["id_token_signing_alg_values_supported"]
    for name, values in told.items():
        if "_alg_values_supported" in name:
            assert "none" not in values, name


async def test_3_keys_are_public_named_and_for_signing(world: World, told: Json) -> None:
    keys = (await world.ada.client.get(urlsplit(told["jwks_uri"]).path)).json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) > 0
    for key in keys:
        assert key["use"] == "sig"
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()


async def test_3_what_there_is_not_is_said(told: Json) -> None:
    """`request_uri_parameter_supported` would be true if it were left out."""
    assert told["request_uri_parameter_supported"] is False
    assert told["request_parameter_supported"] is False
    assert told["claims_parameter_supported"] is False
    assert told["response_types_supported"] == ["code"]
    assert told["response_modes_supported"] == ["query"]


async def test_3_subjects_are_public(world: World, told: Json) -> None:
    assert told["subject_types_supported"] == ["public"]
    subjects = {
        claims_of((await world.tokens(client))["id_token"])["sub"] for client in (world.web, world.other, world.spa)
    }
    assert subjects == {world.ada.me["id"]}


async def test_4_1_it_is_found_at_the_issuer(world: World, told: Json) -> None:
    assert urlsplit(told["issuer"]).path == ""
    assert (await world.ada.client.get(told["issuer"] + WELL_KNOWN)).status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
async def test_4_2_json_whatever_is_accepted_and_no_redirect(world: World, accept: str) -> None:
    answer = await world.ada.client.get(WELL_KNOWN, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


async def test_4_2_no_member_is_an_empty_list_or_null(told: Json) -> None:
    assert [name for name, value in told.items() if value in ([], None, "")] == []


async def test_4_3_issuer_is_that_of_the_id_token(world: World, told: Json) -> None:
    assert claims_of((await world.tokens())["id_token"])["iss"] == told["issuer"] == world.issuer


async def test_4_3_the_document_of_rfc_8414_says_the_same(world: World, told: Json) -> None:
    assert (await world.ada.client.get("/.well-known/oauth-authorization-server")).json() == told

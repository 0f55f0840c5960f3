"""RFC 8414, OAuth 2.0 Authorization Server Metadata."""

from urllib.parse import urlsplit

import pytest

from tests.provider.world import World
from tests.support.service import Json

WELL_KNOWN = "/.well-known/oauth-authorization-server"


@pytest.fixture(scope="module")
async def told(world: World) -> Json:
    answer = await world.ada.client.get(WELL_KNOWN)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("member", ["issuer", "authorization_endpoint", "token_endpoint", "response_types_supported"])
async def test_2_what_is_required(told: Json, member: str) -> None:
    assert told[member]


async def test_2_issuer_has_neither_query_nor_fragment(told: Json) -> None:
    assert not {"?", "#"} & set(told["issuer"])
    assert not told["issuer"].endswith("/")


async def test_2_jwks_uri_leads_to_keys_for_signing(world: World, told: Json) -> None:
    answer = await world.ada.client.get(told["jwks_uri"])
    keys = answer.json()["keys"]
    assert keys
    assert all(key["use"] == "sig" and key["kid"] and not {"d", "p", "q", "k"} & key.keys() for key in keys)


async def test_2_every_endpoint_is_there(world: World, told: Json) -> None:
    endpoints = {name: url for name, url in told.items() if name.endswith("_endpoint")}
    assert len(endpoints) >= 6
    for name, url in endpoints.items():
        assert url.startswith(f"{told['issuer']}/"), name
        get, post = [
            await world.ada.client.request(method, urlsplit(url).path, data={} if method == "POST" else None)
            for method in ("GET", "POST")
        ]
        assert 404 not in (get.status_code, post.status_code), name
        assert {get.status_code, post.status_code} != {405}, name


async def test_2_methods_of_introspection_and_revocation_prove_something(told: Json) -> None:
    assert "none" not in told["introspection_endpoint_auth_methods_supported"]
    assert {"client_secret_basic", "client_secret_post"} <= set(told["introspection_endpoint_auth_methods_supported"])
    assert {"client_secret_basic", "none"} <= set(told["revocation_endpoint_auth_methods_supported"])


async def test_2_signing_algorithms_of_assertions_are_named_and_none_is_not(told: Json) -> None:
    algorithms = told["token_endpoint_auth_signing_alg_values_supported"]
    assert "RS256" in algorithms
    assert "none" not in algorithms


async def test_3_1_the_path_of_a_resource_may_follow(world: World, told: Json) -> None:
    for path in ("/mcp", "/notion", "/api/v1"):
        assert (await world.ada.client.get(f"{WELL_KNOWN}{path}")).json() == told


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
async def test_3_2_json_whatever_is_accepted_and_no_redirect(world: World, accept: str) -> None:
    answer = await world.ada.client.get(WELL_KNOWN, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


async def test_3_2_no_member_is_an_empty_list(told: Json) -> None:
    assert [name for name, value in told.items() if value in ([], None, "")] == []


async def test_3_3_issuer_is_where_it_was_asked_for(world: World, told: Json) -> None:
    assert told["issuer"] == world.issuer
    elsewhere = await world.ada.client.get(WELL_KNOWN, headers={"X-Forwarded-Host": "evil.example"})
    assert elsewhere.json() == told


async def test_6_1_links_are_of_the_issuers_scheme(told: Json) -> None:
    links = [value for name, value in told.items() if name.endswith(("_uri", "_endpoint", "_documentation"))]
    assert {urlsplit(link)[:2] for link in links} == {urlsplit(told["issuer"])[:2]}

"""RFC 9728, OAuth 2.0 Protected Resource Metadata."""

import re
from urllib.parse import urlsplit

import pytest

from tests.provider.world import World

PATHS = ("", "/api/v1", "/mcp", "/notion")
CALLS = {"/api/v1": ("/api/v1/graph/search?q=a", "/api/v1/tools"), "/notion": ("/notion/v1/users/me",)}


@pytest.mark.parametrize("path", PATHS)
async def test_2_resource_and_its_server_are_named(world: World, path: str) -> None:
    told = (await world.ada.client.get(f"/.well-known/oauth-protected-resource{path}")).json()
    assert told["resource"] == world.issuer + path
    assert told["authorization_servers"] == [world.issuer]
    assert told["bearer_methods_supported"] == ["header"]


@pytest.mark.parametrize("path", PATHS)
async def test_2_scopes_are_some_that_the_server_has(world: World, path: str) -> None:
    told = (await world.ada.client.get(f"/.well-known/oauth-protected-resource{path}")).json()
    server = (await world.ada.client.get("/.well-known/oauth-authorization-server")).json()
    assert set(told["scopes_supported"]) < set(server["scopes_supported"])
    assert "offline_access" not in told["scopes_supported"]
    assert told["resource"] in server["protected_resources"]


@pytest.mark.parametrize("path", PATHS)
async def test_3_2_json_and_no_redirect(world: World, path: str) -> None:
    answer = await world.ada.client.get(
        f"/.well-known/oauth-protected-resource{path}", headers={"Accept": "text/html", "Host": "evil.example"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert "evil.example" not in answer.text


async def test_3_an_unknown_resource_has_no_document(world: World) -> None:
    assert (await world.ada.client.get("/.well-known/oauth-protected-resource/other")).status_code == 404


@pytest.mark.parametrize(("path", "call"), [(path, call) for path, calls in CALLS.items() for call in calls])
@pytest.mark.parametrize("token", ["", "a.b.c", "ivg_" + "x" * 32])
async def test_5_1_a_401_leads_to_the_document_of_its_resource(world: World, path: str, call: str, token: str) -> None:
    answer = await world.ada.client.get(call, headers={"Authorization": f"Bearer {token}"} if token else {})
    assert answer.status_code == 401
    link = re.search(r'resource_metadata="([^"]+)"', answer.headers["www-authenticate"])
    assert link
    found = await world.ada.client.get(urlsplit(link[1]).path)
    assert found.json()["resource"] == world.issuer + path


async def test_3_3_resource_is_what_a_client_asks_a_token_for(world: World) -> None:
    for path in PATHS:
        told = (await world.ada.client.get(f"/.well-known/oauth-protected-resource{path}")).json()
        assert (await world.ask(resource=told["resource"])).status_code == 200


async def test_5_1_a_403_names_what_is_missing(world: World) -> None:
    tokens = await world.tokens(world.other, scope="openid graph:search")
    answer = await world.call(tokens["access_token"], "/api/v1/graph/changes")
    assert answer.status_code == 403
    challenge = answer.headers["www-authenticate"]
    assert 'scope="graph:read"' in challenge
    assert 'resource_metadata="' in challenge

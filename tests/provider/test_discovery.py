"""Discovery that every client finds (RFC 8414, RFC 9728, OpenID Connect Discovery)."""

import pytest

from ivgraph_auth.keys.keyring import generate_key
from tests.conftest import MakeService
from tests.support.service import Service

ORIGIN = {"Origin": "https://elsewhere.example", "Accept": "text/html"}


@pytest.mark.parametrize("path", ["", "/mcp", "/notion", "/api/v1"])
@pytest.mark.parametrize("name", ["oauth-authorization-server", "openid-configuration"])
async def test_authorization_server_is_found(shared_service: Service, name: str, path: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(f"/.well-known/{name}{path}", headers=ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    told = answer.json()
    public_url = shared_service.settings.public_url
    assert told["issuer"] == public_url
    assert told["token_endpoint"] == f"{public_url}/oauth2/token"
    assert "none" in told["token_endpoint_auth_methods_supported"]
    assert "offline_access" in told["scopes_supported"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize("path", ["", "/mcp", "/notion", "/api/v1"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_protected_resource_names_itself(shared_service: Service, path: str, slash: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(f"/.well-known/oauth-protected-resource{path}{slash}", headers=ORIGIN)
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    told = answer.json()
    public_url = shared_service.settings.public_url
    assert told["resource"] == public_url + path
    assert told["authorization_servers"] == [public_url]
    assert "offline_access" not in told["scopes_supported"]


@pytest.mark.parametrize(
    ("path", "resource"),
    [("/api/v1/graph/search?q=a", "/api/v1"), ("/notion/v1/users/me", "/notion"), ("/api/v1/tools", "/api/v1")],
)
async def test_challenge_leads_to_the_resource(shared_service: Service, path: str, resource: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(path)
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    public_url = shared_service.settings.public_url
    assert f'resource_metadata="{public_url}/.well-known/oauth-protected-resource{resource}"' in challenge
    assert 'scope="' in challenge


async def test_elsewhere_the_challenge_says_nothing_of_apps(shared_service: Service) -> None:
    client = await shared_service.browser()
    answer = await client.get("/api/tokens/")
    assert answer.headers["www-authenticate"] == 'Bearer realm="ivgraph"'


async def test_algorithms_of_keys_from_before_are_announced(make_service: MakeService) -> None:
    """Those keys go on signing after a change of the setting (OpenID Connect Discovery §3 asks for RS256 anyway)."""
    encryption_keys = generate_key("test")
    client = await (await make_service(encryption_keys=encryption_keys)).browser()
    keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
    client = await (await make_service(encryption_keys=encryption_keys, app_token_algorithm="ES256")).browser()
    assert (await client.get("/.well-known/jwks.json")).json()["keys"] == keys
    announced = (await client.get("/.well-known/openid-configuration")).json()["id_token_signing_alg_values_supported"]
    assert {key["alg"] for key in keys} | {"ES256"} <= set(announced)


async def test_the_door_for_mcp_asks_for_a_credential(shared_service: Service) -> None:
    """What describes it leads to a door that is open."""
    client = await shared_service.browser()
    answers = [await client.request(method, "/mcp") for method in ("GET", "POST")]
    assert [answer.status_code for answer in answers] == [405, 401]
    assert "resource_metadata" in answers[1].headers["www-authenticate"]

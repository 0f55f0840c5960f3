"""Authlib's OAuth client and joserfc, as they come from the registry, against the provider."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from tests.interop.oauth_provider import Provider, run_provider
from tests.interop.person import Person
from tests.provider.kit import CALLBACK, VERIFIER, Client
from tests.support.postgres import TestDatabases
from tests.support.service import Json

# joserfc warns of the name that everybody else still knows this algorithm by.
pytestmark = [pytest.mark.interop, pytest.mark.filterwarnings("ignore:EdDSA is deprecated")]

SCOPE = "openid profile email offline_access graph:read graph:search"


@pytest.fixture
async def person(provider: Provider) -> Person:
    return await provider.person()


async def begin(provider: Provider, person: Person, app: Client, **more: Json) -> tuple[AsyncOAuth2Client, Json]:
    """Authlib with its tokens, by code and PKCE."""
    given = {"client_secret": app.secret, **more}
    client = AsyncOAuth2Client(app.client_id, scope=SCOPE, redirect_uri=CALLBACK, code_challenge_method="S256", **given)
    link, state = client.create_authorization_url(f"{provider.url}/oauth2/authorize", code_verifier=VERIFIER)
    back = await person.open(link)
    token = await client.fetch_token(
        f"{provider.url}/oauth2/token", authorization_response=back.url, state=state, code_verifier=VERIFIER
    )
    return client, token


async def search(provider: Provider, client: AsyncOAuth2Client) -> int:
    answer = await client.get(f"{provider.url}/api/v1/graph/search", params={"q": "a"})
    return int(answer.status_code)


@pytest.mark.parametrize(
    ("app_type", "method"),
    [("regular_web", "client_secret_basic"), ("regular_web", "client_secret_post"), ("spa", "none")],
)
async def test_authlib_from_link_to_call(provider: Provider, person: Person, app_type: str, method: str) -> None:
    app = await provider.register(app_type)
    client, token = await begin(provider, person, app, token_endpoint_auth_method=method)
    async with aclosing(client):
        assert token["scope"] == "openid profile email offline_access graph:search graph:read"
        assert await search(provider, client) == 200
        told = (await client.get(f"{provider.url}/oauth2/userinfo")).json()
        assert told["sub"] == await provider.account_id(person.name)
        assert told["email_verified"] is False


def private_keys() -> dict[str, Callable[[], Any]]:
    return {
        "RS256": lambda: RSAKey.generate_key(2048),
        "ES256": lambda: ECKey.generate_key("P-256"),
        "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
    }


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_authlib_proves_itself_with_its_own_key(provider: Provider, person: Person, algorithm: str) -> None:
    key = private_keys()[algorithm]()
    app = await provider.register(jwks={"keys": [key.as_dict(private=False)]})
    proof = PrivateKeyJWT(f"{provider.url}/oauth2/token", alg=algorithm)
    client, token = await begin(provider, person, app, client_secret=key, token_endpoint_auth_method=proof)
    async with aclosing(client):
        assert await search(provider, client) == 200
        newer = await client.refresh_token(f"{provider.url}/oauth2/token")
        assert newer["refresh_token"] != token["refresh_token"]


@pytest.mark.parametrize("app_type", ["regular_web", "spa"])
async def test_authlib_refreshes_and_revokes(provider: Provider, person: Person, app_type: str) -> None:
    app = await provider.register(app_type)
    method = "client_secret_basic" if app.secret else "none"
    client, token = await begin(provider, person, app, token_endpoint_auth_method=method)
    async with aclosing(client):
        newer = await client.refresh_token(f"{provider.url}/oauth2/token")
        assert newer["refresh_token"] != token["refresh_token"]
        assert await search(provider, client) == 200
        ended = await client.revoke_token(f"{provider.url}/oauth2/revoke", token=newer["refresh_token"])
        assert ended.status_code == 200
        assert await search(provider, client) == 401
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.refresh_token(f"{provider.url}/oauth2/token", newer["refresh_token"])


async def test_authlib_refreshes_by_itself_when_the_hour_is_over(provider: Provider, person: Person) -> None:
    app, kept = await provider.register(), []

    async def keep(token: Json, **_: Json) -> None:
        kept.append(token["refresh_token"])

    more = {"token_endpoint": f"{provider.url}/oauth2/token", "update_token": keep}
    client, token = await begin(provider, person, app, **more)
    async with aclosing(client):
        client.token["expires_at"] = 1
        assert await search(provider, client) == 200
        assert len(kept) == 1
        assert kept != [token["refresh_token"]]


async def test_authlib_introspects(provider: Provider, person: Person) -> None:
    app = await provider.register()
    client, token = await begin(provider, person, app)
    async with aclosing(client):
        inspect = f"{provider.url}/oauth2/introspect"
        for kind in ("access_token", "refresh_token"):
            told = (await client.introspect_token(inspect, token=token[kind], token_type_hint=kind)).json()
            assert (told["active"], told["client_id"]) == (True, app.client_id)
            assert told["sub"] == await provider.account_id(person.name)
        await client.revoke_token(f"{provider.url}/oauth2/revoke", token=token["access_token"])
        told = (await client.introspect_token(inspect, token=token["access_token"])).json()
        assert told == {"active": False}


@pytest.fixture(scope="module", params=["RS256", "ES256", "EdDSA"])
async def signing(request: pytest.FixtureRequest, migrated: TestDatabases) -> AsyncIterator[tuple[str, Provider]]:
    """A provider that signs by this algorithm."""
    url = await migrated.create()
    async with run_provider(url, app_token_algorithm=request.param) as running:
        yield request.param, running
    await migrated.drop(url)


async def test_joserfc_verifies_tokens_with_the_jwks(signing: tuple[str, Provider]) -> None:
    algorithm, provider = signing
    person, app = await provider.person(), await provider.register()
    client, token = await begin(provider, person, app)
    async with aclosing(client):
        at = f"{provider.url}/.well-known/openid-configuration"
        described = (await client.get(at)).json()
        assert algorithm in described["id_token_signing_alg_values_supported"]
        keys = KeySet.import_key_set((await client.get(described["jwks_uri"])).json())
    for text, audience in ((token["access_token"], provider.url), (token["id_token"], app.client_id)):
        decoded = jwt.decode(text, keys, algorithms=[algorithm])
        rules = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": provider.url},
            aud={"essential": True, "value": audience},
            sub={"essential": True, "value": await provider.account_id(person.name)},
            exp={"essential": True},
            iat={"essential": True},
        )
        rules.validate(decoded.claims)

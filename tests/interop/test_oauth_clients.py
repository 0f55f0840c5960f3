"""OAuth clients of other people, as they come from the registries, complete their flows against the provider."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.jwk import KeySet
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from tests.interop.oauth_provider import Provider, run_provider
from tests.provider.kit import CALLBACK, VERIFIER, Client, register
from tests.support.postgres import TestDatabases
from tests.support.service import Json

pytestmark = pytest.mark.interop

SCOPE = "openid profile email offline_access graph:read graph:search"


@pytest.fixture(scope="module")
async def provider(migrated: TestDatabases) -> AsyncIterator[Provider]:
    url = await migrated.create()
    async with run_provider(url) as running:
        yield running
    await migrated.drop(url)


@pytest.fixture(scope="module")
async def app(provider: Provider) -> Client:
    return await register(provider.ada)


async def begin(provider: Provider, app: Client, **more: Json) -> tuple[AsyncOAuth2Client, Json]:
    """Authlib with its tokens, by code and PKCE."""
    client = AsyncOAuth2Client(
        app.client_id, app.secret, scope=SCOPE, redirect_uri=CALLBACK, code_challenge_method="S256", **more
    )
    link, state = client.create_authorization_url(f"{provider.url}/oauth2/authorize", code_verifier=VERIFIER)
    back = await provider.allow(link)
    token = await client.fetch_token(
        f"{provider.url}/oauth2/token", authorization_response=back, state=state, code_verifier=VERIFIER
    )
    return client, token


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_authlib_from_link_to_call(provider: Provider, app: Client, method: str) -> None:
    client, token = await begin(provider, app, token_endpoint_auth_method=method)
    async with aclosing(client):
        assert token["scope"].split()[0] == "openid"
        found = await client.get(f"{provider.url}/api/v1/graph/search", params={"q": "a"})
        assert found.status_code == 200, found.text
        person = (await client.get(f"{provider.url}/oauth2/userinfo")).json()
        assert person["sub"] == provider.ada.me["id"]


async def test_authlib_refreshes_introspects_and_revokes(provider: Provider, app: Client) -> None:
    client, token = await begin(provider, app)
    async with aclosing(client):
        newer = await client.refresh_token(f"{provider.url}/oauth2/token")
        assert newer["refresh_token"] != token["refresh_token"]
        inspect = f"{provider.url}/oauth2/introspect"
        told = (await client.introspect_token(inspect, token=newer["access_token"])).json()
        assert (told["active"], told["client_id"]) == (True, app.client_id)
        ended = await client.revoke_token(f"{provider.url}/oauth2/revoke", token=newer["refresh_token"])
        assert ended.status_code == 200
        assert (await client.introspect_token(inspect, token=newer["access_token"])).json() == {"active": False}


async def test_joserfc_verifies_tokens_with_the_jwks(provider: Provider, app: Client) -> None:
    client, token = await begin(provider, app)
    async with aclosing(client):
        keys = KeySet.import_key_set((await client.get(f"{provider.url}/.well-known/jwks.json")).json())
    for text, audience in ((token["access_token"], provider.url), (token["id_token"], app.client_id)):
        decoded = jwt.decode(text, keys, algorithms=["RS256"])
        rules = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": provider.url},
            aud={"essential": True, "value": audience},
            sub={"essential": True, "value": provider.ada.me["id"]},
            exp={"essential": True},
        )
        rules.validate(decoded.claims)


class Storage:
    """Of the `mcp` package's client; `info` is what an admin handed over."""

    def __init__(self, info: OAuthClientInformationFull) -> None:
        self.info: OAuthClientInformationFull | None = info
        self.tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.info

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.info = client_info


async def test_mcp_client_finds_its_way_from_a_401(provider: Provider) -> None:
    """Discovery from the challenge, code, `resource`, and the call made again."""
    app = await register(provider.ada, "spa", name="MCP client")
    metadata: Json = {
        "redirect_uris": [AnyUrl(CALLBACK)],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "scope": SCOPE,
    }
    storage = Storage(OAuthClientInformationFull(client_id=app.client_id, issuer=provider.url, **metadata))
    links: list[str] = []

    async def open_link(link: str) -> None:
        links.append(link)

    async def come_back() -> AuthorizationCodeResult:
        told = dict(parse_qsl(urlsplit(await provider.allow(links[-1])).query))
        return AuthorizationCodeResult(code=told["code"], state=told["state"], iss=told["iss"])

    auth = OAuthClientProvider(f"{provider.url}/api/v1", OAuthClientMetadata(**metadata), storage, open_link, come_back)
    async with httpx2.AsyncClient(auth=auth) as client:
        answer = await client.get(f"{provider.url}/api/v1/graph/search", params={"q": "a"})
        assert answer.status_code == 200, answer.text
        asked = dict(parse_qsl(urlsplit(links[0]).query))
        assert asked["resource"] == f"{provider.url}/api/v1"
        assert storage.tokens
        again = await client.get(f"{provider.url}/api/v1/graph/search", params={"q": "b"})
        assert again.status_code == 200
    assert len(links) == 1

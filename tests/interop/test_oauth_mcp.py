"""The OAuth client of the `mcp` package, as it comes from the registry: all that it is told is where it calls."""

from collections.abc import Collection
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from tests.interop.oauth_provider import CONSENT, Provider
from tests.interop.person import Person
from tests.provider.documents import CLIENT_ID, HOST, Hosts, answer, document, lead
from tests.provider.kit import CALLBACK

pytestmark = pytest.mark.interop

SEARCH = "/api/v1/graph/search?q=a"
VERSION = {"Notion-Version": "2025-09-03"}
ROADMAP = "/notion/v1/pages/a17a6a44-d7ba-4909-952a-e8fe86acc0ed"


class Storage:
    """What a client of the package keeps between its runs."""

    def __init__(self, info: OAuthClientInformationFull | None = None) -> None:
        self.info = info
        self.tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.info

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.info = client_info


@dataclass
class Program:
    """Some program that uses the package, and its person. `tick` and `untick` are for the next consent page."""

    provider: Provider
    person: Person
    resource: str
    storage: Storage = field(default_factory=Storage)
    document: str | None = None
    links: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    tick: Collection[str] = ()
    untick: Collection[str] = ()

    def __post_init__(self) -> None:
        metadata = OAuthClientMetadata(
            client_name="Editor",
            redirect_uris=[AnyUrl(CALLBACK)],
            grant_types=["authorization_code", "refresh_token"],
            token_endpoint_auth_method="none",
        )
        self.auth = OAuthClientProvider(
            self.resource, metadata, self.storage, self._open, self._come_back, client_metadata_url=self.document
        )

    async def call(self, path: str, method: str = "GET", **more: Any) -> httpx2.Response:
        async def remember(request: httpx2.Request) -> None:
            self.calls.append(f"{request.method} {request.url.path}")

        hooks = {"request": [remember]}
        async with httpx2.AsyncClient(auth=self.auth, base_url=self.provider.url, event_hooks=hooks) as client:
            return await client.request(method, path, **more)

    def asked(self) -> dict[str, str]:
        """For what it has sent its person to the provider, the last time."""
        return dict(parse_qsl(urlsplit(self.links[-1]).query))

    async def _open(self, link: str) -> None:
        self.links.append(link)

    async def _come_back(self) -> AuthorizationCodeResult:
        back = await self.person.open(self.links[-1], tick=self.tick, untick=self.untick)
        told = dict(parse_qsl(urlsplit(back.url).query))
        return AuthorizationCodeResult(code=told["code"], state=told["state"], iss=told["iss"])


async def test_from_a_401_by_dynamic_registration(provider: Provider) -> None:
    person = await provider.person()
    program = Program(provider, person, f"{provider.url}/api/v1")
    found = await program.call(SEARCH)
    assert found.status_code == 200, found.text
    assert program.calls == [
        "GET /api/v1/graph/search",
        "GET /.well-known/oauth-protected-resource/api/v1",
        "GET /.well-known/oauth-authorization-server",
        "POST /oauth2/register",
        "POST /oauth2/token",
        "GET /api/v1/graph/search",
    ]
    assert program.asked()["resource"] == f"{provider.url}/api/v1"
    assert "offline_access" in program.asked()["scope"].split()
    assert person.was_asked(CONSENT) == 1
    assert program.storage.tokens
    assert program.storage.tokens.refresh_token
    assert (await program.call("/api/v1/graph/search?q=b")).status_code == 200
    assert len(program.links) == 1


async def test_from_a_401_by_client_id_metadata_document(provider: Provider, hosts: Hosts) -> None:
    hosts.forget()
    lead(hosts, provider.service)
    hosts.answers["/app.json"] = answer(document())
    person = await provider.person()
    program = Program(provider, person, f"{provider.url}/api/v1", document=CLIENT_ID)
    found = await program.call(SEARCH)
    assert found.status_code == 200, found.text
    assert "POST /oauth2/register" not in program.calls
    assert program.asked()["client_id"] == CLIENT_ID
    assert hosts.asked == [(HOST, "/app.json")]
    (page,) = [page for page in person.asked if CONSENT in page.url]
    assert HOST in page.text
    assert program.storage.tokens
    assert program.storage.tokens.refresh_token


@pytest.mark.parametrize(
    ("app_type", "method"),
    [("spa", "none"), ("regular_web", "client_secret_post"), ("regular_web", "client_secret_basic")],
)
async def test_as_an_app_that_an_admin_registered(provider: Provider, app_type: str, method: Any) -> None:
    app = await provider.register(app_type, name="Editor")
    known = OAuthClientInformationFull(
        client_id=app.client_id,
        client_secret=app.secret,
        issuer=provider.url,
        redirect_uris=[AnyUrl(CALLBACK)],
        token_endpoint_auth_method=method,
    )
    program = Program(provider, await provider.person(), f"{provider.url}/notion", Storage(known))
    page = await program.call(ROADMAP, headers=VERSION)
    assert page.status_code == 200, page.text
    assert program.asked()["client_id"] == app.client_id
    assert program.asked()["resource"] == f"{provider.url}/notion"


async def test_refreshes_when_the_hour_is_over(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock is the provider's, which is moved on. Nobody is asked again."""
    clock = SimpleNamespace(time=lambda: provider.clock.now().timestamp())
    for module in ("mcp.client.auth.oauth2", "mcp.shared.auth_utils"):
        monkeypatch.setattr(f"{module}.time", clock)
    program = Program(provider, await provider.person(), f"{provider.url}/api/v1")
    assert (await program.call(SEARCH)).status_code == 200
    first = program.storage.tokens
    provider.clock.advance(seconds=3700)
    program.calls.clear()
    assert (await program.call(SEARCH)).status_code == 200
    assert program.calls == ["POST /oauth2/token", "GET /api/v1/graph/search"]
    assert len(program.links) == 1
    assert first
    assert program.storage.tokens
    assert program.storage.tokens.refresh_token != first.refresh_token


async def test_steps_up_from_a_403(provider: Provider) -> None:
    """What a person did not tick is asked for again when a call needs it, along with what they did."""
    person = await provider.person()
    program = Program(provider, person, f"{provider.url}/api/v1", untick={"graph:search"})
    refused = await program.call(SEARCH)
    assert refused.status_code == 403
    program.untick = ()
    program.calls.clear()
    found = await program.call(SEARCH)
    assert found.status_code == 200, found.text
    assert program.calls == ["GET /api/v1/graph/search", "POST /oauth2/token", "GET /api/v1/graph/search"]
    assert {"graph:read", "graph:search"} <= set(program.asked()["scope"].split())
    assert person.was_asked(CONSENT) == 2
    assert (await program.call("/api/v1/graph/search?q=b")).status_code == 200
    assert len(program.links) == 2


async def test_steps_up_to_write_in_notion(provider: Provider) -> None:
    """An app that nobody has verified may write only where its person has ticked that themselves."""
    person = await provider.person()
    program = Program(provider, person, f"{provider.url}/notion")
    change = {"icon": {"emoji": "⛵"}}
    refused = await program.call(ROADMAP, "PATCH", json=change, headers=VERSION)
    assert refused.status_code == 403
    program.tick = {"notion:write"}
    changed = await program.call(ROADMAP, "PATCH", json=change, headers=VERSION)
    assert changed.status_code == 200, changed.text
    assert changed.json()["icon"]["emoji"] == "⛵"
    assert program.asked()["resource"] == f"{provider.url}/notion"
    assert person.was_asked(CONSENT) == 2

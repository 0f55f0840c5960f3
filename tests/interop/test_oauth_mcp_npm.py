"""The OAuth client of MCP's own SDK, as it comes from npm: connected on the first try, and connected still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ivgraph_auth.app.workers import prune
from tests.interop.node import Program, run, script
from tests.interop.oauth_provider import Provider
from tests.interop.person import Person
from tests.provider.documents import CLIENT_ID, Hosts, answer, document, lead
from tests.provider.kit import CALLBACK
from tests.support.service import Json

pytestmark = pytest.mark.interop


class Editor:
    """A program that uses the SDK, and its person."""

    def __init__(self, provider: Provider, person: Person, program: Program) -> None:
        self._provider, self._person, self._program = provider, person, program

    async def search(self) -> Json:
        self._program.say({"call": f"{self._provider.url}/api/v1/graph/search?q=a"})
        return await self._program.result(self._open)

    async def _open(self, link: str) -> str:
        return (await self._person.open(link)).url


@asynccontextmanager
async def run_editor(provider: Provider, **known: Json) -> AsyncIterator[Editor]:
    """`known` are the `document` or the `client` that it has; without either it registers itself."""
    async with run(*script("mcp_sdk")) as program:
        given = {"resource": f"{provider.url}/api/v1", "redirectUri": CALLBACK, "document": None, "client": None}
        program.say({**given, **known})
        yield Editor(provider, await provider.person(), program)


@pytest.mark.parametrize("url", [None, CLIENT_ID], ids=["registration", "document"])
async def test_connects_and_stays_connected(provider: Provider, hosts: Hosts, url: str | None) -> None:
    """It asks for the scopes of the challenge, which have no `offline_access`, and can refresh all the same."""
    hosts.forget()
    lead(hosts, provider.service)
    hosts.answers["/app.json"] = answer(document())
    async with run_editor(provider, document=url) as editor:
        found = await editor.search()
        assert (found["status"], found["asked"], found["refreshToken"]) == (200, 1, True)
        assert (found["clientId"] == CLIENT_ID) is (url is not None)
        for _ in range(3):
            provider.clock.advance(seconds=3700)
            assert await editor.search() == found


async def test_registers_anew_when_its_registration_has_ended(provider: Provider) -> None:
    async with run_editor(provider) as editor:
        found = await editor.search()
        provider.clock.advance(days=31)
        await prune(provider.service.app.composition)
        again = await editor.search()
        assert (again["status"], again["asked"]) == (200, 2)
        assert again["clientId"] != found["clientId"]


@pytest.mark.parametrize("app_type", ["regular_web", "spa"])
async def test_as_an_app_that_an_admin_registered(provider: Provider, app_type: str) -> None:
    """With the id, and the secret where there is one, that a person enters in the client's settings."""
    app = await provider.register(app_type)
    secret = {"client_secret": app.secret} if app.secret else {}
    async with run_editor(provider, client={"client_id": app.client_id, **secret}) as editor:
        found = await editor.search()
        assert (found["status"], found["clientId"], found["asked"]) == (200, app.client_id, 1)

"""The client of Notion with a wire that a test holds in its hands."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import respx

from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.oauth import NotionOAuth
from tests.support.service import Json

API = "https://notion.test"
TOKEN_URL = "https://tokens.notion.test/v1/oauth/token"
REDIRECT_URI = "https://auth.example.com/callback"
CLIENT_ID = "5a0d1c1e-client"
CLIENT_SECRET = "secret_of-the:client"
VERSION = "2026-03-11"
CODE = "c0de-from-notion"
ACCESS = "ntn_accessaccessaccess"
REFRESH = "nrt_refreshrefresh"
SECRETS = (CLIENT_SECRET, CODE, ACCESS, REFRESH)

CALLS = ("exchange", "introspect", "revoke", "me")


@dataclass
class Wire:
    """`router` answers every call of the client; what was sent is in `router.calls`."""

    router: respx.MockRouter
    oauth: NotionOAuth
    api: NotionApi

    def answers(self, status: int = 200, **answer: Json) -> None:
        self.router.route().mock(return_value=httpx.Response(status, **answer))

    async def call(self, name: str, *, deadline: float = 5.0) -> Json:
        if name == "exchange":
            return await self.oauth.exchange(CODE, redirect_uri=REDIRECT_URI, deadline=deadline)
        if name == "introspect":
            return await self.oauth.introspect(Secret(ACCESS), deadline=deadline)
        if name == "revoke":
            return await self.oauth.revoke(Secret(REFRESH), deadline=deadline)
        return await self.api.me(Secret(ACCESS), deadline=deadline)

    @property
    def sent(self) -> httpx.Request:
        assert len(self.router.calls) == 1
        request: httpx.Request = self.router.calls[0].request
        return request


@contextmanager
def wire_of(http: HttpClient) -> Iterator[Wire]:
    """The client's own transport stays in place; what it would send goes to the router instead."""
    oauth = NotionOAuth(
        http=http,
        client_id=CLIENT_ID,
        client_secret=Secret(CLIENT_SECRET),
        token_url=TOKEN_URL,
        api_url=API,
        version=VERSION,
    )
    with respx.MockRouter(assert_all_called=False) as router:
        yield Wire(router, oauth, NotionApi(http=http, api_url=API, version=VERSION))


def shown(value: object) -> str:
    """All that a log or a debugger would show of it; of an error also what led to it."""
    chain = "".join(traceback.format_exception(value)) if isinstance(value, BaseException) else ""
    return f"{value!s} {value!r} {chain}"

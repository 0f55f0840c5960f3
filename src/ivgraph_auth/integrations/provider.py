"""What a program has of Notion: the flow, the SDK's calls, and sessions for whoever authorized it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.integrations.app import NotionApp
from ivgraph_auth.integrations.binding import NotionBinding
from ivgraph_auth.integrations.credentials import NotionUserCredentials
from ivgraph_auth.integrations.errors import AuthorizationNeeded
from ivgraph_auth.integrations.oauth2 import PROVIDER, OAuth2Flow
from ivgraph_auth.integrations.sdk import NotionOAuthCalls
from ivgraph_auth.integrations.store import CredentialStore, MemoryStore
from ivgraph_auth.integrations.wire import OAuthWire, open_client
from ivgraph_auth.notion.client import NotionApi

_GIVEN = "given"


class NotionAuthProvider:
    def __init__(
        self, *, app: NotionApp, store: CredentialStore, http: HttpClient | None, clock: Clock, deadline: float
    ) -> None:
        self._app = app
        self._store = store
        self._http = http
        self._clock = clock
        self._deadline = deadline
        wire = OAuthWire(app, http)
        self.oauth2 = OAuth2Flow(app=app, wire=wire, store=store)
        self.oauth = NotionOAuthCalls(wire)

    @asynccontextmanager
    async def bind(self, subject: str | None) -> AsyncIterator[NotionBinding]:
        """With what is stored for the subject, else with the internal integration token.

        Raises AuthorizationNeeded when there is neither.
        """
        stored = await self._store.load(PROVIDER, subject) if subject is not None else None
        if subject is not None and stored is not None:
            bound = self._bind(self._store, subject, stored)
        elif self._app.token is not None:
            bound = self.bind_with(NotionUserCredentials(self._app.token.reveal()))
        else:
            raise AuthorizationNeeded(PROVIDER, subject, "Nothing is stored.")
        async with bound as binding:
            yield binding

    @asynccontextmanager
    async def bind_with(self, credentials: NotionUserCredentials) -> AsyncIterator[NotionBinding]:
        """With these, which are renewed within and stored nowhere."""
        store = MemoryStore()
        await store.save(PROVIDER, _GIVEN, credentials)
        async with self._bind(store, _GIVEN, credentials) as binding:
            yield binding

    @asynccontextmanager
    async def _bind(
        self, store: CredentialStore, subject: str, credentials: NotionUserCredentials
    ) -> AsyncIterator[NotionBinding]:
        async def renew(stale: NotionUserCredentials) -> NotionUserCredentials:
            return await store.renew(PROVIDER, subject, stale, self.oauth2.refresh)

        async with open_client(self._http) as http:
            api = NotionApi(http=http, api_url=self._app.api_url, version=self._app.version, clock=self._clock)
            yield NotionBinding(credentials, renew, api=api, version=self._app.version, deadline=self._deadline)

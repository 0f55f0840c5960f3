"""The door of the Python API."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.integrations.app import load_app
from ivgraph_auth.integrations.binding import NotionBinding
from ivgraph_auth.integrations.credentials import NotionUserCredentials
from ivgraph_auth.integrations.oauth2 import PROVIDER
from ivgraph_auth.integrations.provider import NotionAuthProvider
from ivgraph_auth.integrations.store import CredentialStore, MemoryStore, check_subject
from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.json_limits import problem

_NOTION_SECONDS = 60.0  # Notion itself ends a request after that


@dataclass(frozen=True, slots=True)
class Integrations:
    notion: NotionBinding


class AuthManager:
    """`http` is shared and left open; without it connections are opened and closed as needed. `deadline` is in
    seconds, for each whole answer of the REST API.

    Raises ConfigurationError for app credentials that are unknown or wrong.
    """

    def __init__(
        self,
        notion: Mapping[str, Any] | None = None,
        *,
        store: CredentialStore | None = None,
        http: HttpClient | None = None,
        clock: Clock | None = None,
        deadline: float = _NOTION_SECONDS,
    ) -> None:
        self._store = MemoryStore() if store is None else store
        self.notion = NotionAuthProvider(
            app=load_app(notion or {}),
            store=self._store,
            http=http,
            clock=clock or SystemClock(),
            deadline=deadline,
        )

    async def store_credentials(self, provider: str, subject: str, credentials: NotionUserCredentials) -> None:
        """Raises InvalidParameters."""
        _check_provider(provider)
        await self._store.save(provider, check_subject(subject), credentials)

    async def remove_credentials(self, provider: str, subject: str) -> None:
        """Forgets them here; `notion.oauth2.revoke` ends them at Notion. Raises InvalidParameters."""
        _check_provider(provider)
        await self._store.remove(provider, check_subject(subject))

    @asynccontextmanager
    async def session(self, *, subject: str | None = None) -> AsyncIterator[Integrations]:
        """For whom something is stored; else, and without a subject, with the internal integration token.

        Raises InvalidParameters, AuthorizationNeeded.
        """
        async with self.notion.bind(None if subject is None else check_subject(subject)) as binding:
            yield Integrations(notion=binding)

    @asynccontextmanager
    async def with_credentials(self, provider: str, credentials: NotionUserCredentials) -> AsyncIterator[Integrations]:
        """Uses them and stores nothing. A renewal spends them: `notion.credentials` are then the ones to keep.

        Raises InvalidParameters.
        """
        _check_provider(provider)
        async with self.notion.bind_with(credentials) as binding:
            yield Integrations(notion=binding)


def _check_provider(provider: str) -> None:
    if provider != PROVIDER:
        raise InvalidParameters([problem(("provider",), f"Should be {PROVIDER}", "unknown_provider")])

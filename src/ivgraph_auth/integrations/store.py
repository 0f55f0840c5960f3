"""Where credentials are kept between calls: a protocol, and memory."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from ivgraph_auth.core.tasks import SingleFlight
from ivgraph_auth.integrations.credentials import NotionUserCredentials
from ivgraph_auth.integrations.errors import AuthorizationNeeded
from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.json_limits import problem

Refresh = Callable[[NotionUserCredentials], Awaitable[NotionUserCredentials]]
_Key = tuple[str, str]
_SUBJECT = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def check_subject(subject: str) -> str:
    """A subject is what the service calls a tenant. Raises InvalidParameters."""
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        wish = "Should be 1 to 128 characters of A-Z a-z 0-9 . _ : -"
        raise InvalidParameters([problem(("subject",), wish, "subject")])
    return subject


class CredentialStore(Protocol):
    """Keeps one credential for each provider and subject; both are checked before they come here."""

    async def load(self, provider: str, subject: str) -> NotionUserCredentials | None: ...

    async def save(self, provider: str, subject: str, credentials: NotionUserCredentials) -> None: ...

    async def remove(self, provider: str, subject: str) -> None:
        """Nothing to remove is no error."""
        ...

    async def renew(
        self, provider: str, subject: str, stale: NotionUserCredentials, refresh: Refresh
    ) -> NotionUserCredentials:
        """The credentials to use instead of `stale`, whose access token was refused.

        What is stored by now, if that has another access token; else `refresh(stale)`, awaited once however many ask
        at the same time, and saved before anybody gets it: a refresh token works once. A caller that is cancelled
        takes nothing from the others, and what Notion answered meanwhile is saved all the same.

        Raises AuthorizationNeeded when nothing is stored any more, and what `refresh` raises; then what is stored
        stays as it is.
        """
        ...


class MemoryStore:
    """Lasts as long as the process."""

    def __init__(self) -> None:
        self._held: dict[_Key, NotionUserCredentials] = {}
        self._renewals: SingleFlight[_Key, NotionUserCredentials] = SingleFlight()

    async def load(self, provider: str, subject: str) -> NotionUserCredentials | None:
        return self._held.get((provider, subject))

    async def save(self, provider: str, subject: str, credentials: NotionUserCredentials) -> None:
        self._held[provider, subject] = credentials

    async def remove(self, provider: str, subject: str) -> None:
        self._held.pop((provider, subject), None)

    async def renew(
        self, provider: str, subject: str, stale: NotionUserCredentials, refresh: Refresh
    ) -> NotionUserCredentials:
        key = provider, subject
        held = self._held.get(key)
        if held is None:
            raise AuthorizationNeeded(provider, subject, "Nothing is stored any more.")
        if held.access_token != stale.access_token:
            return held
        return await self._renewals.run(key, partial(self._renew, key, held, refresh))

    async def _renew(self, key: _Key, stale: NotionUserCredentials, refresh: Refresh) -> NotionUserCredentials:
        fresh = await refresh(stale)
        held = self._held.get(key)
        if held is None:
            raise AuthorizationNeeded(*key, "The credentials were removed meanwhile.")
        if held is not stale:
            # Authorized anew while Notion was asked: that one counts.
            return held
        self._held[key] = fresh
        return fresh

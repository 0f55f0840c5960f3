"""Calls to Notion for the graph: each waits until agents would not miss it."""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ivgraph_auth.connect.access import GrantAccess
from ivgraph_auth.connect.errors import NeedsConsent, UnknownConnection
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.gateway.errors import GrantNotActive, RateLimitReached
from ivgraph_auth.gateway.models import Reservation
from ivgraph_auth.gateway.rate_limiter import RateLimiter
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.errors import NotionUnavailable, RateLimited
from ivgraph_auth.notion.operations import NotionRequest
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.errors import GrantGone
from ivgraph_auth.vault.models import OpenedGrant

# Of the ten seconds' worth of calls that a full bucket holds.
_LEFT_FOR_AGENTS = 5.0
_DEADLINE_SECONDS = 60.0
_LONGEST_SLEEP = 2.0


@dataclass(frozen=True, slots=True)
class BackgroundCalls:
    """`weight`: for how much of a call each counts in the rate limit. Notion itself counts each as one."""

    access: GrantAccess
    credential_store: EncryptedCredentialStore
    rate_limiter: RateLimiter
    api: NotionApi
    retries: Retries
    weight: float = 1.0

    async def ask(self, grant_id: int, request: NotionRequest) -> Mapping[str, Any]:
        """Notion's object. Raises NotionRefused, NotionUnavailable, and what `GrantAccess.call` raises."""
        for attempt in itertools.count(1):
            try:
                return await self.access.call(
                    partial(self._open, grant_id),
                    partial(self._send, request),
                    ClientInfo(),
                    again=partial(self._reserve, grant_id),
                )
            except NotionUnavailable as failure:
                if not self.retries.should_retry(failure, attempt=attempt, writes=False):
                    raise
                pause = self.retries.pause(failure, attempt=attempt)
                if isinstance(failure, RateLimited):
                    await self.rate_limiter.stop(grant_id, pause)
                else:
                    await asyncio.sleep(pause)
        raise AssertionError

    async def _open(self, grant_id: int) -> OpenedGrant:
        return await self.credential_store.open_sealed((await self._reserve(grant_id)).grant)

    async def _reserve(self, grant_id: int) -> Reservation:
        while True:
            try:
                return await self.rate_limiter.reserve_spare(
                    grant_id, leave_seconds=_LEFT_FOR_AGENTS, weight=self.weight
                )
            except GrantNotActive as dead:
                raise NeedsConsent from dead
            except GrantGone as gone:
                raise UnknownConnection from gone
            except RateLimitReached as full:
                # The bucket says when a caller that waits would be let in; it is spare only somewhat later.
                await asyncio.sleep(min(max(full.retry_after or 1, 0.5), _LONGEST_SLEEP))

    async def _send(self, request: NotionRequest, token: Secret) -> Mapping[str, Any]:
        answer = await self.api.answer(token, request, writes=False, deadline=_DEADLINE_SECONDS)
        return answer.value

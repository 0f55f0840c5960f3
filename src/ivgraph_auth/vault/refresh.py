"""A new pair from Notion (RFC 6749 §6): asked for once, whatever the number of processes, and never half-written.

The journal's row is written before Notion is asked and goes with the commit of the new pair. It is the lock at the same
time: no transaction is open while Notion is asked. A row that stays tells of a process that died, or of an answer that
did not come: `doctor` shows it, and the grant's next refresh or consent settles it.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple, Protocol

import structlog

from ivgraph_auth.base import Base
from ivgraph_auth.core.errors import Unavailable
from ivgraph_auth.core.secrets import Secret, random_uuid
from ivgraph_auth.core.tasks import SingleFlight
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.notion.errors import NotionUnavailable, OAuthRefused, RateLimited
from ivgraph_auth.notion.models import TokenAnswer
from ivgraph_auth.notion.oauth import NotionOAuth
from ivgraph_auth.vault import refresh_repository as repository
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.errors import GrantGone, RefreshRefused
from ivgraph_auth.vault.models import Credential, InterruptedRefresh, OpenedGrant, SealedCredential

_log = structlog.get_logger(__name__)
_NOTION_SECONDS = 10.0
# Longer than asking Notion and storing its answer may take.
_HELD = timedelta(seconds=30)
_LOOKS_SECONDS = (0.02, 0.05, 0.1, 0.2)
_STORE_ATTEMPTS = 8
# RFC 6749 §5.2, without `invalid_client`, which says nothing of the grant.
_GRANT_REFUSED = frozenset(
    {"invalid_request", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
)
# Of Notion's own codes those that concern how, or when, it was asked.
_NOT_OF_THE_GRANT = frozenset({"conflict_error", "invalid_json", "invalid_request_url", "missing_version"})


class Audit(Protocol):
    async def __call__(self, connection: Connection, *, grant_id: int, outcome: str, request_id: str | None) -> None:
        """Writes down how a refresh that Notion was asked for has ended, in the transaction that ends it."""


class _NewPair(NamedTuple):
    credential: Credential
    sealed: SealedCredential
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Refresher:
    base: Base
    credential_store: EncryptedCredentialStore
    oauth: NotionOAuth | None
    _renewals: SingleFlight[int, OpenedGrant] = field(default_factory=SingleFlight, init=False)

    async def renew(self, stale: OpenedGrant, audit: Audit) -> OpenedGrant:
        """What to use instead of `stale`, whose access token Notion no longer takes. Of those who ask at the same time,
        one's `audit` is called, once.

        Raises RefreshRefused (only a consent helps), GrantGone, NotionUnavailable, CredentialUnavailable.
        """
        # A caller that goes away does not take the answer from those who wait with it, nor from the journal.
        return await self._renewals.run(stale.id, partial(self._renew, stale, audit))

    async def _renew(self, stale: OpenedGrant, audit: Audit) -> OpenedGrant:
        attempt_id = random_uuid()
        looks = 0
        while True:
            current = await self.credential_store.open_one(stale.id)
            if current is None:
                raise GrantGone
            if current.credential != stale.credential:
                return current
            if current.credential.refresh_token is None:
                raise RefreshRefused("no_refresh_token")
            if await self._claim(stale.id, attempt_id):
                return await self._ask_alone(stale, attempt_id, audit)
            await asyncio.sleep(_LOOKS_SECONDS[min(looks, len(_LOOKS_SECONDS) - 1)])
            looks += 1

    async def _claim(self, grant_id: int, attempt_id: uuid.UUID) -> bool:
        async with self.base.database.transaction() as connection:
            return await repository.claim_refresh(connection, grant_id, attempt_id, _HELD)

    async def _ask_alone(self, stale: OpenedGrant, attempt_id: uuid.UUID, audit: Audit) -> OpenedGrant:
        # Whoever held the lock before may have stored a new pair between our look and our claim.
        current = await self.credential_store.open_one(stale.id)
        if current is None:
            raise GrantGone
        refresh = current.credential.refresh_token
        if current.credential != stale.credential or refresh is None:
            await self._settle(stale.id, attempt_id)
            return current
        try:
            # Before Notion is asked: a pair that cannot be sealed when it is there would be lost.
            sealer = await self.credential_store.prepare(current.key.identity)
        except Unavailable:
            await self._settle(stale.id, attempt_id)
            raise
        answer = await self._ask(stale, refresh, attempt_id, audit)
        fresh = Credential(Secret(answer.access_token), Secret(answer.refresh_token) if answer.refresh_token else None)
        return await self._store(current, _NewPair(fresh, sealer.seal(fresh), answer.request_id), attempt_id, audit)

    async def _ask(self, grant: OpenedGrant, refresh: Secret, attempt_id: uuid.UUID, audit: Audit) -> TokenAnswer:
        if self.oauth is None:
            await self._settle(grant.id, attempt_id)
            raise CredentialUnavailable("NOTION_CLIENT_ID and NOTION_CLIENT_SECRET are not set.")
        try:
            answer = await self.oauth.refresh(refresh, deadline=_NOTION_SECONDS)
            _check_owner(answer, grant)
        except OAuthRefused as refusal:
            await self._fail(repository.refuse_refresh, grant.id, attempt_id, refusal, audit)
            raise _error_of(refusal) from refusal
        except NotionUnavailable as failure:
            end = repository.settle_refresh if failure.answered else repository.release_refresh
            await self._fail(end, grant.id, attempt_id, failure, audit)
            raise
        return answer

    async def _store(self, current: OpenedGrant, pair: _NewPair, attempt_id: uuid.UUID, audit: Audit) -> OpenedGrant:
        """The old pair is spent, and this is the only copy of the new one: a database that is away is waited for."""
        for attempt in range(_STORE_ATTEMPTS):
            try:
                return await self._store_once(current, pair, attempt_id, audit)
            except Unavailable:
                await asyncio.sleep(min(2.0**attempt / 4, 2.0))
        _log.error("vault.pair_lost", grant_id=current.id, hint="Its owner must connect it again.")
        raise CredentialUnavailable

    async def _store_once(
        self, current: OpenedGrant, pair: _NewPair, attempt_id: uuid.UUID, audit: Audit
    ) -> OpenedGrant:
        before = current
        while True:
            async with self.base.database.transaction() as connection:
                stored = await self.credential_store.replace(connection, before.id, before.sealed, pair.sealed)
                if stored:
                    await repository.settle_refresh(connection, before.id, attempt_id)
                    await audit(connection, grant_id=before.id, outcome="success", request_id=pair.request_id)
                    return OpenedGrant(before.id, before.key, pair.credential, pair.sealed.sealed, before.status)
            newer = await self.credential_store.open_one(current.id)
            if newer is None:
                raise GrantGone
            if newer.credential != current.credential:
                # A consent has put a pair of its own there, or this very one was stored and the answer was lost.
                await self._settle(current.id, attempt_id)
                return newer
            before = newer  # the same pair, sealed with another key meanwhile

    async def forget(self, connection: Connection, grant_id: int) -> None:
        """A consent has brought a pair of its own."""
        await repository.forget_refresh(connection, grant_id)

    async def list_interrupted(self) -> list[InterruptedRefresh]:
        async with self.base.database.read() as connection:
            return await repository.list_interrupted(connection)

    async def _settle(self, grant_id: int, attempt_id: uuid.UUID) -> None:
        """Notion was not asked."""
        async with self.base.database.transaction() as connection:
            await repository.settle_refresh(connection, grant_id, attempt_id)

    async def _fail(
        self,
        end: Callable[[Connection, int, uuid.UUID], Awaitable[None]],
        grant_id: int,
        attempt_id: uuid.UUID,
        failure: OAuthRefused | NotionUnavailable,
        audit: Audit,
    ) -> None:
        outcome, request_id = _outcome(failure), failure.request_id
        _log.warning("vault.refresh_failed", grant_id=grant_id, outcome=outcome, notion_request_id=request_id)
        async with self.base.database.transaction() as connection:
            await end(connection, grant_id, attempt_id)
            await audit(connection, grant_id=grant_id, outcome=outcome, request_id=request_id)


def _check_owner(answer: TokenAnswer, grant: OpenedGrant) -> None:
    if parse_notion_id(answer.workspace_id) != grant.key.workspace_id or answer.bot_id != grant.key.bot_id:
        raise NotionUnavailable("The new pair is another grant's.", request_id=answer.request_id)


def _outcome(failure: OAuthRefused | NotionUnavailable) -> str:
    if isinstance(failure, OAuthRefused):
        return failure.code
    if isinstance(failure, RateLimited):
        return "rate_limited"
    return "temporarily_unavailable" if failure.answered else "outcome_unknown"


def _error_of(refusal: OAuthRefused) -> Exception:
    if refusal.code != "invalid_client":
        notions_own = refusal.notions_own and refusal.code not in _NOT_OF_THE_GRANT
        if notions_own or refusal.code in _GRANT_REFUSED:
            return RefreshRefused(refusal.code, notion_request_id=refusal.request_id)
        return NotionUnavailable(str(refusal), request_id=refusal.request_id)
    _log.error(
        "notion.client_refused",
        reason=refusal.code,
        hint="Check NOTION_CLIENT_ID and NOTION_CLIENT_SECRET.",
        notion_request_id=refusal.request_id,
    )
    return CredentialUnavailable("Notion does not accept this service's own credentials. Its operator must look.")

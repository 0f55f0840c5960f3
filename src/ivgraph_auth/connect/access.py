"""Calls to Notion with a stored credential: refreshed when Notion no longer takes it, given up only when it must be."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import SERVICE, SUCCESS, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect import repository
from ivgraph_auth.connect.errors import CredentialInDoubt, NeedsConsent, UnknownConnection
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.liveness.change import Change
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.errors import NotionRefused
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.errors import GrantGone, RefreshRefused
from ivgraph_auth.vault.models import OpenedGrant
from ivgraph_auth.vault.refresh import Refresher

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
_UNAUTHORIZED = 401
_PROBE_SECONDS = 10.0
ACTIVE = "active"
NEEDS_REAUTH = "needs_reauth"


@dataclass(frozen=True, slots=True)
class GrantAccess:
    base: Base
    credential_store: EncryptedCredentialStore
    refresher: Refresher
    api: NotionApi

    async def call(
        self,
        opening: Callable[[], Awaitable[OpenedGrant]],
        work: Callable[[Secret], Awaitable[_T]],
        caller: ClientInfo,
        *,
        again: Callable[[], Awaitable[object]] | None = None,
    ) -> _T:
        """Runs `work` with the access token of the grant that `opening` opens; when Notion says `unauthorized`, once
        more with a fresh one. When it refuses the newest there is, `users/me` decides, and `work` is tried once more.
        `again` comes before each further call. What was thought dead and works is active again.

        Raises NeedsConsent, UnknownConnection, CredentialUnavailable, CredentialInDoubt, and what the three raise.
        """
        grant = await opening()
        refused, answer = await _try_work(grant, work)
        if refused and grant.credential.refresh_token:
            grant = await self.renew(grant, caller)
            if again:
                await again()
            refused, answer = await _try_work(grant, work)
        if refused:
            if again:
                await again()
            await self._probe(grant, caller)
            if again:
                await again()
            refused, answer = await _try_work(grant, work)
        if refused:
            raise CredentialInDoubt from refused
        if grant.status != ACTIVE:
            await self._judge(grant, ACTIVE, SUCCESS, caller, None)
        return cast("_T", answer)

    async def _probe(self, grant: OpenedGrant, caller: ClientInfo) -> None:
        """Raises NeedsConsent when Notion refuses here too, and NotionUnavailable when it does not say."""
        try:
            await self.api.me(grant.credential.access_token, deadline=_PROBE_SECONDS)
        except NotionRefused as refusal:
            if refusal.status != _UNAUTHORIZED:
                return
            reason = "unauthorized_after_refresh" if grant.credential.refresh_token else "no_refresh_token"
            await self._lose(grant, reason, caller, refusal.request_id)
            raise NeedsConsent from refusal

    async def open(self, grant_id: int, *, even_dead: bool = False) -> OpenedGrant:
        """One that is thought to work, or any. Raises NeedsConsent, UnknownConnection, CredentialUnavailable."""
        grant = await self.credential_store.open_one(grant_id)
        if grant is None:
            raise UnknownConnection
        if grant.status != ACTIVE and not even_dead:
            raise NeedsConsent
        return grant

    async def renew(self, stale: OpenedGrant, caller: ClientInfo) -> OpenedGrant:
        """What to use instead of one whose access token Notion refused. Raises NeedsConsent, UnknownConnection."""
        try:
            return await self.refresher.renew(stale, partial(self._audit_refresh, caller))
        except RefreshRefused as refusal:
            await self._lose(stale, refusal.reason, caller, refusal.notion_request_id)
            raise NeedsConsent from refusal
        except GrantGone as gone:
            raise UnknownConnection from gone

    async def _lose(self, grant: OpenedGrant, reason: str, caller: ClientInfo, request_id: str | None) -> None:
        """The connection needs a consent; the ciphertext stays. Nothing happens when a newer pair is stored already."""
        current: OpenedGrant | None = grant
        while current is not None and current.credential == grant.credential and current.status == ACTIVE:
            if await self._judge(current, NEEDS_REAUTH, reason, caller, request_id):
                _log.warning("notion.needs_reauth", grant_id=grant.id, reason=reason)
                return
            # Sealed anew meanwhile, with the same pair in it or another one.
            current = await self.credential_store.open_one(grant.id)

    async def _judge(
        self, grant: OpenedGrant, status: str, outcome: str, caller: ClientInfo, request_id: str | None
    ) -> bool:
        event = Event.CREDENTIAL_RESTORED if status == ACTIVE else Event.CREDENTIAL_LOST
        async with self.base.liveness.change() as change:
            if not await self.credential_store.judge(change.connection, grant, status):
                return False
            tenants = await bring_into_line(change, grant.id)
            await self._audit_tenants(change.connection, event, tenants, caller, outcome, request_id)
        return True

    async def _audit_refresh(
        self, caller: ClientInfo, connection: Connection, *, grant_id: int, outcome: str, request_id: str | None
    ) -> None:
        tenants = await repository.list_holders(connection, grant_id)
        await self._audit_tenants(connection, Event.CREDENTIAL_REFRESHED, tenants, caller, outcome, request_id)

    async def _audit_tenants(
        self,
        connection: Connection,
        event: Event,
        tenants: list[Tenant],
        caller: ClientInfo,
        outcome: str,
        request_id: str | None,
    ) -> None:
        """One row for each tenant that the grant acts for."""
        for tenant in tenants:
            await self.base.audit.write(
                connection,
                event,
                outcome=outcome,
                actor=SERVICE,
                caller=caller,
                account_id=tenant.account_id,
                tenant_id=tenant.tenant_id,
                notion_request_id=request_id,
            )


async def _try_work(
    grant: OpenedGrant, work: Callable[[Secret], Awaitable[_T]]
) -> tuple[NotionRefused | None, _T | None]:
    """What `work` answers, or Notion's word that it does not know the credential."""
    try:
        return None, await work(grant.credential.access_token)
    except NotionRefused as refusal:
        if refusal.status != _UNAUTHORIZED:
            raise
        return refusal, None


async def bring_into_line(change: Change, grant_id: int) -> list[Tenant]:
    """Every account that holds the grant has its workspaces derived anew. Answers their tenants."""
    tenants = await repository.list_holders(change.connection, grant_id)
    # In one order, so that two who do this at once do not wait for each other.
    for account_id in sorted({tenant.account_id for tenant in tenants}):
        await accounts.lock(change.connection, account_id)
        await repository.derive_workspaces(change.connection, account_id)
        await change.touches(account_id)
    return tenants

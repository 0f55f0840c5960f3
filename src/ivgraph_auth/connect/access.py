"""Calls to Notion with a stored credential: refreshed when Notion no longer takes it, given up only when it must be."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import SERVICE, Event
from ivgraph_auth.audit.service import AuditTrail
from ivgraph_auth.connect import repository
from ivgraph_auth.connect.errors import NeedsConsent, UnknownConnection
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.principal import Caller
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.liveness.service import Change, Liveness
from ivgraph_auth.notion.errors import NotionRefused
from ivgraph_auth.vault.errors import GrantGone, RefreshRefused
from ivgraph_auth.vault.models import OpenedGrant
from ivgraph_auth.vault.refresh import Refresher
from ivgraph_auth.vault.safe import Safe

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
_UNAUTHORIZED = 401
ACTIVE = "active"
NEEDS_REAUTH = "needs_reauth"


class GrantAccess:
    def __init__(self, *, liveness: Liveness, audit: AuditTrail, safe: Safe, refresher: Refresher) -> None:
        self._liveness = liveness
        self._audit = audit
        self._safe = safe
        self._refresher = refresher

    async def call(
        self,
        opening: Callable[[], Awaitable[OpenedGrant]],
        work: Callable[[Secret], Awaitable[_T]],
        caller: Caller,
        *,
        again: Callable[[], Awaitable[object]] | None = None,
    ) -> _T:
        """Runs `work` with the access token of the grant that `opening` opens; when Notion says `unauthorized`, once
        more with a fresh one, after `again`.

        Raises NeedsConsent, UnknownConnection, CredentialUnavailable, and what the three raise.
        """
        grant = await opening()
        try:
            return await work(grant.credential.access_token)
        except NotionRefused as refusal:
            if refusal.status != _UNAUTHORIZED:
                raise
        fresh = await self.renewed(grant, caller)
        if again:
            await again()
        try:
            return await work(fresh.credential.access_token)
        except NotionRefused as refusal:
            if refusal.status != _UNAUTHORIZED:
                raise
            await self._lose(fresh, "unauthorized_after_refresh", caller)
            raise NeedsConsent from refusal

    async def opened(self, grant_id: int) -> OpenedGrant:
        """One that is thought to work. Raises NeedsConsent, UnknownConnection, CredentialUnavailable."""
        grant = await self._safe.open_one(grant_id)
        if grant is None:
            raise UnknownConnection
        if grant.status != ACTIVE:
            raise NeedsConsent
        return grant

    async def renewed(self, stale: OpenedGrant, caller: Caller) -> OpenedGrant:
        """What to use instead of one whose access token Notion refused. Raises NeedsConsent, UnknownConnection."""
        try:
            return await self._refresher.renew(stale)
        except RefreshRefused as refusal:
            await self._lose(stale, refusal.reason, caller)
            raise NeedsConsent from refusal
        except GrantGone as gone:
            raise UnknownConnection from gone

    async def _lose(self, grant: OpenedGrant, reason: str, caller: Caller) -> None:
        """The connection needs a consent; the ciphertext stays. Nothing happens when a newer pair is stored already."""
        current: OpenedGrant | None = grant
        while current is not None and current.credential == grant.credential:
            if await self._judge(current, reason, caller):
                _log.warning("notion.needs_reauth", grant_id=grant.id, reason=reason)
                return
            # Sealed anew meanwhile, with the same pair in it or another one.
            current = await self._safe.open_one(grant.id)

    async def _judge(self, grant: OpenedGrant, reason: str, caller: Caller) -> bool:
        async with self._liveness.change() as change:
            if not await self._safe.judge(change.connection, grant, NEEDS_REAUTH):
                return False
            for tenant in await bring_into_line(change, grant.id):
                await self._audit.write(
                    change.connection,
                    Event.CREDENTIAL_LOST,
                    outcome=reason,
                    actor=SERVICE,
                    caller=caller,
                    account_id=tenant.account_id,
                    tenant_id=tenant.tenant_id,
                )
        return True


async def bring_into_line(change: Change, grant_id: int) -> list[Tenant]:
    """Every account that holds the grant has its workspaces derived anew. Answers their tenants."""
    tenants = await repository.holders(change.connection, grant_id)
    # In one order, so that two who do this at once do not wait for each other.
    for account_id in sorted({tenant.account_id for tenant in tenants}):
        await accounts.lock(change.connection, account_id)
        await repository.derive_workspaces(change.connection, account_id)
        await change.touches(account_id)
    return tenants

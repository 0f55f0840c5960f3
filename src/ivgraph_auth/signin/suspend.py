"""Disabling an account and enabling it again: the account comes back, its credentials do not (OWASP ASVS 7.4.2)."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.accounts.errors import UnknownAccount
from ivgraph_auth.audit.models import OPERATOR, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.provider.grant_service import GrantService
from ivgraph_auth.sessions.service import SessionService
from ivgraph_auth.tokens.service import TokenService

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SuspendService:
    base: Base
    sessions: SessionService
    tokens: TokenService
    grants: GrantService

    async def disable(self, account_id: int) -> None:
        """Nobody signs in to it any more; its sessions, service tokens and apps' grants end for good.

        Raises UnknownAccount.
        """
        await self._change(account_id, Event.ACCOUNT_DISABLED, self.base.clock.now())

    async def enable(self, account_id: int) -> None:
        """Its person may sign in again. Credentials of an account that an older version disabled end here.

        Raises UnknownAccount.
        """
        await self._change(account_id, Event.ACCOUNT_ENABLED, None)

    async def _change(self, account_id: int, event: Event, disabled_at: datetime | None) -> None:
        async with self.base.liveness.change() as change:
            snapshot = await accounts.lock(change.connection, account_id)
            if snapshot is None:
                raise UnknownAccount
            if event is Event.ACCOUNT_DISABLED or snapshot.disabled:
                await self.sessions.end_all_in(change, account_id, OPERATOR, ClientInfo())
                await self.tokens.revoke_all_in(change, account_id, OPERATOR)
                await self.grants.withdraw_all_in(change, account_id, OPERATOR)
            await accounts.set_disabled(change.connection, account_id, disabled_at)
            await change.touches(account_id)
            await self.base.audit.write(
                change.connection, event, actor=OPERATOR, caller=ClientInfo(), account_id=account_id
            )
        _log.info("account.disabled" if disabled_at else "account.enabled", account_id=account_id)

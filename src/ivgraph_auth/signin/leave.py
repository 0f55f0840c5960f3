"""Deleting one's account: Notion is told, then everything goes."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect.repository import list_exclusive_grants
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.sessions.errors import FreshSignInNeeded
from ivgraph_auth.sessions.service import SessionService
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore

_log = structlog.get_logger(__name__)
_FRESH = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LeaveService:
    base: Base
    credential_store: EncryptedCredentialStore
    connections: ConnectionService
    sessions: SessionService

    async def leave(self, account_id: int, session_id: uuid.UUID, caller: ClientInfo) -> None:
        """Raises FreshSignInNeeded. Grants that another account's tenant holds stay as they are."""
        signed_in_at = await self.sessions.find_sign_in_time(session_id)
        if signed_in_at is None or self.base.clock.now() - signed_in_at > _FRESH:
            raise FreshSignInNeeded
        await self.remove(account_id, Actor("account", str(account_id)), caller)

    async def remove(self, account_id: int, actor: Actor, caller: ClientInfo) -> None:
        """Tells Notion, as far as it listens, and removes everything of the account; audit keeps its id alone."""
        async with self.base.database.read() as connection:
            known = await list_exclusive_grants(connection, account_id)
            shared = await self.credential_store.find_sharing_bot(connection, known)
        for grant_id in known:
            if grant_id not in shared:
                await self.connections.revoke_grant(grant_id)
        async with self.base.liveness.change() as change:
            connection = change.connection
            if await accounts.lock(connection, account_id) is None:
                return
            await change.touches(account_id)
            # Read again under the lock: a sign-in may have come between.
            grant_ids = await list_exclusive_grants(connection, account_id)
            await self.base.audit.write(
                connection, Event.ACCOUNT_DELETED, actor=actor, caller=caller, account_id=account_id
            )
            await self.base.audit.forget_person(connection, account_id)
            await accounts.remove(connection, account_id)
            await self.credential_store.destroy(connection, grant_ids)
        _log.info("account.deleted", account_id=account_id, grant_ids=grant_ids)

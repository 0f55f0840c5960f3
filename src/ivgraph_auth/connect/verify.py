"""Asking Notion whether a connection still works, and what it may do."""

from dataclasses import dataclass
from functools import partial

from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect import repository
from ivgraph_auth.connect.access import GrantAccess
from ivgraph_auth.connect.errors import (
    CredentialInDoubt,
    NeedsConsent,
    NotionAsksToWait,
    NotionNotConfigured,
    NotionOutOfReach,
    UnknownConnection,
)
from ivgraph_auth.connect.models import Tenant, TenantConnection
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.errors import NotionError, NotionRefused, NotionUnavailable, OAuthRefused, RateLimited
from ivgraph_auth.notion.oauth import NotionOAuth
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore

_NOTION_SECONDS = 10.0
_UNAUTHORIZED = 401
_MOST_CAPABILITIES = 50


@dataclass(frozen=True, slots=True)
class VerifyService:
    base: Base
    credential_store: EncryptedCredentialStore
    access: GrantAccess
    oauth: NotionOAuth | None
    api: NotionApi

    async def verify(self, account_id: int, item: TenantConnection, caller: ClientInfo) -> TenantConnection:
        """The connection as it stands afterwards; `needs_reauth` is an answer too.

        Raises NotionOutOfReach, NotionAsksToWait, CredentialUnavailable, UnknownConnection.
        """
        tenant = Tenant(account_id, item.tenant_id)
        outcome = "success"
        try:
            capabilities = await self._capabilities(item.grant_id, caller)
        except NeedsConsent:
            outcome = "needs_reauth"
        except RateLimited as limited:
            raise NotionAsksToWait(retry_after=limited.retry_after or 1) from limited
        except NotionError as failure:
            raise NotionOutOfReach from failure
        async with self.base.database.transaction() as connection:
            if outcome == "success":
                await self.credential_store.mark_validated(connection, item.grant_id, capabilities)
            await self.base.audit.write(
                connection,
                Event.CONNECTION_VERIFIED,
                outcome=outcome,
                actor=Actor("account", str(account_id)),
                caller=caller,
                account_id=account_id,
                tenant_id=item.tenant_id,
            )
            found = await repository.find(connection, tenant)
        if found is None:
            raise UnknownConnection
        return found

    async def _capabilities(self, grant_id: int, caller: ClientInfo) -> list[str] | None:
        """In every status: a credential that works is active again."""
        opening = partial(self.access.open, grant_id, even_dead=True)
        try:
            return await self.access.call(opening, self._ask, caller)
        except CredentialInDoubt:
            return await self.access.call(opening, self._me, caller)

    async def _ask(self, access_token: Secret) -> list[str] | None:
        """The capabilities, or None when Notion does not tell them. Raises NotionRefused with 401 for a dead token."""
        if self.oauth is None:
            raise NotionNotConfigured
        try:
            told = await self.oauth.introspect(access_token, deadline=_NOTION_SECONDS)
        except (OAuthRefused, NotionUnavailable):
            await self._me(access_token)
            return None
        if not told.active:
            raise NotionRefused(_UNAUTHORIZED, "unauthorized", request_id=told.request_id)
        return told.scope.split()[:_MOST_CAPABILITIES] if told.scope is not None else None

    async def _me(self, access_token: Secret) -> None:
        await self.api.me(access_token, deadline=_NOTION_SECONDS)

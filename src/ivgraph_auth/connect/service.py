"""Connections: which grant acts for which tenant of an account."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import SUCCESS, Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect import repository
from ivgraph_auth.connect.access import bring_into_line
from ivgraph_auth.connect.errors import UnknownConnection, WorkspaceNotAllowed
from ivgraph_auth.connect.links import ConnectLinks
from ivgraph_auth.connect.models import Tenant, TenantConnection
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.liveness.change import Change
from ivgraph_auth.notion.errors import NotionError
from ivgraph_auth.notion.oauth import NotionOAuth
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.models import Credential
from ivgraph_auth.vault.refresh import Refresher

_log = structlog.get_logger(__name__)
_NOTION_SECONDS = 5.0
_PAGE = 500


class Pauses(Protocol):
    """Those that Notion has asked for."""

    async def resume(self, connection: Connection, grant_id: int) -> bool:
        """Forgets one, for all processes. False when there was none."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectionService:
    base: Base
    credential_store: EncryptedCredentialStore
    refresher: Refresher
    links: ConnectLinks
    cursors: Cursors
    oauth: NotionOAuth | None
    pauses: Pauses

    async def adopt(self, change: Change, tenant: Tenant, workspace_id: uuid.UUID, grant_id: int) -> None:
        """The grant that a consent has brought acts for the tenant from now on. One nobody holds any more goes."""
        connection = change.connection
        known = await repository.find(connection, tenant)
        await repository.next_generation(connection, tenant)
        await repository.attach(connection, tenant, workspace_id, grant_id, self.base.clock.now())
        await self.refresher.forget(connection, grant_id)
        await self.pauses.resume(connection, grant_id)
        if known and known.grant_id != grant_id and not await repository.list_holders(connection, known.grant_id):
            await self.credential_store.destroy(connection, [known.grant_id])
        await bring_into_line(change, grant_id)

    async def list_of_account(self, account_id: int) -> list[TenantConnection]:
        async with self.base.database.read() as connection:
            return await repository.list_of_account(connection, account_id)

    async def list_all(self, account_id: int | None) -> AsyncIterator[tuple[int, TenantConnection]]:
        """With the account each belongs to, by account and age, a page in memory at a time. None: of all accounts."""
        after: tuple[int, int] = (account_id or 0, 0)
        while True:
            async with self.base.database.read() as connection:
                found = await repository.list_all(connection, after, _PAGE, account_id)
            for owner_id, item in found:
                yield owner_id, item
                after = (owner_id, item.id)
            if len(found) < _PAGE:
                return

    async def page(
        self, account_id: int, workspace_ids: tuple[uuid.UUID, ...], *, cursor: str | None, most: int
    ) -> tuple[list[TenantConnection], str | None]:
        """Those in the workspaces, the oldest first, and the cursor of the next page. Raises CursorNotValid."""
        binding = f"connections of {account_id} in {sorted(map(str, workspace_ids))}"
        after = int(self.cursors.open(binding, cursor)) if cursor else 0
        async with self.base.database.read() as connection:
            found = await repository.list_of_account(
                connection, account_id, workspace_ids=workspace_ids, after=after, most=most + 1
            )
        page = found[:most]
        return page, self.cursors.issue(binding, str(page[-1].id)) if len(found) > most else None

    async def find(self, tenant: Tenant) -> TenantConnection | None:
        async with self.base.database.read() as connection:
            return await repository.find(connection, tenant)

    async def get(self, tenant: Tenant, workspace_ids: tuple[uuid.UUID, ...]) -> TenantConnection:
        """Raises UnknownConnection, also for one outside the workspaces."""
        found = await self.find(tenant)
        if found is None or found.workspace_id not in workspace_ids:
            raise UnknownConnection
        return found

    async def check_reach(self, tenant: Tenant, workspace_ids: tuple[uuid.UUID, ...]) -> None:
        """A tenant without a connection is anybody's to connect. Raises WorkspaceNotAllowed."""
        found = await self.find(tenant)
        if found is not None and found.workspace_id not in workspace_ids:
            raise WorkspaceNotAllowed

    def reauthorize_url(self, account_id: int, item: TenantConnection) -> str:
        return self.links.url(Tenant(account_id, item.tenant_id), item.generation)

    async def resume(self, tenant: Tenant, actor: Actor, caller: ClientInfo) -> TenantConnection:
        """Forgets a pause that Notion asked for, for every tenant of the grant and in every process. Raises
        UnknownConnection.
        """
        async with self.base.database.transaction() as connection:
            known = await repository.find(connection, tenant)
            if known is None:
                raise UnknownConnection
            paused = await self.pauses.resume(connection, known.grant_id)
            await self.base.audit.write(
                connection,
                Event.CONNECTION_RESUMED,
                outcome=SUCCESS if paused else "not_paused",
                actor=actor,
                caller=caller,
                account_id=tenant.account_id,
                tenant_id=tenant.tenant_id,
            )
        return known

    async def remove(self, tenant: Tenant, caller: ClientInfo) -> bool:
        """Tokens lose the workspace before this returns. A grant that no other tenant holds is revoked at Notion too,
        as far as Notion listens. Answers whether it was. Raises UnknownConnection.
        """
        known = await self.find(tenant)
        if known is None:
            raise UnknownConnection
        credential = await self._credential(known.grant_id)
        async with self.base.liveness.change() as change:
            to_revoke = await self._detach(change, tenant, caller)
        revoked = to_revoke and credential is not None and await self.revoke_upstream(credential.access_token)
        ids = {"account_id": tenant.account_id, "tenant_id": tenant.tenant_id, "grant_id": known.grant_id}
        _log.info("connection.removed", **ids, revoked_upstream=revoked)
        return revoked

    async def _detach(self, change: Change, tenant: Tenant, caller: ClientInfo) -> bool:
        """A grant that was this tenant's alone is destroyed. Answers whether it is to be revoked at Notion."""
        connection = change.connection
        await accounts.lock(connection, tenant.account_id)
        grant_id = await repository.detach(connection, tenant)
        if grant_id is None:
            raise UnknownConnection
        await repository.next_generation(connection, tenant)
        await repository.derive_workspaces(connection, tenant.account_id)
        await change.touches(tenant.account_id)
        alone = not await repository.list_holders(connection, grant_id)
        shared = await self.credential_store.find_sharing_bot(connection, [grant_id])
        if alone:
            await self.credential_store.destroy(connection, [grant_id])
        await self.base.audit.write(
            connection,
            Event.CONNECTION_REMOVED,
            actor=Actor("account", str(tenant.account_id)),
            caller=caller,
            account_id=tenant.account_id,
            tenant_id=tenant.tenant_id,
        )
        return alone and not shared

    async def revoke_grant(self, grant_id: int) -> bool:
        """As `revoke_upstream`, of a grant that is stored."""
        credential = await self._credential(grant_id)
        return credential is not None and await self.revoke_upstream(credential.access_token)

    async def revoke_upstream(self, token: Secret, *, seconds: float = _NOTION_SECONDS) -> bool:
        """RFC 7009. Whether Notion has revoked it: one that is down keeps nobody here."""
        if self.oauth is None:
            return False
        try:
            await self.oauth.revoke(token, deadline=seconds)
        except NotionError as failure:
            _log.warning("notion.revoke_failed", reason=str(failure))
            return False
        return True

    async def _credential(self, grant_id: int) -> Credential | None:
        """A key that is gone keeps nobody here."""
        try:
            grant = await self.credential_store.open_one(grant_id)
        except CredentialUnavailable as failure:
            _log.warning("notion.revoke_failed", reason=str(failure))
            return None
        return grant.credential if grant else None

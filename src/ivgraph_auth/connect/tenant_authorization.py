"""What Notion's user has authorized becomes a tenant's connection, or is refused with an audit row."""

import uuid
from dataclasses import dataclass

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import BROWSER, Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect import repository
from ivgraph_auth.connect.authorization import Authorization
from ivgraph_auth.connect.errors import AuthorizationRefused
from ivgraph_auth.connect.models import AuthorizedGrant, Connected, Tenant
from ivgraph_auth.core.principal import AccountSnapshot, ClientInfo, Scope
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.notion.models import TokenAnswer
from ivgraph_auth.vault.models import GrantDetails, owner_of

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TenantAuthorization:
    base: Base
    authorization: Authorization
    redirect_uri: str

    async def connect(self, tenant: Tenant, code: Secret, caller: ClientInfo) -> Connected:
        """Raises AuthorizationRefused, with its audit row written; then nothing is stored."""
        try:
            answer = await self.authorization.exchange(code, self.redirect_uri, self.authorization.deadline())
        except AuthorizationRefused as refusal:
            await self.refuse(tenant, refusal, caller)
            raise
        await self.keep(tenant, answer, caller)
        return Connected(tenant, answer.workspace_name)

    async def keep(self, tenant: Tenant, answer: TokenAnswer, caller: ClientInfo) -> None:
        """Stores what Notion answered, or gives it back and raises AuthorizationRefused, with its audit row written."""
        try:
            async with self.authorization.keep_or_give_back(answer):
                await self._keep(tenant, answer, caller)
        except AuthorizationRefused as refusal:
            await self.refuse(tenant, refusal, caller)
            raise

    async def refuse(self, tenant: Tenant, refusal: AuthorizationRefused, caller: ClientInfo) -> None:
        _log.info("consent.refused", account_id=tenant.account_id, tenant_id=tenant.tenant_id, reason=refusal.reason)
        async with self.base.database.transaction() as connection:
            await self.base.audit.write(
                connection,
                Event.CONSENT_REFUSED,
                outcome=refusal.reason,
                actor=BROWSER,
                caller=caller,
                account_id=tenant.account_id,
                tenant_id=tenant.tenant_id,
                notion_request_id=refusal.notion_request_id,
            )

    async def _keep(self, tenant: Tenant, answer: TokenAnswer, caller: ClientInfo) -> None:
        grant = await self._make_grant(tenant, answer)
        async with self.base.liveness.change() as change:
            await _check(change.connection, tenant, grant.key.workspace_id)
            grant_id = await self.authorization.adopt(change, tenant, grant)
            await self.base.audit.write(
                change.connection,
                Event.CONNECTION_MADE,
                actor=Actor("account", str(tenant.account_id)),
                caller=caller,
                account_id=tenant.account_id,
                tenant_id=tenant.tenant_id,
                notion_request_id=answer.request_id,
            )
        _log.info("connection.made", account_id=tenant.account_id, tenant_id=tenant.tenant_id, grant_id=grant_id)

    async def _make_grant(self, tenant: Tenant, answer: TokenAnswer) -> AuthorizedGrant:
        user = answer.owner.user if answer.owner else None
        # None as well for a bot that belongs to the workspace.
        person = parse_notion_id(user.id) if user else None
        details = GrantDetails(answer.workspace_name, answer.workspace_icon, person, user.name if user else None)
        return await self.authorization.make_grant(answer, owner_of(person, tenant.account_id), details)


async def _check(connection: Connection, tenant: Tenant, workspace_id: uuid.UUID) -> None:
    """A tenant's workspace never changes, and one that is named like a workspace is for that workspace."""
    snapshot = await accounts.lock(connection, tenant.account_id)
    if snapshot is None or not may_connect(snapshot):
        raise AuthorizationRefused("access_denied", "account_disabled", "This account may not connect workspaces.")
    known = await repository.find(connection, tenant)
    expected = known.workspace_id if known else parse_notion_id(tenant.tenant_id)
    if expected not in (None, workspace_id):
        name = (known and known.workspace_name) or "another workspace"
        raise AuthorizationRefused(
            "other_workspace",
            "other_workspace",
            f"“{tenant.tenant_id}” is connected to {name}, and you chose a different workspace.",
            "Start again and choose that one, or connect the other under a name of its own.",
        )


def may_connect(snapshot: AccountSnapshot) -> bool:
    return not snapshot.disabled and Scope.NOTION_CONNECT in snapshot.scopes

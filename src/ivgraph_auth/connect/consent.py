"""A person's consent for a tenant: asked for by its account, given at Notion, stored for that tenant alone."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.base import Base
from ivgraph_auth.connect import repository, states_repository
from ivgraph_auth.connect.authorization import Authorization, read_code
from ivgraph_auth.connect.errors import AuthorizationRefused, InvalidLink, InvalidState, NotionNotConfigured
from ivgraph_auth.connect.links import ConnectLinks
from ivgraph_auth.connect.models import (
    Addressee,
    Callback,
    Cancelled,
    Connected,
    Consenting,
    Flow,
    PendingConsent,
    Question,
    StateRequest,
    Tenant,
)
from ivgraph_auth.connect.states import STATE_SECONDS, StateService
from ivgraph_auth.connect.tenant_authorization import TenantAuthorization, may_connect
from ivgraph_auth.core.principal import AccountSnapshot, ClientInfo
from ivgraph_auth.core.secrets import Secret, random_token, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore

_PENDING = timedelta(minutes=5)
_LOOK_AT_NOTION = "Notion sent the browser back with an error. Look at the connection's settings at Notion."
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConsentService:
    base: Base
    states: StateService
    links: ConnectLinks
    credential_store: EncryptedCredentialStore
    authorization: Authorization
    tenants: TenantAuthorization
    redirect_uri: str

    async def begin(self, tenant: Tenant, browser: str) -> Consenting:
        """Raises NotionNotConfigured."""
        if not self.authorization.configured:
            raise NotionNotConfigured
        async with self.base.database.read() as connection:
            generation = await repository.get_generation(connection, tenant)
        state = await self.states.begin(StateRequest(Flow.CONNECT, browser, tenant=tenant))
        url = self.authorization.url(self.redirect_uri, state)
        return Consenting(url, self.links.url(tenant, generation), state, STATE_SECONDS)

    async def find_addressee(self, link: str) -> Addressee:
        """Whom the link is for. Raises InvalidLink, also when its tenant was connected or removed since."""
        tenant, generation = self.links.open(link)
        async with self.base.database.read() as connection:
            if await repository.get_generation(connection, tenant) != generation:
                raise InvalidLink
        account = await self._account(tenant.account_id)
        if account is None:
            raise InvalidLink
        return Addressee(tenant, _name(account))

    async def finish(self, callback: Callback, caller: ClientInfo) -> Connected | Cancelled | Question:
        """Raises InvalidState, AuthorizationRefused."""
        claimed = await self.states.claim_consent(callback.state, callback.browser, caller)
        tenant = claimed.tenant
        try:
            code = read_code(callback)
        except AuthorizationRefused as refusal:
            if refusal.reason == "server_error":
                _log.error("consent.failed", reason=refusal.reason, hint=_LOOK_AT_NOTION)
            await self.tenants.refuse(tenant, refusal, caller)
            if callback.error == "access_denied":
                return Cancelled()
            raise
        if claimed.same_browser and callback.visitor_id in (None, tenant.account_id):
            return await self.tenants.connect(tenant, code, caller)
        return await self._ask(tenant, code, callback)

    async def decide(self, pending: str, browser: str, caller: ClientInfo, *, connects: bool) -> Connected | Cancelled:
        """The answer to a Question, once and in the browser that was asked. Raises as `finish`."""
        async with self.base.database.transaction() as connection:
            waiting = await states_repository.take_pending(
                connection, sha256(pending), sha256(browser), database_now(self.base.clock)
            )
        if waiting is None:
            raise InvalidState("This question was answered already, or waited too long. Start again.")
        if not connects:
            declined = AuthorizationRefused("access_denied", "access_denied")
            await self.tenants.refuse(waiting.tenant, declined, caller)
            return Cancelled()
        code = await self.credential_store.open_text(
            waiting.sealed, states_repository.pending_identity(sha256(pending))
        )
        return await self.tenants.connect(waiting.tenant, code, caller)

    async def name_visitor(self, visitor_id: int | None, tenant: Tenant) -> str | None:
        """The name of whoever is signed in at this browser, when that is not the tenant's account."""
        if visitor_id in (None, tenant.account_id):
            return None
        async with self.base.database.read() as connection:
            other = await accounts.get(connection, visitor_id or 0)
        return _name(other) if other else None

    async def prune(self, connection: Connection, most: int) -> int:
        return await states_repository.prune_pending(connection, database_now(self.base.clock), most)

    async def _ask(self, tenant: Tenant, code: Secret, callback: Callback) -> Question:
        pending = Secret(random_token())
        id_hash = sha256(pending.reveal())
        waiting = PendingConsent(
            tenant,
            sha256(callback.browser),
            await self.credential_store.seal_text(code, states_repository.pending_identity(id_hash)),
        )
        async with self.base.database.transaction() as connection:
            await states_repository.add_pending(connection, id_hash, waiting, database_now(self.base.clock) + _PENDING)
        account = await self._account(tenant.account_id)
        if account is None:
            raise InvalidState
        return Question(
            pending, Addressee(tenant, _name(account)), await self.name_visitor(callback.visitor_id, tenant)
        )

    async def _account(self, account_id: int) -> AccountSnapshot | None:
        """One that may connect workspaces now."""
        async with self.base.database.read() as connection:
            snapshot = await accounts.get(connection, account_id)
        return snapshot if snapshot and may_connect(snapshot) else None


def _name(account: AccountSnapshot) -> str:
    return account.name or account.email or f"account {account.account_id}"

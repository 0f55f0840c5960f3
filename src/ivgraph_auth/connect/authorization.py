"""The end of a consent: the code is exchanged, what it brought is held against the tenant, and stored or given back."""

import uuid
from typing import NamedTuple

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import BROWSER, Actor, Event
from ivgraph_auth.audit.service import AuditTrail
from ivgraph_auth.connect import repository
from ivgraph_auth.connect.errors import ConsentRefused, NotionNotConfigured
from ivgraph_auth.connect.models import GIVE_BACK_SECONDS, Connected, ConsentPolicy, Tenant
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.core.principal import AccountSnapshot, ClientInfo, Scope
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.liveness.service import Change, Liveness
from ivgraph_auth.notion.errors import NotionError, NotionUnavailable, OAuthRefused
from ivgraph_auth.notion.models import TokenAnswer
from ivgraph_auth.notion.oauth import NotionOAuth
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey, SealedCredential, owner_of

_log = structlog.get_logger(__name__)
_NOTHING = "Nothing was stored."


class _Consent(NamedTuple):
    """A code exchanged."""

    answer: TokenAnswer
    key: GrantKey


class Authorization:
    def __init__(
        self,
        *,
        database: Database,
        liveness: Liveness,
        audit: AuditTrail,
        credential_store: EncryptedCredentialStore,
        connections: ConnectionService,
        oauth: NotionOAuth | None,
        policy: ConsentPolicy,
    ) -> None:
        self._database = database
        self._liveness = liveness
        self._audit = audit
        self._credential_store = credential_store
        self._connections = connections
        self._oauth = oauth
        self._policy = policy

    @property
    def configured(self) -> bool:
        return self._oauth is not None

    async def connect(self, tenant: Tenant, code: Secret, caller: ClientInfo) -> Connected:
        """Raises ConsentRefused, with its audit row written; then nothing is stored."""
        if self._oauth is None:
            raise NotionNotConfigured
        try:
            answer = await self._exchange(self._oauth, code)
        except ConsentRefused as refusal:
            await self._tell(tenant, refusal, caller)
            raise
        await self.keep(tenant, answer, caller)
        return Connected(tenant, answer.workspace_name)

    async def keep(self, tenant: Tenant, answer: TokenAnswer, caller: ClientInfo) -> None:
        """Stores what Notion answered, or gives it back and raises ConsentRefused, with its audit row written."""
        try:
            try:
                await self._keep(tenant, self._consent(tenant, answer), caller)
            except ConsentRefused:
                await self._give_back(answer)
                raise
        except ConsentRefused as refusal:
            await self._tell(tenant, refusal, caller)
            raise

    async def _exchange(self, oauth: NotionOAuth, code: Secret) -> TokenAnswer:
        seconds = self._policy.notion_seconds
        try:
            # Before the exchange: a credential that cannot be kept would be left alive at Notion.
            await self._credential_store.prove_key()
            return await oauth.exchange(code.reveal(), redirect_uri=self._policy.redirect_uri, deadline=seconds)
        except (NotionError, CredentialUnavailable) as failure:
            raise _refusal(failure) from failure

    def _consent(self, tenant: Tenant, answer: TokenAnswer) -> _Consent:
        workspace_id = parse_notion_id(answer.workspace_id)
        if workspace_id is None:
            raise _refusal(NotionUnavailable("The workspace id is not a UUID.", request_id=answer.request_id))
        owner = owner_of(_person(answer), tenant.account_id)
        return _Consent(answer, GrantKey(self._policy.client_id, workspace_id, answer.bot_id, owner))

    async def _keep(self, tenant: Tenant, consent: _Consent, caller: ClientInfo) -> None:
        workspace_id, answer = consent.key.workspace_id, consent.answer
        if self._policy.allowed_workspaces and workspace_id not in self._policy.allowed_workspaces:
            raise ConsentRefused(
                "access_denied", "workspace_not_allowed", f"This workspace may not be connected here. {_NOTHING}"
            )
        try:
            sealed = await self._credential_store.seal(consent.key, _credential(answer))
        except CredentialUnavailable as failure:
            raise _refusal(failure) from failure
        async with self._liveness.change() as change:
            await self._check(change.connection, tenant, workspace_id)
            await self._store(change, tenant, consent, sealed)
            await self._audit.write(
                change.connection,
                Event.CONNECTION_MADE,
                actor=Actor("account", str(tenant.account_id)),
                caller=caller,
                account_id=tenant.account_id,
                tenant_id=tenant.tenant_id,
                notion_request_id=answer.request_id,
            )

    async def _check(self, connection: Connection, tenant: Tenant, workspace_id: uuid.UUID) -> None:
        """A tenant's workspace never changes, and one that is named like a workspace is for that workspace."""
        snapshot = await accounts.lock(connection, tenant.account_id)
        if snapshot is None or not may_connect(snapshot):
            raise ConsentRefused(
                "access_denied", "account_disabled", f"This account may not connect workspaces. {_NOTHING}"
            )
        known = await repository.of_tenant(connection, tenant)
        expected = known.workspace_id if known else parse_notion_id(tenant.tenant_id)
        if expected not in (None, workspace_id):
            name = (known and known.workspace_name) or "another workspace"
            raise ConsentRefused(
                "other_workspace",
                "other_workspace",
                f"“{tenant.tenant_id}” is connected to {name}, and you chose a different workspace. {_NOTHING} "
                "Start again and choose that one, or connect the other under a name of its own.",
            )

    async def _store(self, change: Change, tenant: Tenant, consent: _Consent, sealed: SealedCredential) -> None:
        answer = consent.answer
        user = answer.owner.user if answer.owner else None
        details = GrantDetails(
            answer.workspace_name,
            answer.workspace_icon,
            _person(answer),
            user.name if user else None,
        )
        grant_id = await self._credential_store.put(change.connection, consent.key, details, sealed)
        await self._connections.adopt(change, tenant, consent.key.workspace_id, grant_id)

    async def _give_back(self, answer: TokenAnswer) -> None:
        """A credential that will not be kept is not left alive at Notion, unless a tenant has one of the same bot."""
        try:
            if self._oauth and not await self._credential_store.holds(self._policy.client_id, answer.bot_id):
                await self._oauth.revoke(Secret(answer.access_token), deadline=GIVE_BACK_SECONDS)
        except NotionError as failure:
            _log.warning("notion.revoke_failed", reason=str(failure))

    async def _tell(self, tenant: Tenant, refusal: ConsentRefused, caller: ClientInfo) -> None:
        async with self._database.transaction() as connection:
            await self._audit.write(
                connection,
                Event.CONSENT_REFUSED,
                outcome=refusal.reason,
                actor=BROWSER,
                caller=caller,
                account_id=tenant.account_id,
                tenant_id=tenant.tenant_id,
                notion_request_id=refusal.notion_request_id,
            )


def _person(answer: TokenAnswer) -> uuid.UUID | None:
    """None as well for a bot that belongs to the workspace."""
    user = answer.owner.user if answer.owner else None
    return parse_notion_id(user.id) if user else None


def may_connect(snapshot: AccountSnapshot) -> bool:
    return not snapshot.disabled and Scope.NOTION_CONNECT in snapshot.scopes


def _credential(answer: TokenAnswer) -> Credential:
    refresh = answer.refresh_token
    return Credential(Secret(answer.access_token), Secret(refresh) if refresh else None)


def _refusal(failure: NotionError | CredentialUnavailable) -> ConsentRefused:
    if isinstance(failure, CredentialUnavailable):
        return ConsentRefused("server_error", failure.code, f"This service cannot keep it at the moment. {_NOTHING}")
    request_id = failure.request_id
    if not isinstance(failure, OAuthRefused):
        _log.warning("notion.unavailable", reason=str(failure), notion_request_id=request_id)
        words = f"Notion did not answer as it should. {_NOTHING} Try again in a minute."
        return ConsentRefused("temporarily_unavailable", "notion_unavailable", words, notion_request_id=request_id)
    if failure.code == "invalid_grant":
        words = f"That took too long, or was used before. {_NOTHING} Start again."
        return ConsentRefused("invalid_grant", "invalid_grant", words, notion_request_id=request_id)
    _log.error(
        "notion.client_refused",
        reason=failure.code,
        hint="Check NOTION_CLIENT_ID, NOTION_CLIENT_SECRET and the redirect URIs registered at Notion.",
        notion_request_id=request_id,
    )
    words = f"This service is not set up right for Notion. {_NOTHING} Whoever runs it finds the reason in its log."
    return ConsentRefused("server_error", f"notion_{failure.code}", words, notion_request_id=request_id)

"""The one way from Notion's authorization code to a grant that is kept, for sign-in, tenants and the Python API.

A code is exchanged, what it brought is checked and sealed, and a tenant adopts it in the caller's transaction. Whatever
stands in the way is an AuthorizationRefused, and what was brought is given back.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog

from ivgraph_auth.connect.errors import AuthorizationRefused, NotionNotConfigured
from ivgraph_auth.connect.models import AuthorizationPolicy, AuthorizedGrant, Callback, Tenant, known_error
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.urls import parse_notion_id, with_query
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.liveness.change import Change
from ivgraph_auth.notion.errors import NotionError, NotionUnavailable, OAuthRefused
from ivgraph_auth.notion.models import TokenAnswer
from ivgraph_auth.notion.oauth import NotionOAuth
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey

_log = structlog.get_logger(__name__)
# Whoever signs in or connects waits for it.
_GIVE_BACK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Authorization:
    credential_store: EncryptedCredentialStore
    connections: ConnectionService
    oauth: NotionOAuth | None
    policy: AuthorizationPolicy

    @property
    def configured(self) -> bool:
        return self.oauth is not None

    def url(self, redirect_uri: str, state: Secret) -> str:
        """Where the browser is sent (RFC 6749 §4.1.1). Raises NotionNotConfigured."""
        if self.oauth is None:
            raise NotionNotConfigured
        return with_query(
            self.policy.authorization_url,
            client_id=self.policy.client_id,
            response_type="code",
            owner="user",
            redirect_uri=redirect_uri,
            state=state.reveal(),
        )

    def deadline(self) -> float:
        """The moment, by the event loop's clock, until which Notion may be waited for from now on."""
        return asyncio.get_running_loop().time() + self.policy.notion_seconds

    async def exchange(self, code: Secret, redirect_uri: str, until: float) -> TokenAnswer:
        """Raises AuthorizationRefused, NotionNotConfigured."""
        if self.oauth is None:
            raise NotionNotConfigured
        with _turn_into_refusals():
            # Before the exchange: a credential that cannot be kept would be left alive at Notion.
            await self.credential_store.prove_key()
            async with asyncio.timeout_at(until):
                return await self.oauth.exchange(
                    code.reveal(), redirect_uri=redirect_uri, deadline=self.policy.notion_seconds
                )

    @asynccontextmanager
    async def keep_or_give_back(self, answer: TokenAnswer) -> AsyncIterator[None]:
        """A credential that will not be kept is not left alive at Notion, unless a tenant has one of the same bot."""
        try:
            with _turn_into_refusals():
                yield
        except AuthorizationRefused:
            if not await self.credential_store.holds(self.policy.client_id, answer.bot_id):
                await self.connections.revoke_upstream(Secret(answer.access_token), seconds=_GIVE_BACK_SECONDS)
            raise

    async def make_grant(self, answer: TokenAnswer, owner: str, details: GrantDetails) -> AuthorizedGrant:
        """Raises CredentialUnavailable, and AuthorizationRefused for a workspace that may not be connected here."""
        workspace_id = workspace_of(answer)
        if self.policy.allowed_workspaces and workspace_id not in self.policy.allowed_workspaces:
            raise AuthorizationRefused(
                "access_denied", "workspace_not_allowed", "This workspace may not be connected here."
            )
        key = GrantKey(self.policy.client_id, workspace_id, answer.bot_id, owner)
        refresh = Secret(answer.refresh_token) if answer.refresh_token else None
        credential = Credential(Secret(answer.access_token), refresh)
        return AuthorizedGrant(key, await self.credential_store.seal(key, credential), details)

    async def adopt(self, change: Change, tenant: Tenant, grant: AuthorizedGrant) -> int:
        """The grant acts for the tenant from the commit on. Answers its id."""
        grant_id = await self.credential_store.put(change.connection, grant.key, grant.details, grant.sealed)
        await self.connections.adopt(change, tenant, grant.key.workspace_id, grant_id)
        return grant_id


def read_code(callback: Callback) -> Secret:
    """RFC 6749 §4.1.2. Raises AuthorizationRefused."""
    words = "Notion did not go through with it."
    if callback.error is not None:
        error = known_error(callback.error)
        raise AuthorizationRefused(error, error, words)
    if not callback.code:
        raise AuthorizationRefused("invalid_request", "no_code", words)
    return Secret(callback.code)


def workspace_of(answer: TokenAnswer) -> uuid.UUID:
    """Raises NotionUnavailable."""
    workspace_id = parse_notion_id(answer.workspace_id)
    if workspace_id is None:
        raise NotionUnavailable("The workspace id is not a UUID.", request_id=answer.request_id)
    return workspace_id


@contextmanager
def _turn_into_refusals() -> Iterator[None]:
    """Turns what Notion, time and the keys may bring into an AuthorizationRefused."""
    try:
        yield
    except (NotionError, TimeoutError, CredentialUnavailable) as failure:
        raise _refusal(failure) from failure


def _refusal(failure: NotionError | TimeoutError | CredentialUnavailable) -> AuthorizationRefused:
    if isinstance(failure, CredentialUnavailable):
        return AuthorizationRefused("server_error", failure.code, "This service cannot keep it at the moment.")
    request_id = failure.request_id if isinstance(failure, NotionError) else None
    if not isinstance(failure, OAuthRefused):
        _log.warning("notion.unavailable", reason=str(failure) or "too slow", notion_request_id=request_id)
        words, then = "Notion did not answer as it should.", "Try again in a minute."
        return AuthorizationRefused("temporarily_unavailable", "notion_unavailable", words, then, request_id)
    if failure.code == "invalid_grant":
        words = "That took too long, or was used before."
        return AuthorizationRefused("invalid_grant", "invalid_grant", words, "Start again.", request_id)
    _log.error(
        "notion.client_refused",
        reason=failure.code,
        hint="Check NOTION_CLIENT_ID, NOTION_CLIENT_SECRET and the redirect URIs registered at Notion.",
        notion_request_id=request_id,
    )
    words, then = "This service is not set up right for Notion.", "Whoever runs it finds the reason in its log."
    return AuthorizationRefused("server_error", f"notion_{failure.code}", words, then, request_id)

"""The service's vault as AuthManager's store: what the Python API calls a subject is a tenant of one account."""

from ivgraph_auth.connect.access import GrantAccess
from ivgraph_auth.connect.errors import AuthorizationRefused, NeedsConsent, UnknownConnection
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.connect.tenant_authorization import TenantAuthorization
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.integrations.credentials import NotionUserCredentials
from ivgraph_auth.integrations.errors import AuthorizationNeeded, WorkspaceDiffers
from ivgraph_auth.integrations.store import Refresh
from ivgraph_auth.notion.models import TokenAnswer
from ivgraph_auth.vault.models import OpenedGrant

_NOBODY = ClientInfo()


class VaultStore:
    """Sealed at rest, refreshed once for all processes, revoked and audited as everything else in the vault."""

    def __init__(
        self, account_id: int, *, connections: ConnectionService, access: GrantAccess, tenants: TenantAuthorization
    ) -> None:
        self._account_id = account_id
        self._connections = connections
        self._access = access
        self._tenants = tenants

    async def load(self, provider: str, subject: str) -> NotionUserCredentials | None:  # noqa: ARG002 -- the protocol's
        """None as well for a connection that needs a consent. Raises CredentialUnavailable."""
        grant = await self._grant(subject)
        return _credentials(grant) if grant else None

    async def save(self, provider: str, subject: str, credentials: NotionUserCredentials) -> None:
        """Of an exchange: `raw` must be what Notion answered. Raises WorkspaceDiffers, AuthorizationNeeded."""
        answer = TokenAnswer.model_validate(credentials.raw)
        try:
            await self._tenants.keep(self._tenant(subject), answer, _NOBODY)
        except AuthorizationRefused as refusal:
            if refusal.error == "other_workspace":
                raise WorkspaceDiffers(subject) from refusal
            raise AuthorizationNeeded(provider, subject, refusal.words) from refusal

    async def remove(self, provider: str, subject: str) -> None:  # noqa: ARG002 -- the protocol's
        """Takes it from service tokens at once, and revokes it at Notion unless another tenant holds it."""
        try:
            await self._connections.remove(self._tenant(subject), _NOBODY)
        except UnknownConnection:
            return

    async def renew(
        self,
        provider: str,
        subject: str,
        stale: NotionUserCredentials,
        refresh: Refresh,  # noqa: ARG002 -- the protocol's
    ) -> NotionUserCredentials:
        """By the vault's own journal instead of `refresh`."""
        grant = await self._grant(subject)
        if grant is None:
            raise AuthorizationNeeded(provider, subject, "Nothing is stored any more.")
        if grant.credential.access_token.reveal() != stale.access_token:
            return _credentials(grant)
        try:
            return _credentials(await self._access.renew(grant, _NOBODY))
        except (NeedsConsent, UnknownConnection) as refusal:
            raise AuthorizationNeeded(provider, subject, "Notion refused the refresh.") from refusal

    async def _grant(self, subject: str) -> OpenedGrant | None:
        found = await self._connections.find(self._tenant(subject))
        try:
            return await self._access.open(found.grant_id) if found else None
        except (NeedsConsent, UnknownConnection):
            return None

    def _tenant(self, subject: str) -> Tenant:
        return Tenant(self._account_id, subject)


def _credentials(grant: OpenedGrant) -> NotionUserCredentials:
    refresh = grant.credential.refresh_token
    return NotionUserCredentials(
        access_token=grant.credential.access_token.reveal(),
        refresh_token=refresh.reveal() if refresh else None,
        workspace_id=str(grant.key.workspace_id),
    )

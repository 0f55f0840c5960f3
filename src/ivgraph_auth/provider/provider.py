"""What the routes get of the provider."""

from dataclasses import dataclass

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import code_repository, device_repository, proof_repository, refresh_repository
from ivgraph_auth.provider.app_service import AppService
from ivgraph_auth.provider.authorization.service import AuthorizationService
from ivgraph_auth.provider.clients import Clients
from ivgraph_auth.provider.device_service import DeviceService
from ivgraph_auth.provider.dpop import DpopProofs
from ivgraph_auth.provider.grant_service import GrantService
from ivgraph_auth.provider.introspection import TokenInspection
from ivgraph_auth.provider.logout import LogoutService
from ivgraph_auth.provider.metadata import ProviderMetadata
from ivgraph_auth.provider.origins import AppOrigins
from ivgraph_auth.provider.registration_service import RegistrationService
from ivgraph_auth.provider.resources import Resources
from ivgraph_auth.provider.signing import SigningKeys
from ivgraph_auth.provider.token_service import TokenEndpoint
from ivgraph_auth.provider.tokens import AppTokens


@dataclass(frozen=True, slots=True)
class Provider:
    apps: AppService
    authorization: AuthorizationService
    token_endpoint: TokenEndpoint
    inspection: TokenInspection
    devices: DeviceService
    grants: GrantService
    logout: LogoutService
    metadata: ProviderMetadata
    origins: AppOrigins
    proofs: DpopProofs
    registration: RegistrationService
    clients: Clients
    tokens: AppTokens
    signing_keys: SigningKeys
    resources: Resources

    async def prune(self, connection: Connection, most: int) -> int:
        """Requests and codes that have expired, refresh tokens nobody can use any more, keys that signed long ago."""
        now = self.authorization.now
        removed = await code_repository.prune(connection, now, most)
        removed += await device_repository.prune(connection, now, most)
        removed += await proof_repository.prune(connection, now, most)
        removed += await refresh_repository.prune(connection, now, most)
        return removed + await self.signing_keys.prune(connection)

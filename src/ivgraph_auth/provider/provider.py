"""What the routes get of the provider."""

from dataclasses import dataclass

from ivgraph_auth.provider.app_service import AppService
from ivgraph_auth.provider.authorization.service import AuthorizationService
from ivgraph_auth.provider.clients import Clients
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
    registration: RegistrationService
    clients: Clients
    tokens: AppTokens
    signing_keys: SigningKeys
    resources: Resources

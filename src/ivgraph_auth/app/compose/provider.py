"""The OAuth 2.1 and OpenID Connect provider."""

from datetime import timedelta

from ivgraph_auth.app.compose.foundation import Foundation
from ivgraph_auth.app.values import signing_keys
from ivgraph_auth.core.config import Settings
from ivgraph_auth.provider.app_service import AppService
from ivgraph_auth.provider.authorization.request_reader import RequestReader
from ivgraph_auth.provider.authorization.service import AuthorizationService
from ivgraph_auth.provider.client_assertions import ClientAssertions
from ivgraph_auth.provider.client_authentication import ClientAuthentication
from ivgraph_auth.provider.client_documents import DocumentFetcher
from ivgraph_auth.provider.clients import Clients
from ivgraph_auth.provider.device_service import DeviceService
from ivgraph_auth.provider.docs_client import DOCS_REDIRECT_PATH, DocsClient
from ivgraph_auth.provider.dpop import DpopProofs
from ivgraph_auth.provider.grant_service import GrantService
from ivgraph_auth.provider.grants.authorization_code import AuthorizationCodeGrant
from ivgraph_auth.provider.grants.device_code import DeviceCodeGrant
from ivgraph_auth.provider.grants.refresh_token import RefreshTokenGrant
from ivgraph_auth.provider.grants.request import GrantHandler
from ivgraph_auth.provider.grants.token_answer import TokenAnswers
from ivgraph_auth.provider.grants.token_exchange import TokenExchangeGrant
from ivgraph_auth.provider.id_token_hints import IdTokenHints
from ivgraph_auth.provider.introspection import TokenInspection
from ivgraph_auth.provider.logout import LogoutService
from ivgraph_auth.provider.metadata import ProviderMetadata
from ivgraph_auth.provider.models import AuthMethod, GrantType
from ivgraph_auth.provider.origins import AppOrigins
from ivgraph_auth.provider.provider import Provider
from ivgraph_auth.provider.refresh_tokens import RefreshTokens
from ivgraph_auth.provider.registration_service import RegistrationService
from ivgraph_auth.provider.resources import Resources
from ivgraph_auth.provider.signing import SigningKeys
from ivgraph_auth.provider.token_service import TokenEndpoint
from ivgraph_auth.provider.tokens import AppTokens

_REFRESH_LIFETIME = timedelta(days=90)


def compose_provider(foundation: Foundation) -> Provider:
    settings, base = foundation.settings, foundation.base
    issuer, resources = settings.public_url, Resources(settings.public_url)
    keys = SigningKeys(base, foundation.credential_store, settings.app_token_algorithm)
    tokens = AppTokens(base, keys, issuer)
    grace = timedelta(seconds=settings.app_refresh_grace)
    refresh_tokens = RefreshTokens(signing_keys(settings), base.clock, grace=grace, lifetime=_REFRESH_LIFETIME)
    answers = TokenAnswers(base, tokens, refresh_tokens)
    documents = DocumentFetcher(foundation.public_http) if settings.client_id_metadata else None
    registered = Clients(base, documents, DocsClient(issuer + DOCS_REDIRECT_PATH))
    clients = ClientAuthentication(base, registered, ClientAssertions(base, (issuer, f"{issuer}/oauth2/token")))
    hints = IdTokenHints(tokens)
    proofs = DpopProofs(base)
    grants: dict[GrantType, GrantHandler] = {
        GrantType.AUTHORIZATION_CODE: AuthorizationCodeGrant(base, answers, resources),
        GrantType.REFRESH_TOKEN: RefreshTokenGrant(base, answers, refresh_tokens, resources),
        GrantType.DEVICE_CODE: DeviceCodeGrant(base, answers),
        GrantType.TOKEN_EXCHANGE: TokenExchangeGrant(base, tokens, resources),
    }
    return Provider(
        apps=AppService(base, foundation.cursors),
        authorization=AuthorizationService(base, RequestReader(registered, hints, resources), issuer),
        token_endpoint=TokenEndpoint(clients, proofs, f"{issuer}/oauth2/token", grants),
        inspection=TokenInspection(base, clients, tokens, refresh_tokens),
        devices=DeviceService(base, clients, resources, f"{issuer}/device"),
        grants=GrantService(base),
        logout=LogoutService(base, hints),
        metadata=_metadata(settings, resources, tuple(grants)),
        origins=AppOrigins(base),
        registration=RegistrationService(base, settings.dynamic_registration),
        clients=registered,
        proofs=proofs,
        tokens=tokens,
        signing_keys=keys,
        resources=resources,
    )


def _metadata(settings: Settings, resources: Resources, grant_types: tuple[GrantType, ...]) -> ProviderMetadata:
    return ProviderMetadata(
        issuer=settings.public_url,
        resources=resources,
        grant_types=grant_types,
        auth_methods=tuple(AuthMethod),
        registration=settings.dynamic_registration,
        metadata_documents=settings.client_id_metadata,
    )

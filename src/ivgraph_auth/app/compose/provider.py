"""The OAuth 2.1 and OpenID Connect provider."""

from datetime import timedelta

from ivgraph_auth.app.compose.foundation import Foundation
from ivgraph_auth.app.values import signing_keys
from ivgraph_auth.provider.app_service import AppService
from ivgraph_auth.provider.authorization.service import AuthorizationService
from ivgraph_auth.provider.client_authentication import ClientAuthentication
from ivgraph_auth.provider.client_documents import DocumentFetcher
from ivgraph_auth.provider.clients import Clients
from ivgraph_auth.provider.grants.authorization_code import AuthorizationCodeGrant
from ivgraph_auth.provider.grants.refresh_token import RefreshTokenGrant
from ivgraph_auth.provider.grants.token_answer import TokenAnswers
from ivgraph_auth.provider.models import GrantType
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
    refresh_tokens = RefreshTokens(
        signing_keys(settings),
        base.clock,
        grace=timedelta(seconds=settings.app_refresh_grace),
        lifetime=_REFRESH_LIFETIME,
    )
    answers = TokenAnswers(base, tokens, refresh_tokens)
    documents = DocumentFetcher(foundation.public_http) if settings.client_id_metadata else None
    registered = Clients(base, documents)
    return Provider(
        apps=AppService(base, foundation.cursors),
        authorization=AuthorizationService(base, registered, issuer=issuer, resources=resources),
        token_endpoint=TokenEndpoint(
            ClientAuthentication(base, registered),
            {
                GrantType.AUTHORIZATION_CODE: AuthorizationCodeGrant(base, answers, resources),
                GrantType.REFRESH_TOKEN: RefreshTokenGrant(base, answers, refresh_tokens, resources),
            },
        ),
        registration=RegistrationService(base, settings.dynamic_registration),
        clients=registered,
        tokens=tokens,
        signing_keys=keys,
        resources=resources,
    )

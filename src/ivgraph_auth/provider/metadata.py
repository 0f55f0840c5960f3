"""The one description of the provider, of which every discovery document is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.core.principal import Scope
from ivgraph_auth.provider.client_assertions import ALGORITHMS
from ivgraph_auth.provider.dpop import ALGORITHMS as DPOP_ALGORITHMS
from ivgraph_auth.provider.models import AuthMethod, GrantType
from ivgraph_auth.provider.resources import Resources
from ivgraph_auth.provider.scopes import SCOPES

_GRAPH = (Scope.GRAPH_SEARCH, Scope.GRAPH_READ, Scope.GRAPH_NEIGHBORS)
_NOTION = (Scope.NOTION_READ, Scope.NOTION_WRITE, Scope.NOTION_COMMENT)
# What is listed here is what clients ask for, to the letter: without `offline_access`, which is the authorization
# server's (MCP's authorization, 2025-11-25), and without what only a person should think of.
_SCOPES_OF_PATH = {
    "": (*_GRAPH, *_NOTION),
    "/api/v1": (*_GRAPH, *_NOTION),
    "/mcp": (*_GRAPH, *_NOTION),
    "/notion": _NOTION,
}


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """`issuer` is the public URL, without a closing slash."""

    issuer: str
    resources: Resources
    grant_types: tuple[GrantType, ...]
    auth_methods: tuple[AuthMethod, ...]
    registration: bool
    metadata_documents: bool

    def authorization_server(self) -> dict[str, Any]:
        """RFC 8414 §2, with what OpenID Connect Discovery §3 adds, so that one answer serves both addresses."""
        methods = [method.value for method in self.auth_methods]
        return {
            "issuer": self.issuer,
            **self._endpoints(),
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [grant.value for grant in self.grant_types],
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "introspection_endpoint_auth_methods_supported": [name for name in methods if name != "none"],
            "revocation_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": self.metadata_documents,
            "protected_resources": list(self.resources.names),
            "subject_types_supported": ["public"],
            # Keys that were made before a change of the setting go on with their own.
            "id_token_signing_alg_values_supported": list(ALGORITHMS),
            "claims_supported": [
                "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid",
                "name", "preferred_username", "picture", "roles", "email", "email_verified",
            ],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "service_documentation": f"{self.issuer}/docs",
        }  # fmt: skip

    def _endpoints(self) -> dict[str, str]:
        at = self.issuer
        registration = {"registration_endpoint": f"{at}/oauth2/register"} if self.registration else {}
        return {
            "authorization_endpoint": f"{at}/oauth2/authorize",
            "token_endpoint": f"{at}/oauth2/token",
            "introspection_endpoint": f"{at}/oauth2/introspect",
            "revocation_endpoint": f"{at}/oauth2/revoke",
            "userinfo_endpoint": f"{at}/oauth2/userinfo",
            "end_session_endpoint": f"{at}/oauth2/logout",
            "device_authorization_endpoint": f"{at}/oauth2/device",
            "jwks_uri": f"{at}/.well-known/jwks.json",
            **registration,
        }

    def protected_resource(self, path: str) -> dict[str, Any]:
        """RFC 9728 §2, of one of `resources.PATHS`."""
        return {
            "resource": self.issuer + path,
            "authorization_servers": [self.issuer],
            "scopes_supported": [scope.value for scope in scopes_of(path)],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
            "resource_name": "IVGraph",
            "resource_documentation": f"{self.issuer}/docs",
        }


def scopes_of(path: str) -> tuple[Scope, ...]:
    return _SCOPES_OF_PATH[path]


def challenge(issuer: str, path: str) -> Mapping[str, str]:
    """What a 401 at a protected resource adds to its challenge (RFC 9728 §5.1), for those that have a document of their
    own; nothing elsewhere.
    """
    found = next((name for name in ("/api/v1", "/mcp", "/notion") if path == name or path.startswith(f"{name}/")), None)
    if found is None:
        return {}
    return {
        "resource_metadata": f"{issuer}/.well-known/oauth-protected-resource{found}",
        "scope": " ".join(scope.value for scope in scopes_of(found)),
    }

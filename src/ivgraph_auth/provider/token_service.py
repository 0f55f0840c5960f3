"""The token endpoint: each grant type is a handler in a mapping (RFC 6749 §3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.client_authentication import ClientAuthentication
from ivgraph_auth.provider.errors import InvalidRequest, UnauthorizedClient, UnsupportedGrantType
from ivgraph_auth.provider.models import App, GrantType


class GrantHandler(Protocol):
    async def answer(self, app: App, parameters: Parameters, caller: ClientInfo) -> Mapping[str, Any]:
        """RFC 6749 §5.1's answer. Raises OAuthError."""
        ...


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    clients: ClientAuthentication
    grants: Mapping[GrantType, GrantHandler]

    async def answer(self, parameters: Parameters, authorization: str | None, caller: ClientInfo) -> Mapping[str, Any]:
        """Raises OAuthError."""
        if parameters.repeated is not None:
            raise InvalidRequest("A parameter is given more than once.")
        app = await self.clients.authenticate(parameters, authorization, caller.address)
        grant_type = parameters.get("grant_type")
        if grant_type is None:
            raise InvalidRequest("grant_type is missing.")
        if grant_type not in self.grants:
            raise UnsupportedGrantType
        if grant_type not in app.grant_types:
            raise UnauthorizedClient
        return await self.grants[GrantType(grant_type)].answer(app, parameters, caller)

"""What a grant is asked at the token endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.models import App


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """`app` has proven itself. `jkt` is the thumbprint of the key of its DPoP proof, if it sent one (RFC 9449 §5)."""

    app: App
    parameters: Parameters
    caller: ClientInfo
    jkt: str | None


class GrantHandler(Protocol):
    async def answer(self, request: TokenRequest) -> Mapping[str, Any]:
        """RFC 6749 §5.1's answer. Raises OAuthError."""
        ...

"""The token endpoint: each grant type is a handler in a mapping (RFC 6749 §3.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.client_authentication import ClientAuthentication
from ivgraph_auth.provider.dpop import DpopProofs, ProofTarget
from ivgraph_auth.provider.errors import InvalidDpopProof, InvalidRequest, UnauthorizedClient, UnsupportedGrantType
from ivgraph_auth.provider.grants.request import GrantHandler, TokenRequest
from ivgraph_auth.provider.models import GrantType


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    clients: ClientAuthentication
    proofs: DpopProofs
    url: str
    grants: Mapping[GrantType, GrantHandler]

    async def answer(
        self, parameters: Parameters, authorization: str | None, proofs: Sequence[str], caller: ClientInfo
    ) -> Mapping[str, Any]:
        """`proofs` are the headers `DPoP`. Raises OAuthError."""
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
        request = TokenRequest(app, parameters, caller, await self._read_proof(proofs))
        return await self.grants[GrantType(grant_type)].answer(request)

    async def _read_proof(self, proofs: Sequence[str]) -> str | None:
        """RFC 9449 §4.3 and §5."""
        if len(proofs) > 1:
            raise InvalidDpopProof("Send one DPoP header.")
        return await self.proofs.verify(proofs[0], ProofTarget("POST", self.url)) if proofs else None

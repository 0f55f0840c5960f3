"""An ID token of ours, brought back as a hint of who the person is (OpenID Connect Core §3.1.2.1, RP-Initiated Logout
§2).
"""

from dataclasses import dataclass

from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.provider.tokens import AppTokens


@dataclass(frozen=True, slots=True)
class IdTokenHint:
    """Whom the app means. `client_id` is the app that the token was made for."""

    account_id: int
    client_id: str


@dataclass(frozen=True, slots=True)
class IdTokenHints:
    tokens: AppTokens

    async def read(self, token: str) -> IdTokenHint:
        """An expired one is a good hint, too. Raises TokenNotValid."""
        claims = await self.tokens.read_signed(token, "JWT")
        try:
            return IdTokenHint(int(claims["sub"]), str(claims["aud"]))
        except (KeyError, ValueError):
            raise TokenNotValid from None

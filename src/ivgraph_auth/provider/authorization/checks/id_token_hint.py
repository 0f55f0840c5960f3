"""OpenID Connect Core §3.1.2.1: whom the app means."""

from dataclasses import dataclass

from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.errors import AuthorizationError
from ivgraph_auth.provider.id_token_hints import IdTokenHints
from ivgraph_auth.provider.models import App


@dataclass(frozen=True, slots=True)
class IdTokenHintCheck:
    """Beside the others, since it waits for the keys."""

    hints: IdTokenHints

    async def find_account(self, parameters: Parameters, app: App) -> int | None:
        """None where the app means nobody in particular. Raises AuthorizationError."""
        token = parameters.get("id_token_hint")
        if token is None:
            return None
        try:
            hint = await self.hints.read(token)
        except TokenNotValid:
            raise AuthorizationError("invalid_request", "id_token_hint is no ID token of ours.") from None
        if hint.client_id != app.client_id:
            raise AuthorizationError("invalid_request", "id_token_hint is another app's.")
        return hint.account_id

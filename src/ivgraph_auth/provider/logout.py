"""OpenID Connect RP-Initiated Logout 1.0: an app sends its person here to sign out."""

from dataclasses import dataclass

from ivgraph_auth.base import Base
from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.core.urls import with_query
from ivgraph_auth.provider import app_repository
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.errors import UntrustedRequest
from ivgraph_auth.provider.id_token_hints import IdTokenHints
from ivgraph_auth.provider.models import App
from ivgraph_auth.provider.redirect_uris import UriType


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """`account_id` is whom the app believes to be signed in, by an ID token of ours; `url` is where to go after."""

    app: App | None
    account_id: int | None
    url: str | None


@dataclass(frozen=True, slots=True)
class LogoutService:
    base: Base
    hints: IdTokenHints

    async def read(self, parameters: Parameters) -> LogoutRequest:
        """§2. Raises UntrustedRequest: where it is not certain where the browser may go, it goes nowhere."""
        if parameters.repeated is not None:
            raise UntrustedRequest("A parameter is given more than once.")
        hint, client_id = parameters.get("id_token_hint"), parameters.get("client_id")
        account_id = None
        if hint is not None:
            try:
                found = await self.hints.read(hint)
            except TokenNotValid:
                raise UntrustedRequest("id_token_hint is no ID token of ours.") from None
            if client_id not in (None, found.client_id):
                raise UntrustedRequest("id_token_hint is another app's.")
            account_id, client_id = found.account_id, found.client_id
        app = await self._find(client_id) if client_id else None
        return LogoutRequest(app, account_id, _check_target(app, parameters))

    async def _find(self, client_id: str) -> App:
        async with self.base.database.read() as connection:
            app = await app_repository.find(connection, client_id)
        if app is None:
            raise UntrustedRequest
        return app


def _check_target(app: App | None, parameters: Parameters) -> str | None:
    """§3: one that is registered, to the letter, with `state` as it came."""
    url = parameters.get("post_logout_redirect_uri")
    if url is None:
        return None
    if app is None or url not in app.uris(UriType.LOGOUT):
        raise UntrustedRequest("The app wants you back at an address that it has not registered for signing out.")
    state = parameters.get("state")
    return with_query(url, state=state) if state else url

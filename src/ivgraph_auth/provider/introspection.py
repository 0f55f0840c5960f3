"""What a token is, and its end, told to the app whose it is (RFC 7662, RFC 7009)."""

from dataclasses import dataclass
from typing import NamedTuple

import structlog

from ivgraph_auth.audit.models import Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.core.principal import AccountSnapshot, ClientInfo
from ivgraph_auth.provider import grant_repository
from ivgraph_auth.provider.access import VerifiedAccess
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.client_authentication import ClientAuthentication
from ivgraph_auth.provider.end_authorization import Ending, end_authorization
from ivgraph_auth.provider.errors import InvalidClient, InvalidRequest
from ivgraph_auth.provider.models import App, AuthMethod, LivingAuthorization
from ivgraph_auth.provider.refresh_tokens import RefreshTokens
from ivgraph_auth.provider.scopes import cap
from ivgraph_auth.provider.tokens import AppTokens, is_access_token

_log = structlog.get_logger(__name__)


class VerifiedRefresh(NamedTuple):
    """A refresh token found good: what it is for, and what its person is now."""

    authorization: LivingAuthorization
    snapshot: AccountSnapshot

    @property
    def scopes(self) -> tuple[str, ...]:
        return cap(self.authorization.scopes, self.snapshot)


@dataclass(frozen=True, slots=True)
class TokenInspection:
    base: Base
    clients: ClientAuthentication
    tokens: AppTokens
    refresh_tokens: RefreshTokens

    async def introspect(
        self, parameters: Parameters, authorization: str | None, caller: ClientInfo
    ) -> VerifiedAccess | VerifiedRefresh | None:
        """RFC 7662 §2: what is active. Raises InvalidRequest, InvalidClient, TooManyRequests."""
        app, token = await self._read(parameters, authorization, caller)
        if app.auth_method is AuthMethod.NONE:
            raise InvalidClient("A public client cannot ask: it proves nothing (RFC 7662 §2.1).")
        if is_access_token(token):
            return await self._access(app, token)
        return await self._refresh(app, token)

    async def revoke(self, parameters: Parameters, authorization: str | None, caller: ClientInfo) -> None:
        """RFC 7009 §2: an access token alone; a refresh token with all of its authorization. What is not valid, or
        another app's, is nothing to revoke. Raises InvalidRequest, InvalidClient, TooManyRequests.
        """
        app, token = await self._read(parameters, authorization, caller)
        if is_access_token(token):
            found = await self._access(app, token)
            if found is not None:
                async with self.base.liveness.change() as change:
                    await grant_repository.revoke_jti(change.connection, found.authorization.id, found.claims.jti)
                    await change.touches(found.authorization.account_id)
            return
        await self._end(app, token, caller)

    async def _read(self, parameters: Parameters, authorization: str | None, caller: ClientInfo) -> tuple[App, str]:
        if parameters.repeated is not None:
            raise InvalidRequest("A parameter is given more than once.")
        app = await self.clients.authenticate(parameters, authorization, caller.address)
        token = parameters.get("token")
        if token is None:
            raise InvalidRequest("token is missing.")
        return app, token

    async def _access(self, app: App, token: str) -> VerifiedAccess | None:
        try:
            found = await self.tokens.verify(token)
        except TokenNotValid:
            return None
        return found if found.authorization.app_id == app.id else None

    async def _refresh(self, app: App, token: str) -> VerifiedRefresh | None:
        async with self.base.database.read() as connection:
            authorization_id = await self.refresh_tokens.find(connection, token)
            found = await grant_repository.find_living(connection, authorization_id) if authorization_id else None
        return VerifiedRefresh(*found) if found is not None and found[0].app_id == app.id else None

    async def _end(self, app: App, token: str, caller: ClientInfo) -> None:
        async with self.base.liveness.change() as change:
            authorization_id = await self.refresh_tokens.find(change.connection, token)
            found = (
                await grant_repository.find_living(change.connection, authorization_id) if authorization_id else None
            )
            if found is None or found[0].app_id != app.id:
                return
            ending = Ending(found[0].id, app, Event.APP_TOKENS_REVOKED, caller)
            account_id = await end_authorization(self.base, change, ending)
        _log.info("app_tokens.revoked", app_id=app.id, account_id=account_id)

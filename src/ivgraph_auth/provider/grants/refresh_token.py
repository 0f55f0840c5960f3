"""A refresh token for new tokens (RFC 6749 §6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from ivgraph_auth.audit.models import Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import AccountSnapshot, ClientInfo
from ivgraph_auth.core.secrets import Secret, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.provider import refresh_repository
from ivgraph_auth.provider.end_authorization import Ending, end_authorization
from ivgraph_auth.provider.errors import InvalidGrant, InvalidRequest, InvalidTarget
from ivgraph_auth.provider.grants.request import TokenRequest
from ivgraph_auth.provider.grants.token_answer import TokenAnswers
from ivgraph_auth.provider.models import App, LivingAuthorization
from ivgraph_auth.provider.refresh_tokens import RefreshReused, RefreshTokens
from ivgraph_auth.provider.resources import Resources
from ivgraph_auth.provider.rotation_repository import Asked
from ivgraph_auth.provider.scopes import OPENID, narrow_scopes, split_scope

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RefreshTokenGrant:
    base: Base
    answers: TokenAnswers
    refresh_tokens: RefreshTokens
    resources: Resources

    async def answer(self, request: TokenRequest) -> Mapping[str, Any]:
        """Raises InvalidRequest, InvalidGrant, InvalidScope, InvalidTarget."""
        text = request.parameters.get("refresh_token")
        if text is None:
            raise InvalidRequest("refresh_token is missing.")
        renewed = await self._replace(request, text) or await self._rotate(request, text)
        living, snapshot, scopes = renewed.living, renewed.snapshot, renewed.scopes
        answer = await self.answers.make(living, snapshot, scopes, renewed.audience, renewed.token, request.jkt)
        if OPENID in scopes:
            id_token = await self.answers.tokens.issue_id(living, snapshot, scopes, None)
            return {**answer, "id_token": id_token.reveal()}
        return answer

    async def _replace(self, request: TokenRequest, text: str) -> "_Renewed | None":
        """What is nearly always asked: one that is in force, by the app that it belongs to. None, and nothing has
        changed, for all else.
        """
        app, parameters = request.app, request.parameters
        scope = parameters.get("scope")
        scopes = split_scope(scope) if scope else ()
        try:
            resources = self.resources.read(parameters.all("resource"))
        except InvalidTarget:
            return None
        if scopes is None:
            return None
        asked = Asked(app.id, request.jkt, scopes, resources, self.resources.default)
        async with self.base.database.direct() as connection:
            found = await self.refresh_tokens.replace(connection, text, asked)
        if found is None:
            return None
        living, snapshot, token = found
        return _Renewed(living, snapshot, token, scopes or living.scopes, resources or living.resources)

    async def _rotate(self, request: TokenRequest, text: str) -> "_Renewed":
        """Step by step: one that was replaced, and whatever is to be refused."""
        app, parameters = request.app, request.parameters
        living = await self._owned(app, text)
        if living.jkt is not None and living.jkt != request.jkt:
            raise InvalidGrant("This refresh token needs a DPoP proof of the key it was issued for (RFC 9449 §5).")
        scopes = narrow_scopes(parameters.get("scope"), living.scopes)
        audience = self.resources.narrow(parameters.all("resource"), living.resources)
        try:
            async with self.base.database.transaction() as connection:
                refreshed = await self.refresh_tokens.rotate(connection, text)
        except RefreshReused as reuse:
            await self._end(app, reuse, request.caller)
            raise InvalidGrant from reuse
        if refreshed is None:
            raise InvalidGrant
        found, snapshot = await self.answers.find(refreshed.authorization_id)
        return _Renewed(found, snapshot, refreshed.token, scopes, audience)

    async def _owned(self, app: App, text: str) -> LivingAuthorization:
        """Looked at before anything is used up: another app's is nothing to this one."""
        async with self.base.database.read() as connection:
            row = await refresh_repository.find(connection, sha256(text), database_now(self.base.clock))
        if row is None:
            raise InvalidGrant
        living, _ = await self.answers.find(row.authorization_id)
        if living.app_id != app.id:
            raise InvalidGrant
        return living

    async def _end(self, app: App, reuse: RefreshReused, caller: ClientInfo) -> None:
        async with self.base.liveness.change() as change:
            ending = Ending(reuse.authorization_id, app, Event.APP_REFRESH_REUSED, caller)
            account_id = await end_authorization(self.base, change, ending)
        if account_id is not None:
            _log.warning("app_refresh.reused", app_id=app.id, account_id=account_id)


@dataclass(frozen=True, slots=True)
class _Renewed:
    """A successor, and what it and its access token are for."""

    living: LivingAuthorization
    snapshot: AccountSnapshot
    token: Secret
    scopes: tuple[str, ...]
    audience: tuple[str, ...]

"""A code for tokens, once (RFC 6749 §4.1.3), by whoever has the verifier (RFC 7636 §4.5)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from ivgraph_auth.audit.models import Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import base64url, same, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.provider import code_repository, grant_repository
from ivgraph_auth.provider.code_repository import Code
from ivgraph_auth.provider.end_authorization import Ending, end_authorization
from ivgraph_auth.provider.errors import InvalidGrant, InvalidRequest
from ivgraph_auth.provider.grants.request import TokenRequest
from ivgraph_auth.provider.grants.token_answer import Given, TokenAnswers, bound_key
from ivgraph_auth.provider.models import App
from ivgraph_auth.provider.resources import Resources

_log = structlog.get_logger(__name__)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class AuthorizationCodeGrant:
    base: Base
    answers: TokenAnswers
    resources: Resources

    async def answer(self, request: TokenRequest) -> Mapping[str, Any]:
        """Raises InvalidRequest, InvalidGrant, InvalidTarget."""
        app, parameters = request.app, request.parameters
        text = parameters.get("code")
        if text is None:
            raise InvalidRequest("code is missing.")
        code = await self._find(sha256(text), app)
        _check_redirect_uri(code, parameters.get("redirect_uri"))
        _check_verifier(code, parameters.get("code_verifier"))
        before = code.request.resources or (self.resources.default,)
        resources = self.resources.narrow(parameters.all("resource"), before)
        if code.request.dpop_jkt not in (None, request.jkt):
            raise InvalidGrant("The DPoP proof is of another key than dpop_jkt (RFC 9449 §10).")
        given = await self._redeem(sha256(text), code, request, resources)
        if given is None:
            await self._end_replayed(code, app, request.caller)
            raise InvalidGrant
        return await self.answers.answer(given, code.request.nonce, request.jkt)

    async def _find(self, code_hash: bytes, app: App) -> Code:
        async with self.base.database.read() as connection:
            code = await code_repository.find_code(connection, code_hash, database_now(self.base.clock))
        if code is None or code.app_id != app.id:
            raise InvalidGrant
        return code

    async def _redeem(
        self, code_hash: bytes, code: Code, request: TokenRequest, resources: tuple[str, ...]
    ) -> Given | None:
        """For one of however many try at once; None for the others."""
        async with self.base.database.transaction() as connection:
            # First, as everywhere: a grant that is withdrawn takes its codes with it.
            if not await grant_repository.hold(connection, code.grant_id):
                raise InvalidGrant
            if not await code_repository.claim_code(connection, code_hash, database_now(self.base.clock)):
                return None
            await grant_repository.add_authorization(
                connection,
                code.authorization_id,
                code.grant_id,
                code.scopes,
                resources,
                code.auth_time,
                bound_key(request),
                self.base.clock.now(),
            )
            return await self.answers.give(connection, request.app, code.authorization_id)

    async def _end_replayed(self, code: Code, app: App, caller: ClientInfo) -> None:
        """What the code gave ends, before anybody is answered (RFC 6749 §4.1.2)."""
        async with self.base.liveness.change() as change:
            ending = Ending(code.authorization_id, app, Event.CODE_REPLAYED, caller)
            account_id = await end_authorization(self.base, change, ending)
        if account_id is not None:
            _log.warning("code.replayed", app_id=app.id, account_id=account_id)


def _check_redirect_uri(code: Code, given: str | None) -> None:
    """RFC 6749 §4.1.3: the same again, where it was sent; OAuth 2.1 leaves it out, and so may anybody."""
    if given is not None and given != code.request.redirect_uri:
        raise InvalidGrant("redirect_uri is not the one of the authorization request.")


def _check_verifier(code: Code, verifier: str | None) -> None:
    if verifier is None:
        raise InvalidRequest("code_verifier is missing (PKCE, RFC 7636).")
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidRequest("code_verifier should be 43 to 128 characters (RFC 7636 §4.1).")
    digest = hashlib.sha256(verifier.encode()).digest()
    if not same(base64url(digest), code.request.code_challenge):
        raise InvalidGrant("code_verifier does not fit code_challenge.")

"""What the token endpoint answers (RFC 6749 §5.1), whichever grant it was."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import AccountSnapshot
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import grant_repository
from ivgraph_auth.provider.errors import InvalidGrant
from ivgraph_auth.provider.grants.request import TokenRequest
from ivgraph_auth.provider.models import App, AuthMethod, GrantType, LivingAuthorization, Registration
from ivgraph_auth.provider.refresh_tokens import RefreshTokens
from ivgraph_auth.provider.scopes import OFFLINE_ACCESS, OPENID, cap
from ivgraph_auth.provider.tokens import LIFETIME, AppTokens, Narrowing


@dataclass(frozen=True, slots=True)
class TokenAnswers:
    base: Base
    tokens: AppTokens
    refresh_tokens: RefreshTokens

    async def give(self, connection: Connection, app: App, authorization_id: uuid.UUID) -> "Given":
        """In the transaction that redeems a code: whatever ends it a moment later, one is answered. Raises InvalidGrant
        when its person has been disabled.
        """
        found = await grant_repository.find_living(connection, authorization_id)
        if found is None:
            raise InvalidGrant
        living, snapshot = found
        offline = _gets_refresh_token(app, living.scopes)
        return Given(living, snapshot, await self.refresh_tokens.issue(connection, living.id) if offline else None)

    async def answer(self, given: "Given", nonce: str | None, jkt: str | None) -> Mapping[str, Any]:
        living, snapshot = given.living, given.snapshot
        answer = await self.make(living, snapshot, living.scopes, living.resources, given.refresh, jkt)
        if OPENID in living.scopes:
            id_token = await self.tokens.issue_id(living, snapshot, living.scopes, nonce)
            return {**answer, "id_token": id_token.reveal()}
        return answer

    async def find(self, authorization_id: uuid.UUID) -> tuple[LivingAuthorization, AccountSnapshot]:
        """Raises InvalidGrant."""
        async with self.base.database.direct() as connection:
            found = await grant_repository.find_living(connection, authorization_id)
        if found is None:
            raise InvalidGrant
        return found

    async def make(
        self,
        living: LivingAuthorization,
        snapshot: AccountSnapshot,
        scopes: Sequence[str],
        audience: Sequence[str],
        refresh: Secret | None,
        jkt: str | None,
    ) -> dict[str, Any]:
        held = [scope for scope in cap(scopes, snapshot) if scope in living.granted]
        access = await self.tokens.issue_access(living, held, audience, Narrowing(jkt=jkt))
        answer = {
            "access_token": access.reveal(),
            "token_type": "DPoP" if jkt else "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": " ".join(held),
        }
        return answer | ({"refresh_token": refresh.reveal()} if refresh else {})


@dataclass(frozen=True, slots=True)
class Given:
    """What a code has given."""

    living: LivingAuthorization
    snapshot: AccountSnapshot
    refresh: Secret | None


def bound_key(request: TokenRequest) -> str | None:
    """A public client's refresh tokens are bound to its key; another's are bound to itself (RFC 9449 §5)."""
    return request.jkt if request.app.auth_method is AuthMethod.NONE else None


def _gets_refresh_token(app: App, scopes: Sequence[str]) -> bool:
    """Apps that an admin registered ask for `offline_access`; others get one when they can use it: what they ask for
    is what a resource's metadata lists, and it is not listed there.
    """
    if GrantType.REFRESH_TOKEN not in app.grant_types:
        return False
    return app.registration is not Registration.ADMIN or OFFLINE_ACCESS in scopes

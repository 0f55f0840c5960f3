"""A client that proves itself by a JWT it has signed: `private_key_jwt` (RFC 7523 §2.2 and §3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from ivgraph_auth.base import Base
from ivgraph_auth.core.secrets import sha256
from ivgraph_auth.core.signing import SIGNATURE_ALONE
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.provider import app_repository
from ivgraph_auth.provider.errors import InvalidClient
from ivgraph_auth.provider.models import App
from ivgraph_auth.provider.signatures import ED25519, EDDSA, read_signed

ALGORITHMS = ("RS256", "ES256", EDDSA, ED25519)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Longer than any client needs; for so long its `jti` must be remembered.
_LONGEST = timedelta(hours=1)
_SKEW = timedelta(seconds=60)
_MOST_KEYS = 20


def client_of(assertion: str) -> str | None:
    """Whom it is about, before anything is verified."""
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False, **SIGNATURE_ALONE})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    subject = claims.get("sub")
    return subject if isinstance(subject, str) else None


@dataclass(frozen=True, slots=True)
class ClientAssertions:
    """`audiences` are what an assertion may name us by: the issuer, and the token endpoint (RFC 7523 §3)."""

    base: Base
    audiences: tuple[str, ...]

    async def verify(self, app: App, assertion: str) -> None:
        """Each counts once. Raises InvalidClient."""
        claims = _verify_signature(app, assertion)
        expires_at = self._check(app, claims)
        jti = claims.get("jti")
        if not isinstance(jti, str) or not jti:
            raise InvalidClient("The client assertion has no jti.")
        async with self.base.database.transaction() as connection:
            fresh = await app_repository.add_assertion(
                connection, app.id, sha256(jti), expires_at + _SKEW, database_now(self.base.clock)
            )
        if not fresh:
            raise InvalidClient("The client assertion was used before.")

    def _check(self, app: App, claims: Mapping[str, Any]) -> datetime:
        """When it ends."""
        now = self.base.clock.now()
        audience = claims.get("aud")
        named = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
        try:
            expires_at = datetime.fromtimestamp(float(claims["exp"]), UTC)
            not_before = datetime.fromtimestamp(float(claims.get("nbf", 0)), UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            raise InvalidClient("The client assertion has no exp.") from None
        if claims.get("iss") != app.client_id or claims.get("sub") != app.client_id:
            raise InvalidClient("iss and sub of the client assertion should be the client_id.")
        if not set(map(str, named)) & {form for name in self.audiences for form in (name, f"{name}/")}:
            raise InvalidClient("aud of the client assertion should be the issuer.")
        # Reckoned from now, since either may be near an end of the calendar.
        if now - _SKEW >= expires_at or now + _SKEW < not_before or expires_at > now + _LONGEST + _SKEW:
            raise InvalidClient("The client assertion has expired, or lasts for more than an hour.")
        return expires_at


def _verify_signature(app: App, assertion: str) -> Mapping[str, Any]:
    keys = (app.jwks or {}).get("keys")
    try:
        kid = jwt.get_unverified_header(assertion).get("kid")
    except (jwt.PyJWTError, ValueError):
        raise InvalidClient from None
    for key in keys[:_MOST_KEYS] if isinstance(keys, list) else ():
        if kid is not None and key.get("kid") not in (None, kid):
            continue
        try:
            return read_signed(assertion, key, ALGORITHMS)
        except (jwt.PyJWTError, ValueError, RecursionError, TypeError):
            continue
    raise InvalidClient

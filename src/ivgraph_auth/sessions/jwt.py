"""Session tokens: JWTs (RFC 7519) in the shape of SimpleJWT, so that a Django service with the same key takes them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import jwt
from jwt.types import Options

from ivgraph_auth.core.clock import Clock, epoch
from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.core.secrets import Secret, random_hex, sha256
from ivgraph_auth.sessions.models import Session, TokenClaims

TokenType = Literal["access", "refresh"]
JTI_CHARACTERS = 32
_MOST_VERIFIED = 50_000
# Time is checked against our own clock, by `read`.
_OPTIONS: Options = {
    "require": ["token_type", "exp", "iat", "jti", "user_id", "sub", "iss", "sid"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": True,
}


@dataclass(frozen=True, slots=True)
class Claims:
    token_type: str
    session_id: uuid.UUID
    account_id: int
    jti: str
    expires_at: datetime


def new_jti() -> str:
    return random_hex(JTI_CHARACTERS)


class SessionTokens:
    """`keys` verify, the first one signs."""

    def __init__(self, *, keys: Sequence[Secret], algorithm: str, issuer: str, clock: Clock) -> None:
        self._keys = tuple(keys)
        self._algorithm = algorithm
        self._issuer = issuer
        self._clock = clock
        self._verified: dict[bytes, Claims] = {}

    def issue(self, token_type: TokenType, session: Session, own: TokenClaims) -> Secret:
        claims = {
            "token_type": token_type,
            "exp": epoch(own.expires_at),
            "iat": epoch(own.issued_at),
            "jti": own.jti,
            "user_id": str(session.account_id),
            "sub": str(session.account_id),
            "iss": self._issuer,
            "sid": session.id.hex,
        }
        return Secret(jwt.encode(claims, self._keys[0].reveal().encode(), self._algorithm))

    def read(self, token: str, token_type: TokenType, *, even_expired: bool = False) -> Claims:
        """Raises TokenNotValid, with one wording for every reason. The session is not looked at."""
        # A signature that was good stays good; everything that time can change is looked at each time.
        digest = sha256(token)
        claims = self._verified.get(digest) or self._verify(token)
        if digest not in self._verified:
            if len(self._verified) >= _MOST_VERIFIED:
                del self._verified[next(iter(self._verified))]
            self._verified[digest] = claims
        if claims.token_type != token_type or not (even_expired or self._clock.now() < claims.expires_at):
            raise TokenNotValid
        return claims

    def _verify(self, token: str) -> Claims:
        payload = self._payload(token)
        try:
            return Claims(
                token_type=str(payload["token_type"]),
                session_id=uuid.UUID(hex=payload["sid"]),
                account_id=int(payload["user_id"]),
                jti=str(payload["jti"]),
                expires_at=datetime.fromtimestamp(payload["exp"], UTC),
            )
        except (ValueError, TypeError, AttributeError, OverflowError, OSError):
            raise TokenNotValid from None

    def _payload(self, token: str) -> dict[str, Any]:
        for key in self._keys:
            try:
                decoded = jwt.decode_complete(
                    token,
                    key.reveal().encode(),
                    algorithms=[self._algorithm],
                    issuer=self._issuer,
                    options=_OPTIONS,
                )
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, ValueError):
                break
            # The token of an app says `at+jwt` there (RFC 9068 §2.1), and is none of ours.
            if str(decoded["header"].get("typ", "JWT")).upper() != "JWT":
                break
            payload: dict[str, Any] = decoded["payload"]
            return payload
        raise TokenNotValid

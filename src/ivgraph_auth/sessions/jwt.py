"""Session tokens: JWTs (RFC 7519) in the shape of SimpleJWT, so that a Django service with the same key takes them."""

import re
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import jwt

from ivgraph_auth.core.clock import Clock, epoch
from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.core.secrets import Secret, random_hex, sha256
from ivgraph_auth.core.signing import SIGNATURE_ALONE
from ivgraph_auth.sessions.models import LivingSession, Session, TokenClaims

TokenType = Literal["access", "refresh"]
JTI_CHARACTERS = 32
_MOST_VERIFIED = 10_000
# The form that `issue` writes, and no other spelling of it.
_ACCOUNT_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_HEX_128 = re.compile(r"[0-9a-f]{32}")
_MOST_ACCOUNT_ID = 2**63 - 1
# Whoever signs with the same key may have a clock that is ahead by so much.
_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Claims:
    token_type: str
    session_id: uuid.UUID
    account_id: int
    jti: str
    expires_at: datetime
    not_before: datetime


def new_jti() -> str:
    return random_hex(JTI_CHARACTERS)


class SessionTokens:
    """`keys` verify, the first one signs."""

    def __init__(self, *, keys: Sequence[Secret], algorithm: str, issuer: str, clock: Clock) -> None:
        self._keys = tuple(key.reveal().encode() for key in keys)
        self._algorithm = algorithm
        self._issuer = issuer
        self._clock = clock
        self._verified: dict[bytes, Claims] = {}

    def __repr__(self) -> str:
        return f"SessionTokens(algorithm={self._algorithm!r}, issuer={self._issuer!r})"

    def issue(self, token_type: TokenType, session: Session | LivingSession, own: TokenClaims) -> Secret:
        account_id = str(session.account_id)
        claims = {
            "token_type": token_type,
            "exp": epoch(own.expires_at),
            "iat": epoch(own.issued_at),
            "jti": own.jti,
            "user_id": account_id,
            "sub": account_id,
            "iss": self._issuer,
            "sid": session.id.hex,
        }
        return Secret(jwt.encode(claims, self._keys[0], self._algorithm))

    def read(self, token: str, token_type: TokenType, *, even_expired: bool = False) -> Claims:
        """Raises TokenNotValid, with one wording for every reason. The session is not looked at."""
        # A signature that was good stays good; everything that time can change is looked at each time.
        digest = sha256(token)
        claims = self._verified.get(digest)
        if claims is None:
            claims = self._claims(self._payload(token))
            # A refresh token comes once in hours.
            if token_type == "access":  # noqa: S105 -- the name of a kind
                self._remember(digest, claims)
        now = self._clock.now()
        if claims.token_type != token_type or now < claims.not_before or not (even_expired or now < claims.expires_at):
            raise TokenNotValid
        return claims

    def _remember(self, digest: bytes, claims: Claims) -> None:
        if len(self._verified) >= _MOST_VERIFIED:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = claims

    def _claims(self, payload: Mapping[str, Any]) -> Claims:
        try:
            begins = max(_seconds(payload, "iat"), _seconds(payload, "nbf") if "nbf" in payload else 0)
            claims = Claims(
                token_type=sys.intern(_text(payload, "token_type")),
                session_id=uuid.UUID(hex=_matching(_HEX_128, payload, "sid")),
                account_id=int(_matching(_ACCOUNT_ID, payload, "user_id")),
                jti=_matching(_HEX_128, payload, "jti"),
                expires_at=datetime.fromtimestamp(_seconds(payload, "exp"), UTC),
                not_before=datetime.fromtimestamp(max(0, begins - _SKEW_SECONDS), UTC),
            )
            is_ours = _text(payload, "iss") == self._issuer and _text(payload, "sub") == payload["user_id"]
        except (ValueError, TypeError, KeyError, OverflowError, OSError):
            raise TokenNotValid from None
        if not is_ours or claims.account_id > _MOST_ACCOUNT_ID or "aud" in payload:
            raise TokenNotValid
        return claims

    def _payload(self, token: str) -> Mapping[str, Any]:
        """Of a token whose signature is good."""
        for key in self._keys:
            try:
                decoded = jwt.decode_complete(token, key, algorithms=[self._algorithm], options=SIGNATURE_ALONE)
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, ValueError, RecursionError):
                break
            # The token of an app says `at+jwt` there (RFC 9068 §2.1), and is none of ours.
            if str(decoded["header"].get("typ", "JWT")).upper() != "JWT":
                break
            payload: dict[str, Any] = decoded["payload"]
            return payload
        raise TokenNotValid


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _matching(form: re.Pattern[str], payload: Mapping[str, Any], name: str) -> str:
    value = _text(payload, name)
    if not form.fullmatch(value):
        raise ValueError(name)
    return value


def _seconds(payload: Mapping[str, Any], name: str) -> int:
    """A NumericDate (RFC 7519 §2), whole and not before 1970, as `issue` writes it."""
    value = payload[name]
    if type(value) is not int or value < 0:
        raise TypeError(name)
    return value

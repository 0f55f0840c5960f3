"""Tokens that are worth nothing without a key (DPoP, RFC 9449)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from ivgraph_auth.base import Base
from ivgraph_auth.core.clock import epoch
from ivgraph_auth.core.secrets import base64url, same, sha256
from ivgraph_auth.core.urls import origin
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.provider import proof_repository
from ivgraph_auth.provider.errors import InvalidDpopProof
from ivgraph_auth.provider.signatures import ED25519, EDDSA, PRIVATE_MEMBERS, read_signed

ALGORITHMS = ("ES256", "RS256", EDDSA, ED25519, "PS256", "ES384")
_TYPE = "dpop+jwt"
# How old a proof may be, and how far ahead its maker's clock.
_WINDOW_SECONDS = 120
_KEPT = timedelta(seconds=2 * _WINDOW_SECONDS + 60)
_MOST_CHARACTERS = 8192
_MOST_JTI = 256
# RFC 7638 §3.2, RFC 8037 §2.
_REQUIRED = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


@dataclass(frozen=True, slots=True)
class ProofTarget:
    """The request that a proof is for; `access_token` where one comes with it."""

    method: str
    url: str
    access_token: str | None = None


@dataclass(frozen=True, slots=True)
class DpopProofs:
    base: Base

    async def verify(self, proof: str, target: ProofTarget) -> str:
        """The thumbprint of the key that made it (RFC 9449 §4.3). Each counts once. Raises InvalidDpopProof."""
        if len(proof) > _MOST_CHARACTERS:
            raise InvalidDpopProof
        jwk, claims = _read(proof)
        now = epoch(self.base.clock.now())
        issued_at, jti = claims.get("iat"), claims.get("jti")
        if type(issued_at) is not int or abs(now - issued_at) > _WINDOW_SECONDS:
            raise InvalidDpopProof("iat of the DPoP proof is not of the last two minutes.")
        if not isinstance(jti, str) or not 1 <= len(jti) <= _MOST_JTI:
            raise InvalidDpopProof("jti of the DPoP proof is missing, or too long.")
        if claims.get("htm") != target.method or not _is_same_url(claims.get("htu"), target.url):
            raise InvalidDpopProof("htm or htu of the DPoP proof is of another request.")
        if target.access_token is not None and not same(str(claims.get("ath")), _hash(target.access_token)):
            raise InvalidDpopProof("ath of the DPoP proof is of another access token.")
        thumbprint = _thumbprint(jwk)
        await self._use(f"{thumbprint} {jti}")
        return thumbprint

    async def _use(self, jti: str) -> None:
        now = database_now(self.base.clock)
        async with self.base.database.direct() as connection:
            if not await proof_repository.add(connection, sha256(jti), _KEPT, now):
                raise InvalidDpopProof("The DPoP proof was used before.")


def _read(proof: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        header = jwt.get_unverified_header(proof)
        jwk = header.get("jwk")
        if header.get("typ") != _TYPE or not isinstance(jwk, dict) or PRIVATE_MEMBERS & jwk.keys():
            raise InvalidDpopProof
        if header.get("alg") not in ALGORITHMS:
            raise InvalidDpopProof(f"The DPoP proof should be signed with one of {', '.join(ALGORITHMS)}.")
        claims = read_signed(proof, jwk, ALGORITHMS)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError):
        raise InvalidDpopProof from None
    return jwk, claims


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638."""
    try:
        required = {name: jwk[name] for name in _REQUIRED[jwk["kty"]]}
    except KeyError:
        raise InvalidDpopProof from None
    return _hash(json.dumps(required, separators=(",", ":"), sort_keys=True))


def _hash(text: str) -> str:
    return base64url(sha256(text))


def _is_same_url(given: object, url: str) -> bool:
    """Without query and fragment (§4.3)."""
    if not isinstance(given, str):
        return False
    try:
        mine, theirs = urlsplit(url), urlsplit(given)
        return origin(url) == origin(given) and (mine.path or "/") == (theirs.path or "/")
    except ValueError:
        return False

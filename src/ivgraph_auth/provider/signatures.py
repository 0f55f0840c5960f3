"""JWTs that clients have signed (RFC 7515, RFC 7519), with Ed25519 by both its names: RFC 8037's and RFC 9864's."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.algorithms import AllowedOKPKeys, OKPAlgorithm

EDDSA, ED25519 = "EdDSA", "Ed25519"
# Members of a JWK that hold what nobody else should know (RFC 7518 §6).
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_SAME = frozenset({EDDSA, ED25519})


class _Ed25519(OKPAlgorithm):
    """RFC 9864 §2.2: the curve is part of the name."""

    def prepare_key(self, key: AllowedOKPKeys | str | bytes) -> AllowedOKPKeys:
        if not isinstance(key, Ed25519PublicKey):
            raise jwt.InvalidKeyError
        return key


_JWS = jwt.PyJWS()
if ED25519 not in _JWS.get_algorithms():
    _JWS.register_algorithm(ED25519, _Ed25519())


def read_signed(token: str, jwk: Mapping[str, Any], algorithms: Collection[str]) -> Mapping[str, Any]:
    """The claims, of which none is checked, of a JWT that this public key has signed by one of these algorithms.

    Raises jwt.PyJWTError, ValueError, TypeError, RecursionError.
    """
    algorithm: Any = jwt.get_unverified_header(token).get("alg")
    if algorithm not in algorithms or not _is_for(jwk, algorithm):
        raise jwt.InvalidAlgorithmError
    key = jwt.PyJWK(dict(jwk), algorithm=EDDSA if algorithm == ED25519 else algorithm)
    claims = json.loads(_JWS.decode(token, key.key, [algorithm]))
    if not isinstance(claims, dict):
        raise jwt.DecodeError
    return claims


def _is_for(jwk: Mapping[str, Any], algorithm: str) -> bool:
    """RFC 7517 §4.4: a key that names an algorithm is for no other."""
    named = jwk.get("alg")
    return named in (None, algorithm) or {named, algorithm} <= _SAME

"""Keys that sign what other people's software verifies: made, published, and taken into use one after another."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ivgraph_auth.audit.models import OPERATOR, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret, base64url
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import signing_repository as repository
from ivgraph_auth.provider.models import SigningKey, SigningKeyState
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.models import SealedCredential

_log = structlog.get_logger(__name__)
ALGORITHMS = ("RS256", "ES256", "EdDSA")
# Longer than any token that it has signed is taken, with room for whoever has cached the JWKS.
KEPT = timedelta(days=7)
# How long a process goes on without looking at the table. A key is published a rotation before it signs, and what an
# old one signs meanwhile is good: nothing breaks by it.
_LOOK_SECONDS = 30.0
_RSA_BITS = 2048
_RSA_EXPONENT = 65537
_USE = {"use": "sig"}
# Those that RFC 7638 §3.2 and RFC 8037 §2 make a thumbprint of.
_REQUIRED = ("crv", "e", "kty", "n", "x", "y")
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class _Ring:
    active: SigningKey
    private: PrivateKey = field(repr=False)
    public: Mapping[str, jwt.PyJWK]
    jwks: Mapping[str, Sequence[Mapping[str, Any]]]
    looked_at: float


@dataclass(slots=True)
class SigningKeys:
    """`algorithm` is that of keys to be made; those there are go on with theirs."""

    base: Base
    credential_store: EncryptedCredentialStore
    algorithm: str
    _ring: _Ring | None = field(default=None, init=False, repr=False)
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    async def sign(self, claims: Mapping[str, Any], *, typ: str) -> Secret:
        """A JWS (RFC 7515). Raises CredentialUnavailable when the key cannot be opened."""
        ring = await self._current()
        headers = {"kid": ring.active.kid, "typ": typ}
        return Secret(jwt.encode(dict(claims), ring.private, ring.active.algorithm, headers))

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """The public key of this id."""
        ring = await self._current()
        if kid not in ring.public and self.base.clock.monotonic() - ring.looked_at >= 1:
            # Another process may have rotated them a moment ago.
            ring = await self._load(ring)
        return ring.public.get(kid)

    async def jwks(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """RFC 7517 §5: the one that signs, the one that will, and those that have."""
        return (await self._current()).jwks

    async def rotate(self) -> str:
        """The next one signs from now on. Answers its id."""
        fresh = await self._make(SigningKeyState.NEXT)
        await self._current()
        async with self.base.database.transaction() as connection:
            await repository.lock(connection)
            keys = {key.state: key for key in await repository.list_keys(connection)}
            now = self.base.clock.now()
            await repository.set_state(connection, keys[SigningKeyState.ACTIVE].kid, SigningKeyState.RETIRED, now)
            active = keys[SigningKeyState.NEXT].kid
            await repository.set_state(connection, active, SigningKeyState.ACTIVE, None)
            await repository.add(connection, [fresh])
            await self.base.audit.write(
                connection, Event.SIGNING_KEY_ROTATED, actor=OPERATOR, caller=ClientInfo(), operation=active
            )
        _log.info("signing_key.rotated", kid=active)
        self._ring = None
        return active

    async def prune(self, connection: Connection) -> int:
        return await repository.prune(connection, self.base.clock.now(), KEPT)

    async def _current(self) -> _Ring:
        ring = self._ring
        if ring is None or self.base.clock.monotonic() - ring.looked_at >= _LOOK_SECONDS:
            ring = await self._load(ring)
        return ring

    async def _load(self, known: _Ring | None) -> _Ring:
        async with self._loading:
            if self._ring is not None and self._ring is not known:
                return self._ring
            looked_at = self.base.clock.monotonic()
            keys = await self._list() or await self._make_first()
            active = next(key for key in keys if key.state is SigningKeyState.ACTIVE)
            if known is not None and known.active.kid == active.kid:
                private = known.private
            else:
                private = await self._open(active)
            public = {key.kid: jwt.PyJWK(dict(key.jwk)) for key in keys}
            self._ring = _Ring(active, private, public, {"keys": [key.jwk for key in keys]}, looked_at)
            return self._ring

    async def _list(self) -> list[SigningKey]:
        async with self.base.database.read() as connection:
            return await repository.list_keys(connection)

    async def _make_first(self) -> list[SigningKey]:
        made = [await self._make(SigningKeyState.ACTIVE), await self._make(SigningKeyState.NEXT)]
        async with self.base.database.transaction() as connection:
            await repository.lock(connection)
            await repository.add(connection, made)
        # Another process may have been first.
        return await self._list()

    async def _make(self, state: SigningKeyState) -> SigningKey:
        private = await asyncio.to_thread(partial(_generate, self.algorithm))
        jwk = _public_jwk(private, self.algorithm)
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        identity = repository.signing_identity(jwk["kid"])
        sealed = await self.credential_store.seal_text(Secret(pem.decode()), identity)
        now = self.base.clock.now()
        return SigningKey(jwk["kid"], self.algorithm, state, jwk, sealed.sealed, sealed.key_id, now, None)

    async def _open(self, key: SigningKey) -> PrivateKey:
        sealed = SealedCredential(key.sealed, key.key_id)
        pem = await self.credential_store.open_text(sealed, repository.signing_identity(key.kid))
        private = serialization.load_pem_private_key(pem.reveal().encode(), None)
        assert isinstance(private, PrivateKey)  # noqa: S101 -- it was made here
        return private


def _public_jwk(private: PrivateKey, algorithm: str) -> dict[str, Any]:
    """With its thumbprint (RFC 7638) as its id."""
    jwk: dict[str, Any]
    match private:
        case rsa.RSAPrivateKey():
            jwk = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        case ec.EllipticCurvePrivateKey():
            jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        case _:
            jwk = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    required = {name: jwk[name] for name in _REQUIRED if name in jwk}
    digest = hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest()
    kid = base64url(digest)
    return {**required, **_USE, "alg": algorithm, "kid": kid}


def _generate(algorithm: str) -> PrivateKey:
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)

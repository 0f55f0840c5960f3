"""Tokens for apps: access tokens (RFC 9068), ID tokens (OpenID Connect Core §2), and what an access token may do."""

import base64
import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

import jwt

from ivgraph_auth.base import Base
from ivgraph_auth.core.clock import epoch
from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.core.principal import AccountSnapshot
from ivgraph_auth.core.secrets import Secret, random_hex, sha256
from ivgraph_auth.core.signing import SIGNATURE_ALONE
from ivgraph_auth.database.usage_log import UsageLog
from ivgraph_auth.liveness.loading import get_with_account, load_with_account
from ivgraph_auth.provider import app_repository, grant_repository
from ivgraph_auth.provider.access import AccessClaims, VerifiedAccess
from ivgraph_auth.provider.models import LivingAuthorization
from ivgraph_auth.provider.scopes import EMAIL, PROFILE
from ivgraph_auth.provider.signing import ALGORITHMS, SigningKeys

ACCESS_TYPE = "at+jwt"
LIFETIME = timedelta(hours=1)
_MOST_VERIFIED = 10_000
# Another process's clock may be ahead by so much.
_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What makes a token worth less than its authorization: `workspace_ids` of all that are ticked (None: those), who
    acts (RFC 8693 §4.1), how long it lives, and whose key must come with it (RFC 9449 §6).
    """

    workspace_ids: tuple[str, ...] | None = None
    actor: Mapping[str, Any] | None = None
    lifetime: timedelta = LIFETIME
    jkt: str | None = None

    def claims(self) -> dict[str, Any]:
        found = {
            "workspaces": None if self.workspace_ids is None else list(self.workspace_ids),
            "act": self.actor,
            "cnf": {"jkt": self.jkt} if self.jkt else None,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(slots=True)
class AppTokens:
    base: Base
    keys: SigningKeys
    issuer: str
    grant_usage: UsageLog[int, datetime] = field(init=False)
    app_usage: UsageLog[int, datetime] = field(init=False)
    _verified: dict[bytes, AccessClaims] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.grant_usage = UsageLog(self.base.database, grant_repository.write_last_used)
        self.app_usage = UsageLog(self.base.database, app_repository.write_last_used)

    async def flush(self) -> None:
        """Raises DatabaseUnavailable; then nothing is lost."""
        await self.grant_usage.flush()
        await self.app_usage.flush()

    async def issue_access(
        self,
        living: LivingAuthorization,
        scopes: Sequence[str],
        audience: Sequence[str],
        narrowing: Narrowing = Narrowing(),
    ) -> Secret:
        """RFC 9068 §2.2."""
        now = self.base.clock.now()
        claims = {
            "iss": self.issuer,
            "sub": str(living.account_id),
            "aud": audience[0] if len(audience) == 1 else list(audience),
            "client_id": living.client_id,
            "exp": epoch(now + narrowing.lifetime),
            "iat": epoch(now),
            "jti": random_hex(32),
            "scope": " ".join(scopes),
            "auth_time": epoch(living.auth_time),
            "authorization": living.id.hex,
            **narrowing.claims(),
        }
        return await self.keys.sign(claims, typ=ACCESS_TYPE)

    async def issue_id(
        self, living: LivingAuthorization, snapshot: AccountSnapshot, scopes: Sequence[str], nonce: str | None
    ) -> Secret:
        """OpenID Connect Core §2, with the claims of the scopes (§5.4)."""
        now = self.base.clock.now()
        claims = {
            "iss": self.issuer,
            "aud": living.client_id,
            "azp": living.client_id,
            "exp": epoch(now + LIFETIME),
            "iat": epoch(now),
            "auth_time": epoch(living.auth_time),
            "sid": living.id.hex,
            **({"nonce": nonce} if nonce else {}),
            **person_claims(snapshot, scopes),
        }
        return await self.keys.sign(claims, typ="JWT")

    async def verify(self, token: str) -> VerifiedAccess:
        """From memory under a lease, else one statement. Raises TokenNotValid, with one wording for every reason."""
        # A kind of its own: the digest of a service token is a key of the same memory.
        key = ("app access token", sha256(token))
        found: VerifiedAccess | None = self.base.liveness.get(key)
        claims = found.claims if found else await self._claims(token, key[1])
        now = self.base.clock.now()
        if not claims.issued_at - _SKEW <= now < claims.expires_at:
            raise TokenNotValid
        found = found or await self._find(key, claims)
        authorization = found.authorization
        self.grant_usage.entries[authorization.grant_id] = self.app_usage.entries[authorization.app_id] = now
        return found

    async def _find(self, key: Hashable, claims: AccessClaims) -> VerifiedAccess:
        liveness = self.base.liveness
        mark = liveness.mark()
        living = get_with_account(liveness, claims.authorization_id) or await load_with_account(
            liveness, claims.authorization_id, partial(self._find_living, claims.authorization_id)
        )
        if living is None or claims.jti in living[0].revoked_jtis or living[0].account_id != claims.account_id:
            raise TokenNotValid
        found = VerifiedAccess(claims, *living)
        liveness.fill(mark, found.account_id, key, found)
        return found

    async def _find_living(self, authorization_id: uuid.UUID) -> tuple[LivingAuthorization, AccountSnapshot] | None:
        async with self.base.database.direct() as connection:
            return await grant_repository.find_living(connection, authorization_id)

    async def _claims(self, token: str, digest: bytes) -> AccessClaims:
        """A signature that was good stays good."""
        claims = self._verified.get(digest)
        if claims is None:
            claims = await self._read(token)
            self._remember(digest, claims)
        return claims

    def _remember(self, digest: bytes, claims: AccessClaims) -> None:
        if len(self._verified) >= _MOST_VERIFIED:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = claims

    async def _read(self, token: str) -> AccessClaims:
        payload = await self.read_signed(token, ACCESS_TYPE)
        try:
            audience = payload["aud"]
            return AccessClaims(
                authorization_id=uuid.UUID(hex=payload["authorization"]),
                account_id=int(payload["sub"]),
                client_id=payload["client_id"],
                audience=(audience,) if isinstance(audience, str) else tuple(audience),
                scopes=tuple(payload["scope"].split()),
                jti=payload["jti"],
                issued_at=datetime.fromtimestamp(payload["iat"], UTC),
                expires_at=datetime.fromtimestamp(payload["exp"], UTC),
                workspace_ids=tuple(payload["workspaces"]) if "workspaces" in payload else None,
                actor=payload.get("act"),
                jkt=payload["cnf"]["jkt"] if "cnf" in payload else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise TokenNotValid from None

    async def read_signed(self, token: str, typ: str) -> Mapping[str, Any]:
        """The claims of a token of ours, expired or not. Raises TokenNotValid."""
        try:
            header = jwt.get_unverified_header(token)
            key = await self.keys.find(str(header.get("kid", "")))
            if key is None or str(header.get("typ", "")).lower() != typ.lower():
                raise TokenNotValid
            payload: dict[str, Any] = jwt.decode(token, key, algorithms=list(ALGORITHMS), options=SIGNATURE_ALONE)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise TokenNotValid from None
        if payload.get("iss") != self.issuer:
            raise TokenNotValid
        return payload


def person_claims(snapshot: AccountSnapshot, scopes: Sequence[str]) -> dict[str, Any]:
    """OpenID Connect Core §5.1, of what the scopes open (§5.4); what Notion does not tell is left out."""
    claims: dict[str, Any] = {"sub": str(snapshot.account_id)}
    if PROFILE in scopes:
        profile = {
            "name": snapshot.name,
            # The address is for whoever may see it.
            "preferred_username": (snapshot.email if EMAIL in scopes else None) or snapshot.name,
            "picture": snapshot.avatar_url,
        }
        claims |= {name: value for name, value in profile.items() if value}
        claims["roles"] = [snapshot.role.value]
    if EMAIL in scopes and snapshot.email:
        claims |= {"email": snapshot.email, "email_verified": snapshot.email_verified}
    return claims


def is_access_token(token: str) -> bool:
    """By the form of its header alone, which is not verified yet."""
    return _is_access_header(token.partition(".")[0])


# Of all tokens that one key has signed it is the same.
@lru_cache(maxsize=100)
def _is_access_header(encoded: str) -> bool:
    try:
        header = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        return False
    return b'"at+jwt"' in header

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ivgraph_auth.core.principal import AccountSnapshot
from ivgraph_auth.core.secrets import Secret


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a token says of itself beside its session; enough to sign it again."""

    jti: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    id: uuid.UUID
    account_id: int
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    address: str | None
    user_agent: str | None
    refresh_jti: str
    refresh_issued_at: datetime
    refresh_expires_at: datetime
    replaced_jti: str | None

    @property
    def refresh(self) -> TokenClaims:
        """Of the refresh token in force."""
        return TokenClaims(self.refresh_jti, self.refresh_issued_at, self.refresh_expires_at)

    def alive(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at


class LivingSession(NamedTuple):
    """No more of a session than it takes to know that it lives, and to sign its tokens."""

    id: uuid.UUID
    account_id: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class VerifiedSession:
    """An access token found good: its session, and what its owner is now."""

    session_id: uuid.UUID
    snapshot: AccountSnapshot
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """`browser_token` goes into the browser's cookie, and only its hash is stored."""

    session: Session
    browser_token: Secret


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """Who is signed in in a browser, and since when."""

    session_id: uuid.UUID
    signed_in_at: datetime
    snapshot: AccountSnapshot


@dataclass(frozen=True, slots=True)
class TokenPair:
    """`expires_in` is the access token's life in seconds; `refresh` is None where none was asked for."""

    access: Secret
    refresh: Secret | None
    expires_in: int


class Lifetimes(NamedTuple):
    access: timedelta
    refresh: timedelta
    session: timedelta

"""The tokens of a session, signed from what is stored of them."""

from dataclasses import dataclass
from datetime import datetime

from ivgraph_auth.core.clock import Clock, epoch
from ivgraph_auth.sessions.jwt import SessionTokens, new_jti
from ivgraph_auth.sessions.models import Lifetimes, LivingSession, Session, TokenClaims, TokenPair


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    clock: Clock
    tokens: SessionTokens
    lifetimes: Lifetimes

    def now(self) -> datetime:
        """To the second, as a JWT tells time: what is stored and what is signed must be equal."""
        return self.clock.now().replace(microsecond=0)

    def session_end(self, now: datetime) -> datetime:
        return now + self.lifetimes.session

    def new_refresh(self, now: datetime, session_ends: datetime | None = None) -> TokenClaims:
        ends = now + self.lifetimes.refresh
        return TokenClaims(new_jti(), now, min(ends, session_ends) if session_ends else ends)

    def sign_pair(self, session: Session | LivingSession, refresh: TokenClaims | None) -> TokenPair:
        """With a fresh access token."""
        now = self.now()
        access = TokenClaims(new_jti(), now, min(now + self.lifetimes.access, session.expires_at))
        return TokenPair(
            access=self.tokens.issue("access", session, access),
            refresh=self.tokens.issue("refresh", session, refresh) if refresh else None,
            expires_in=epoch(access.expires_at) - epoch(now),
        )

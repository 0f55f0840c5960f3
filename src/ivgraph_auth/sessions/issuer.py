"""The tokens of a session, signed from what is stored of them."""

from datetime import datetime

from ivgraph_auth.core.clock import Clock, epoch
from ivgraph_auth.sessions.jwt import SessionTokens, new_jti
from ivgraph_auth.sessions.models import Lifetimes, LivingSession, Session, TokenClaims, TokenPair


class TokenIssuer:
    def __init__(self, *, clock: Clock, tokens: SessionTokens, lifetimes: Lifetimes) -> None:
        self._clock = clock
        self._tokens = tokens
        self._lifetimes = lifetimes

    def now(self) -> datetime:
        """To the second, as a JWT tells time: what is stored and what is signed must be equal."""
        return self._clock.now().replace(microsecond=0)

    def session_end(self, now: datetime) -> datetime:
        return now + self._lifetimes.session

    def new_refresh(self, now: datetime, session_ends: datetime | None = None) -> TokenClaims:
        ends = now + self._lifetimes.refresh
        return TokenClaims(new_jti(), now, min(ends, session_ends) if session_ends else ends)

    def pair(self, session: Session | LivingSession, refresh: TokenClaims | None) -> TokenPair:
        """With a fresh access token."""
        now = self.now()
        access = TokenClaims(new_jti(), now, min(now + self._lifetimes.access, session.expires_at))
        return TokenPair(
            access=self._tokens.issue("access", session, access),
            refresh=self._tokens.issue("refresh", session, refresh) if refresh else None,
            expires_in=epoch(access.expires_at) - epoch(now),
        )

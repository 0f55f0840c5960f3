"""Sessions: opened at sign-in, refreshed, listed, ended. Access tokens live and die with their session."""

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from ivgraph_auth.audit.models import SUCCESS, Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.errors import NotAuthenticated, TokenNotValid
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.core.principal import AccountSnapshot, ClientInfo
from ivgraph_auth.core.secrets import Secret, random_token, random_uuid, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.usage_log import UsageLog
from ivgraph_auth.liveness.change import Change
from ivgraph_auth.liveness.loading import get_with_account, load_with_account
from ivgraph_auth.sessions import repository
from ivgraph_auth.sessions.errors import NotYourToken, UnknownSession
from ivgraph_auth.sessions.issuer import TokenIssuer
from ivgraph_auth.sessions.jwt import Claims, SessionTokens
from ivgraph_auth.sessions.models import (
    BrowserSession,
    LivingSession,
    OpenedSession,
    Session,
    TokenPair,
    VerifiedSession,
)

_log = structlog.get_logger(__name__)
# For so long a replaced refresh token is answered with its successor: a lost answer, two tabs.
_SAME_SUCCESSOR = timedelta(seconds=30)
# Time is told to the second to whoever asks.
_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class SessionService:
    base: Base
    tokens: SessionTokens
    issuer: TokenIssuer
    cursors: Cursors
    always_rotate: bool
    usage: UsageLog[uuid.UUID, datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.usage = UsageLog(self.base.database, repository.write_last_used)

    async def open(self, connection: Connection, account_id: int, caller: ClientInfo) -> OpenedSession:
        now = self.issuer.now()
        ends = self.issuer.session_end(now)
        refresh = self.issuer.new_refresh(now, ends)
        session = Session(
            id=random_uuid(),
            account_id=account_id,
            created_at=now,
            last_used_at=now,
            expires_at=ends,
            ended_at=None,
            address=caller.address,
            user_agent=caller.user_agent,
            refresh_jti=refresh.jti,
            refresh_issued_at=refresh.issued_at,
            refresh_expires_at=refresh.expires_at,
            replaced_jti=None,
        )
        browser_token = Secret(random_token())
        await repository.add(connection, session, sha256(browser_token.reveal()))
        return OpenedSession(session, browser_token)

    def sign_pair(self, session: Session) -> TokenPair:
        """The tokens of a session, signed from what is stored of them."""
        return self.issuer.sign_pair(session, session.refresh)

    async def authenticate(self, token: str) -> VerifiedSession:
        """Raises TokenNotValid. From memory under a lease, else one statement."""
        claims, now = self.tokens.read(token, "access"), self.base.clock.now()
        found = get_with_account(self.base.liveness, claims.session_id) or await load_with_account(
            self.base.liveness, claims.session_id, partial(self._find_living, claims, now)
        )
        if found is None or found[0].account_id != claims.account_id or now >= found[0].expires_at:
            raise TokenNotValid
        self.usage.entries[claims.session_id] = now
        return VerifiedSession(claims.session_id, found[1], claims.expires_at)

    async def _find_living(self, claims: Claims, now: datetime) -> tuple[LivingSession, AccountSnapshot] | None:
        async with self.base.database.direct() as connection:
            return await repository.find_living(connection, claims, now)

    async def refresh(self, token: str, *, rotate: bool, caller: ClientInfo) -> TokenPair:
        """Raises TokenNotValid; when that was an old token used again, its whole session has ended."""
        claims = self.tokens.read(token, "refresh")
        rotate = rotate or self.always_rotate
        answer = await (self._rotate(claims) if rotate else self._refresh(claims))
        if answer is not None:
            return answer
        async with self.base.liveness.change() as change:
            session, _ = self._living(await repository.lock(change.connection, claims.session_id), claims)
            age = await repository.get_replaced_age(change.connection, session.id, database_now(self.base.clock))
            answer = self._same_again(session, claims, age, rotate=rotate)
            if answer is None:
                await self._end_for_reuse(change, session, caller)
        if answer is None:
            _log.warning("session.refresh_reused", account_id=session.account_id, session_id=session.id.hex)
            raise TokenNotValid
        return answer

    async def logout(self, refresh: str, bearer: str | None, caller: ClientInfo) -> None:
        """Ends the refresh token's session. Raises TokenNotValid for a malformed one, NotYourToken for a bearer that
        is not a session token of the same user (expired is fine).
        """
        claims = self.tokens.read(refresh, "refresh", even_expired=True)
        if bearer is not None and self._owner(bearer) != claims.account_id:
            raise NotYourToken
        async with self.base.liveness.change() as change:
            if await repository.end(change.connection, claims.session_id, claims.account_id, self.base.clock.now()):
                await self._audit_end(change, claims.session_id, claims.account_id, caller)
            else:
                # Ended by a call that may still wait for other processes: this one's answer promises the same.
                await change.touches(claims.account_id)

    async def end(self, account_id: int, session_id: uuid.UUID, caller: ClientInfo) -> None:
        """Raises UnknownSession for another's, an ended one, and none."""
        async with self.base.liveness.change() as change:
            if not await repository.end(change.connection, session_id, account_id, self.base.clock.now()):
                raise UnknownSession
            await self._audit_end(change, session_id, account_id, caller)

    async def end_in_browser(self, browser_token: str, caller: ClientInfo) -> None:
        """The session of this browser's cookie, if it has one."""
        found = await self._in_browser(browser_token)
        if found is not None:
            with suppress(UnknownSession):
                await self.end(found[0].account_id, found[0].id, caller)

    async def end_all(self, account_id: int, caller: ClientInfo) -> int:
        async with self.base.liveness.change() as change:
            return await self.end_all_in(change, account_id, Actor("account", str(account_id)), caller)

    async def end_all_in(self, change: Change, account_id: int, actor: Actor, caller: ClientInfo) -> int:
        """Answers how many there were."""
        ended = await repository.end_all(change.connection, account_id, self.base.clock.now())
        if ended:
            await self._audit_change(change, Event.ALL_SESSIONS_ENDED, actor, account_id, caller)
            _log.info("session.all_ended", account_id=account_id, count=ended)
        return ended

    async def page(self, account_id: int, *, cursor: str | None, most: int) -> tuple[list[Session], str | None]:
        """Living sessions, newest first, and the cursor of the next page. Raises CursorNotValid."""
        binding = f"sessions of {account_id}"
        after = _position(self.cursors.open(binding, cursor)) if cursor else None
        async with self.base.database.read() as connection:
            found = await repository.list_living(
                connection, account_id, self.base.clock.now(), after=after, most=most + 1
            )
        page = found[:most]
        if len(found) <= most:
            return page, None
        last = page[-1]
        return page, self.cursors.issue(binding, f"{last.created_at.isoformat()} {last.id.hex}")

    async def find_sign_in_time(self, session_id: uuid.UUID) -> datetime | None:
        """When the session began, or None when it is over."""
        async with self.base.database.read() as connection:
            found = await repository.get(connection, session_id)
        return found[0].created_at if found and found[0].alive(self.base.clock.now()) else None

    async def access_for_browser(self, browser_token: str) -> TokenPair:
        """An access token for the session of this browser's cookie. Raises NotAuthenticated."""
        found = await self._in_browser(browser_token)
        if found is None:
            raise NotAuthenticated("Not signed in in this browser. Sign in with Notion.")
        return self.issuer.sign_pair(found[0], None)

    async def find_in_browser(self, browser_token: str) -> BrowserSession | None:
        """Who is signed in in the browser with this cookie, and since when."""
        found = await self._in_browser(browser_token)
        return BrowserSession(found[0].id, found[0].created_at, found[1]) if found else None

    async def _in_browser(self, browser_token: str) -> tuple[Session, AccountSnapshot] | None:
        async with self.base.database.read() as connection:
            found = await repository.get_by_browser(connection, sha256(browser_token))
        return found if found and found[0].alive(self.base.clock.now()) and not found[1].disabled else None

    async def prune(self, connection: Connection, most: int) -> int:
        return await repository.prune(connection, self.base.clock.now(), database_now(self.base.clock), most)

    def _living(self, found: tuple[Session, AccountSnapshot] | None, claims: Claims) -> tuple[Session, AccountSnapshot]:
        if found is None:
            raise TokenNotValid
        session, snapshot = found
        if not session.alive(self.base.clock.now()) or snapshot.disabled or session.account_id != claims.account_id:
            raise TokenNotValid
        return found

    async def _refresh(self, claims: Claims) -> TokenPair | None:
        """None when the refresh token is not the current one of a living session."""
        async with self.base.database.direct() as connection:
            session = await repository.find_current(connection, claims, self.base.clock.now())
        return self.issuer.sign_pair(session, None) if session else None

    async def _rotate(self, claims: Claims) -> TokenPair | None:
        """None when the refresh token is not the current one of a living session."""
        successor = self.issuer.new_refresh(self.issuer.now())
        async with self.base.database.direct() as connection:
            rotated = await repository.rotate(connection, claims, successor, offset=self.base.clock.database_offset())
        return self.issuer.sign_pair(*rotated) if rotated else None

    def _same_again(
        self, session: Session, claims: Claims, replaced_for: timedelta | None, *, rotate: bool
    ) -> TokenPair | None:
        """What a refresh token that is not the current one still earns, or None when it was used up."""
        if claims.jti == session.replaced_jti and replaced_for is not None and replaced_for < _SAME_SUCCESSOR + _SECOND:
            return self.issuer.sign_pair(session, session.refresh if rotate else None)
        return None

    async def _end_for_reuse(self, change: Change, session: Session, caller: ClientInfo) -> None:
        await repository.end(change.connection, session.id, session.account_id, self.base.clock.now())
        actor = Actor("session", session.id.hex)
        await self._audit_change(
            change, Event.REFRESH_REUSED, actor, session.account_id, caller, outcome="session_ended"
        )

    async def _audit_end(self, change: Change, session_id: uuid.UUID, account_id: int, caller: ClientInfo) -> None:
        await self._audit_change(change, Event.SESSION_ENDED, Actor("session", session_id.hex), account_id, caller)
        _log.info("session.ended", account_id=account_id, session_id=session_id.hex)

    async def _audit_change(
        self, change: Change, event: Event, actor: Actor, account_id: int, caller: ClientInfo, *, outcome: str = SUCCESS
    ) -> None:
        await change.touches(account_id)
        await self.base.audit.write(
            change.connection, event, actor=actor, caller=caller, account_id=account_id, outcome=outcome
        )

    def _owner(self, bearer: str) -> int | None:
        try:
            return self.tokens.read(bearer, "access", even_expired=True).account_id
        except TokenNotValid:
            return None


def _position(text: str) -> tuple[datetime, uuid.UUID]:
    created_at, _, session_id = text.partition(" ")
    return datetime.fromisoformat(created_at), uuid.UUID(hex=session_id)

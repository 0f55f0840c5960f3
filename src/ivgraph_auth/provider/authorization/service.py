"""From a request to authorize to a code: checked, kept, decided by its person (RFC 6749 §4.1)."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement

from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo, Workspace
from ivgraph_auth.core.secrets import Secret, random_token, random_uuid, same, sha256
from ivgraph_auth.core.urls import with_query
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import app_repository, code_repository, grant_repository
from ivgraph_auth.provider.authorization.request import AuthorizationRequest, Parameters
from ivgraph_auth.provider.authorization.request_reader import RequestReader
from ivgraph_auth.provider.code_repository import Code, WaitingRequest
from ivgraph_auth.provider.errors import AuthorizationError, RequestExpired
from ivgraph_auth.provider.models import App, Registration
from ivgraph_auth.provider.redirect_uris import is_loopback, is_private_use
from ivgraph_auth.provider.scopes import STANDARD, cap, in_order
from ivgraph_auth.sessions.models import BrowserSession

_log = structlog.get_logger(__name__)
REQUEST_LIFETIME = timedelta(minutes=10)
CODE_LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class NeedsSignIn:
    """The person is to sign in, and to come back to this request."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the consent page asks. `held` are workspaces that the app has been let into before."""

    app: App
    request: AuthorizationRequest
    scopes: tuple[str, ...]
    workspaces: tuple[Workspace, ...]
    held: frozenset[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the browser goes."""

    url: str


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    scopes: Collection[str] = ()
    workspace_ids: Collection[uuid.UUID] = ()


class AuthorizationService:
    def __init__(self, base: Base, reader: RequestReader, issuer: str) -> None:
        self._base = base
        self._reader = reader
        self._issuer = issuer

    async def begin(self, parameters: Parameters, browser: str, address: str | None) -> Secret | Answer:
        """The id under which the request waits for its person, or the refusal that the app is told. Raises
        UntrustedRequest, TooManyRequests.
        """
        app, redirect_uri = await self._reader.find_app(parameters, address)
        try:
            request = self._reader.read(parameters, app, redirect_uri)
        except AuthorizationError as refusal:
            _log.info("authorization.refused", app_id=app.id, reason=refusal.error)
            return self._refusal(redirect_uri, parameters.get("state"), refusal)
        request_id = Secret(random_token())
        async with self._base.database.transaction() as connection:
            await code_repository.add_request(
                connection, sha256(request_id.reveal()), sha256(browser), request, REQUEST_LIFETIME, self.now
            )
        return request_id

    async def show(
        self, request_id: str, browser: str, session: BrowserSession | None
    ) -> NeedsSignIn | Question | Answer:
        """Raises RequestExpired."""
        waiting, app = await self._waiting(request_id, browser)
        request = waiting.request
        silent = "none" in request.prompt
        if session is None or _is_too_old(session, waiting):
            if not silent:
                return NeedsSignIn()
            return await self._refuse_waiting(request_id, request, "login_required", "Nobody is signed in.")
        question, is_held = await self._question(app, request, session)
        if not is_held or (set(request.prompt) & {"consent", "select_account"}):
            if not silent:
                return question
            return await self._refuse_waiting(request_id, request, "consent_required", "The person has to be asked.")
        held = Decision(allowed=True, scopes=question.scopes, workspace_ids=question.held)
        return await self._issue(request_id, app, request, session, held, None)

    async def decide(
        self, request_id: str, browser: str, session: BrowserSession, decision: Decision, caller: ClientInfo
    ) -> Answer:
        """Raises RequestExpired."""
        waiting, app = await self._waiting(request_id, browser)
        request = waiting.request
        if _is_too_old(session, waiting):
            raise RequestExpired
        if not decision.allowed:
            return await self._refuse_waiting(request_id, request, "access_denied", "The person said no.")
        return await self._issue(request_id, app, request, session, decision, caller)

    async def _waiting(self, request_id: str, browser: str) -> tuple[WaitingRequest, App]:
        async with self._base.database.read() as connection:
            waiting = await code_repository.find_request(connection, sha256(request_id), self.now)
            app = await app_repository.get(connection, waiting.app_id) if waiting else None
        if waiting is None or app is None or not same(waiting.browser_hash, sha256(browser)):
            raise RequestExpired
        return waiting, app

    async def _question(
        self, app: App, request: AuthorizationRequest, session: BrowserSession
    ) -> tuple[Question, bool]:
        """And whether all of it has been allowed before, by an app whose word for where it is can be trusted."""
        snapshot = session.snapshot
        scopes = cap(request.scopes, snapshot)
        async with self._base.database.read() as connection:
            grant = await grant_repository.find(connection, snapshot.account_id, app.id)
        held = frozenset(grant.workspace_ids if grant else ()) & set(snapshot.workspace_ids)
        reaches = any(scope not in STANDARD for scope in scopes)
        verified = app.registration is Registration.ADMIN and not (
            is_loopback(request.redirect_uri) or is_private_use(request.redirect_uri)
        )
        allowed = grant is not None and set(scopes) <= set(grant.scopes) and (bool(held) or not reaches)
        return Question(app, request, scopes, snapshot.workspaces, held), verified and allowed

    async def _issue(
        self,
        request_id: str,
        app: App,
        request: AuthorizationRequest,
        session: BrowserSession,
        decision: Decision,
        caller: ClientInfo | None,
    ) -> Answer:
        """`caller` is None where nothing new was allowed."""
        snapshot = session.snapshot
        scopes = in_order(scope for scope in cap(request.scopes, snapshot) if scope in decision.scopes)
        workspace_ids = [item.id for item in snapshot.workspaces if item.id in decision.workspace_ids]
        if not scopes:
            return await self._refuse_waiting(request_id, request, "access_denied", "The person allowed nothing.")
        code = random_token()
        async with self._base.liveness.change() as change:
            connection = change.connection
            if not await code_repository.claim_request(connection, sha256(request_id), self.now):
                raise RequestExpired
            if caller is None:
                grant = await grant_repository.find(connection, snapshot.account_id, app.id)
                if grant is None:
                    raise RequestExpired
                grant_id = grant.id
            else:
                now = self._base.clock.now().replace(microsecond=0)
                grant_id = await grant_repository.put(
                    connection, snapshot.account_id, app.id, scopes, workspace_ids, now
                )
                await change.touches(snapshot.account_id)
                await self._audit(Event.APP_LET_IN, change.connection, snapshot.account_id, app.id, caller)
            kept = Code(grant_id, app.id, random_uuid(), request, scopes, session.signed_in_at, used=False)
            await code_repository.add_code(connection, sha256(code), kept, CODE_LIFETIME, self.now)
        _log.info("authorization.allowed", app_id=app.id, account_id=snapshot.account_id)
        return self._answer(request.redirect_uri, request.state, code=code)

    async def _refuse_waiting(
        self, request_id: str, request: AuthorizationRequest, error: str, description: str
    ) -> Answer:
        async with self._base.database.transaction() as connection:
            if not await code_repository.claim_request(connection, sha256(request_id), self.now):
                raise RequestExpired
        return self._refusal(request.redirect_uri, request.state, AuthorizationError(error, description))

    @property
    def now(self) -> ColumnElement[datetime]:
        return database_now(self._base.clock)

    def _refusal(self, redirect_uri: str, state: str | None, refusal: AuthorizationError) -> Answer:
        return self._answer(redirect_uri, state, error=refusal.error, error_description=refusal.description)

    def _answer(self, redirect_uri: str, state: str | None, **parameters: str) -> Answer:
        """With `state` as it came, and with `iss` (RFC 9207)."""
        sent_back = {"state": state} if state is not None else {}
        return Answer(with_query(redirect_uri, **parameters, **sent_back, iss=self._issuer))

    async def _audit(
        self, event: Event, connection: Connection, account_id: int, app_id: int, caller: ClientInfo
    ) -> None:
        await self._base.audit.write(
            connection,
            event,
            actor=Actor("account", str(account_id)),
            caller=caller,
            account_id=account_id,
            operation=f"app {app_id}",
        )


def _is_too_old(session: BrowserSession, waiting: WaitingRequest) -> bool:
    """Whether the person has to sign in once more (OpenID Connect Core §3.1.2.1)."""
    request = waiting.request
    at_most = 0 if "login" in request.prompt else request.max_age
    # Counted from when it was asked: with a `max_age` of 0 nobody could ever have signed in lately enough.
    return at_most is not None and session.signed_in_at < waiting.created_at - timedelta(seconds=at_most)

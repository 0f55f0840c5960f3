"""From a request to authorize to a code: checked, kept, decided by its person (RFC 6749 §4.1)."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret, random_token, random_uuid, same, sha256
from ivgraph_auth.core.urls import with_query
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import app_repository, code_repository, grant_repository
from ivgraph_auth.provider.authorization.outcomes import Answer, Decision, NeedsSignIn, Question
from ivgraph_auth.provider.authorization.redirects import may_return_to
from ivgraph_auth.provider.authorization.request import AuthorizationRequest, Parameters
from ivgraph_auth.provider.authorization.request_reader import RequestReader
from ivgraph_auth.provider.authorization.sign_in import may_decide, may_sign_in
from ivgraph_auth.provider.code_repository import Code, WaitingRequest
from ivgraph_auth.provider.errors import AuthorizationError, RequestExpired
from ivgraph_auth.provider.models import App
from ivgraph_auth.provider.redirect_uris import is_loopback, is_private_use
from ivgraph_auth.provider.scopes import STANDARD, cap, in_order
from ivgraph_auth.sessions.models import BrowserSession

_log = structlog.get_logger(__name__)
REQUEST_LIFETIME = timedelta(minutes=10)
CODE_LIFETIME = timedelta(seconds=60)


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
            request = await self._reader.read(parameters, app, redirect_uri)
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
        if session is None or not may_decide(session, waiting):
            if may_sign_in(session, waiting):
                return NeedsSignIn()
            refusal = AuthorizationError("login_required", "The person is not signed in.")
            return await self._refuse_waiting(request_id, request, refusal)
        question, is_held = await self._question(app, request, session)
        if not is_held or (set(request.prompt) & {"consent", "select_account"}):
            if "none" not in request.prompt:
                return question
            refusal = AuthorizationError("consent_required", "The person has to be asked.")
            return await self._refuse_waiting(request_id, request, refusal)
        held = Decision(allowed=True, scopes=question.scopes, workspace_ids=question.held)
        return await self._issue(request_id, app, request, session, held, None)

    async def decide(
        self, request_id: str, browser: str, session: BrowserSession, decision: Decision, caller: ClientInfo
    ) -> Answer:
        """Raises RequestExpired."""
        waiting, app = await self._waiting(request_id, browser)
        request = waiting.request
        if not may_decide(session, waiting):
            raise RequestExpired
        if not decision.allowed:
            refusal = AuthorizationError("access_denied", "The person said no.")
            return await self._refuse_waiting(request_id, request, refusal, (session.snapshot.account_id, caller))
        return await self._issue(request_id, app, request, session, decision, caller)

    async def _waiting(self, request_id: str, browser: str) -> tuple[WaitingRequest, App]:
        async with self._base.database.read() as connection:
            waiting = await code_repository.find_request(connection, sha256(request_id), self.now)
            app = await app_repository.get(connection, waiting.app_id) if waiting else None
        if waiting is None or app is None or not same(waiting.browser_hash, sha256(browser)):
            raise RequestExpired
        if not may_return_to(app, waiting.request.redirect_uri):
            # It was taken back while the person was reading.
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
        verified = app.is_verified and not (is_loopback(request.redirect_uri) or is_private_use(request.redirect_uri))
        allowed = grant is not None and set(scopes) <= set(grant.scopes) and (bool(held) or not reaches)
        return Question(app, request, scopes, snapshot.workspaces, held), verified and allowed

    async def _issue(
        self,
        request_id: str,
        app: App,
        asked: AuthorizationRequest,
        session: BrowserSession,
        decision: Decision,
        caller: ClientInfo | None,
    ) -> Answer:
        """`caller` is None where nothing new was allowed."""
        snapshot = session.snapshot
        scopes = in_order(scope for scope in cap(asked.scopes, snapshot) if scope in decision.scopes)
        workspace_ids = [item.id for item in snapshot.workspaces if item.id in decision.workspace_ids]
        if not scopes:
            refusal = AuthorizationError("access_denied", "The person allowed nothing.")
            person_said = (snapshot.account_id, caller) if caller else None
            return await self._refuse_waiting(request_id, asked, refusal, person_said)
        code = random_token()
        async with self._base.liveness.change() as change:
            connection = change.connection
            # First, and in this order everywhere: neither is removed meanwhile, with its requests and grants.
            person = await accounts.lock(connection, snapshot.account_id)
            if person is None or person.disabled or not await app_repository.hold(connection, app.id):
                raise RequestExpired
            if not await code_repository.claim_request(connection, sha256(request_id), self.now):
                raise RequestExpired
            if caller is None:
                grant_id = await self._hold_grant(connection, snapshot.account_id, app.id)
            else:
                now = self._base.clock.now().replace(microsecond=0)
                grant_id = await grant_repository.put(
                    connection, snapshot.account_id, app.id, scopes, workspace_ids, now
                )
                await change.touches(snapshot.account_id)
                await self._audit(Event.APP_LET_IN, connection, snapshot.account_id, app.id, caller)
            kept = Code(grant_id, app.id, random_uuid(), asked, scopes, session.signed_in_at, used=False)
            await code_repository.add_code(connection, sha256(code), kept, CODE_LIFETIME, self.now)
        _log.info("authorization.allowed", app_id=app.id, account_id=snapshot.account_id)
        return self._answer(asked.redirect_uri, asked.state, code=code)

    async def _hold_grant(self, connection: Connection, account_id: int, app_id: int) -> int:
        """What was allowed before, if it has not been withdrawn. Raises RequestExpired."""
        grant = await grant_repository.find(connection, account_id, app_id)
        if grant is None or not await grant_repository.hold(connection, grant.id):
            raise RequestExpired
        return grant.id

    async def _refuse_waiting(
        self,
        request_id: str,
        asked: AuthorizationRequest,
        refusal: AuthorizationError,
        by: tuple[int, ClientInfo] | None = None,
    ) -> Answer:
        """`by` is the account of the person who said no, if one did."""
        async with self._base.database.transaction() as connection:
            if not await code_repository.claim_request(connection, sha256(request_id), self.now):
                raise RequestExpired
            if by is not None:
                account_id, caller = by
                await self._audit(Event.APP_REFUSED, connection, account_id, asked.app_id, caller)
        return self._refusal(asked.redirect_uri, asked.state, refusal)

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

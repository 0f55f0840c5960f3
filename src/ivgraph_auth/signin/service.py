"""Sign in with Notion: begin() sends the browser there, finish() takes what it comes back with."""

import asyncio

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.accounts.models import Account, Person
from ivgraph_auth.audit.models import BROWSER, Actor, Event
from ivgraph_auth.audit.service import AuditTrail
from ivgraph_auth.connect.errors import NotionNotConfigured
from ivgraph_auth.connect.models import GIVE_BACK_SECONDS, ClaimedState, Flow, StateRequest, Tenant, known_error
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.connect.states import STATE_SECONDS, StateService
from ivgraph_auth.core.clock import Clock, epoch
from ivgraph_auth.core.principal import ClientInfo, Role
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.urls import parse_notion_id, with_query
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.liveness.service import Change, Liveness
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.errors import NotionError, NotionUnavailable, OAuthRefused
from ivgraph_auth.notion.models import TokenAnswer
from ivgraph_auth.notion.oauth import NotionOAuth
from ivgraph_auth.sessions.handoff import HandoffService
from ivgraph_auth.sessions.models import OpenedSession
from ivgraph_auth.sessions.service import SessionService
from ivgraph_auth.signin.errors import CodeChallengeNeeded, SignInRefused, log_fault
from ivgraph_auth.signin.identity import person_of
from ivgraph_auth.signin.models import Callback, Consent, Refused, SignedIn, SignInPolicy, Start
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.models import GrantKey, SealedCredential

_log = structlog.get_logger(__name__)


class SignInService:
    def __init__(  # noqa: PLR0913 -- the features that a sign-in is made of
        self,
        *,
        database: Database,
        clock: Clock,
        audit: AuditTrail,
        liveness: Liveness,
        states: StateService,
        credential_store: EncryptedCredentialStore,
        connections: ConnectionService,
        sessions: SessionService,
        handoff: HandoffService,
        oauth: NotionOAuth | None,
        api: NotionApi,
        policy: SignInPolicy,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._liveness = liveness
        self._states = states
        self._credential_store = credential_store
        self._connections = connections
        self._sessions = sessions
        self._handoff = handoff
        self._oauth = oauth
        self._api = api
        self._policy = policy

    @property
    def configured(self) -> bool:
        return self._oauth is not None

    async def begin(self, request: StateRequest) -> Start:
        """Raises NotionNotConfigured, CodeChallengeNeeded."""
        if self._oauth is None:
            raise NotionNotConfigured
        hands_over = self._policy.hand_over_code and not _goes_on_here(request.next_path)
        if hands_over and request.code_challenge is None:
            raise CodeChallengeNeeded(field=("query", "code_challenge"))
        state = await self._states.begin(request)
        url = with_query(
            self._policy.authorization_url,
            client_id=self._policy.client_id,
            response_type="code",
            owner="user",
            redirect_uri=self._policy.redirect_uri,
            state=state.reveal(),
        )
        return Start(url, state, STATE_SECONDS)

    async def finish(self, callback: Callback, caller: ClientInfo) -> SignedIn | Refused:
        """Raises InvalidState. Whatever else stands in the way is a Refused, with its audit row written."""
        claimed = await self._states.claim(Flow.SIGN_IN, callback.state, callback.browser, caller)
        until = asyncio.get_running_loop().time() + self._policy.notion_seconds
        try:
            answer = await self._exchange(callback, until)
            try:
                consent = await self._consent(answer, until)
                return await self._admit(consent, await self._seal(consent), claimed, caller)
            except SignInRefused:
                await self._give_back(answer)
                raise
        except SignInRefused as refusal:
            log_fault(refusal)
            await self._tell(refusal, caller)
            return Refused(refusal.error, claimed.client_state)

    async def _exchange(self, callback: Callback, until: float) -> TokenAnswer:
        if callback.error is not None:
            error = known_error(callback.error)
            raise SignInRefused(error, error)
        if not callback.code:
            raise SignInRefused("invalid_request", "no_code")
        if self._oauth is None:
            raise NotionNotConfigured
        seconds, uri = self._policy.notion_seconds, self._policy.redirect_uri
        try:
            # Before the exchange: a credential that cannot be kept would be left alive at Notion.
            await self._credential_store.prove_key()
            async with asyncio.timeout_at(until):
                return await self._oauth.exchange(callback.code, redirect_uri=uri, deadline=seconds)
        except (NotionError, TimeoutError, CredentialUnavailable) as failure:
            raise _refusal(failure) from failure

    async def _consent(self, answer: TokenAnswer, until: float) -> Consent:
        workspace_id = parse_notion_id(answer.workspace_id)
        try:
            if workspace_id is None:
                raise NotionUnavailable("The workspace id is not a UUID.")
            async with asyncio.timeout_at(until):
                person = await person_of(answer, self._api, deadline=self._policy.notion_seconds)
        except (NotionError, TimeoutError) as failure:
            raise _refusal(failure) from failure
        if self._policy.allowed_workspaces and workspace_id not in self._policy.allowed_workspaces:
            raise SignInRefused("access_denied", "workspace_not_allowed")
        return Consent(answer, person, workspace_id)

    async def _give_back(self, answer: TokenAnswer) -> None:
        """A credential that will not be kept is not left alive at Notion, unless a tenant has one of the same bot."""
        try:
            if self._oauth and not await self._credential_store.holds(self._policy.client_id, answer.bot_id):
                await self._oauth.revoke(Secret(answer.access_token), deadline=GIVE_BACK_SECONDS)
        except NotionError as failure:
            _log.warning("notion.revoke_failed", reason=str(failure))

    async def _seal(self, consent: Consent) -> SealedCredential:
        try:
            return await self._credential_store.seal(self._key_of(consent), consent.credential)
        except CredentialUnavailable as failure:
            raise _refusal(failure) from failure

    def _key_of(self, consent: Consent) -> GrantKey:
        owner = str(consent.person.notion_user_id)
        return GrantKey(self._policy.client_id, consent.workspace_id, consent.answer.bot_id, owner)

    async def _admit(
        self, consent: Consent, sealed: SealedCredential, claimed: ClaimedState, caller: ClientInfo
    ) -> SignedIn:
        """Account, grant, connection, session and audit row, all or none."""
        async with self._liveness.change() as change:
            connection = change.connection
            account = await accounts.upsert(connection, consent.person, self._clock.now())
            if account.disabled_at is not None:
                raise SignInRefused("access_denied", "account_disabled")
            await self._promote(connection, account, consent.person, caller)
            await self._keep_grant(change, account, consent, sealed)
            await change.touches(account.id)
            opened = await self._sessions.open(connection, account.id, caller)
            signed_in = await self._hand_over(connection, opened, claimed)
            await self._audit.write(
                connection,
                Event.SIGNED_IN,
                actor=Actor("account", str(account.id)),
                caller=caller,
                account_id=account.id,
                notion_request_id=consent.answer.request_id,
            )
        return signed_in

    async def _promote(self, connection: Connection, account: Account, person: Person, caller: ClientInfo) -> None:
        email = (person.email or "").lower()
        if not person.email_verified or email not in self._policy.admin_emails or account.role is Role.ADMIN:
            return
        await accounts.set_role(connection, account.id, Role.ADMIN)
        await self._audit.write(
            connection,
            Event.ROLE_CHANGED,
            actor=Actor("setting", "IVGRAPH_ADMIN_EMAILS"),
            caller=caller,
            account_id=account.id,
            operation=Role.ADMIN.value,
        )

    async def _keep_grant(self, change: Change, account: Account, consent: Consent, sealed: SealedCredential) -> None:
        grant_id = await self._credential_store.put(change.connection, self._key_of(consent), consent.details, sealed)
        tenant = Tenant(account.id, str(consent.workspace_id))
        await self._connections.adopt(change, tenant, consent.workspace_id, grant_id)

    async def _hand_over(self, connection: Connection, opened: OpenedSession, claimed: ClaimedState) -> SignedIn:
        session = opened.session
        pair = code = None
        if _goes_on_here(claimed.next_path):
            pass
        elif self._policy.hand_over_code and claimed.code_challenge:
            code = await self._handoff.issue(connection, session, claimed.code_challenge)
        else:
            pair = self._sessions.pair(session)
        return SignedIn(
            browser_token=opened.browser_token,
            session_ends_in=epoch(session.expires_at) - epoch(session.created_at),
            client_state=claimed.client_state,
            next_path=claimed.next_path,
            pair=pair,
            code=code,
        )

    async def _tell(self, refusal: SignInRefused, caller: ClientInfo) -> None:
        async with self._database.transaction() as connection:
            await self._audit.write(
                connection,
                Event.SIGNIN_REFUSED,
                outcome=refusal.reason,
                actor=BROWSER,
                caller=caller,
                notion_request_id=refusal.notion_request_id,
            )


def _goes_on_here(path: str | None) -> bool:
    """Pages of this service need the browser's cookie, and no tokens."""
    return path is not None and path.startswith(("/oauth2/", "/oauth/"))


def _refusal(failure: NotionError | TimeoutError | CredentialUnavailable) -> SignInRefused:
    if isinstance(failure, CredentialUnavailable):
        return SignInRefused("server_error", failure.code)
    request_id = failure.request_id if isinstance(failure, NotionError) else None
    if isinstance(failure, OAuthRefused):
        if failure.code == "invalid_grant":
            return SignInRefused("invalid_grant", "invalid_grant", notion_request_id=request_id)
        _log.error(
            "notion.client_refused",
            reason=failure.code,
            hint="Check NOTION_CLIENT_ID, NOTION_CLIENT_SECRET and the redirect URI registered at Notion.",
            notion_request_id=request_id,
        )
        return SignInRefused("server_error", f"notion_{failure.code}", notion_request_id=request_id)
    _log.warning("notion.unavailable", reason=str(failure) or "too slow", notion_request_id=request_id)
    return SignInRefused("temporarily_unavailable", "notion_unavailable", notion_request_id=request_id)

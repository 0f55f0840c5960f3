"""Sign in with Notion: begin() sends the browser there, finish() takes what it comes back with."""

import asyncio
from dataclasses import dataclass

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.accounts.models import Account, Person
from ivgraph_auth.audit.models import BROWSER, Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect.authorization import Authorization, read_code, workspace_of
from ivgraph_auth.connect.errors import AuthorizationRefused, NotionNotConfigured
from ivgraph_auth.connect.models import Callback, ClaimedState, StateRequest, Tenant
from ivgraph_auth.connect.states import STATE_SECONDS, StateService
from ivgraph_auth.core.clock import epoch
from ivgraph_auth.core.principal import ClientInfo, Role
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.models import TokenAnswer
from ivgraph_auth.sessions.handoff import HandoffService
from ivgraph_auth.sessions.models import OpenedSession
from ivgraph_auth.sessions.service import SessionService
from ivgraph_auth.signin.errors import CodeChallengeNeeded, log_refusal
from ivgraph_auth.signin.models import OWN_PAGES, Consent, Refused, SignedIn, SignInPolicy, Start
from ivgraph_auth.signin.person import find_person
from ivgraph_auth.vault.models import GrantDetails

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignInService:
    base: Base
    states: StateService
    authorization: Authorization
    sessions: SessionService
    handoff: HandoffService
    api: NotionApi
    policy: SignInPolicy

    @property
    def configured(self) -> bool:
        return self.authorization.configured

    async def begin(self, request: StateRequest) -> Start:
        """Raises NotionNotConfigured, CodeChallengeNeeded."""
        if not self.configured:
            raise NotionNotConfigured
        hands_over = self.policy.hand_over_code and not _goes_on_here(request.next_path)
        if hands_over and request.code_challenge is None:
            raise CodeChallengeNeeded(field=("query", "code_challenge"))
        state = await self.states.begin(request)
        url = self.authorization.url(self.policy.redirect_uri, state)
        return Start(url, state, STATE_SECONDS)

    async def finish(self, callback: Callback, caller: ClientInfo) -> SignedIn | Refused:
        """Raises InvalidState. Whatever else stands in the way is a Refused, with its audit row written."""
        claimed = await self.states.claim_sign_in(callback.state, callback.browser, caller)
        try:
            until = self.authorization.deadline()
            answer = await self.authorization.exchange(read_code(callback), self.policy.redirect_uri, until)
            async with self.authorization.keep_or_give_back(answer):
                return await self._admit(await self._consent(answer, until), claimed, caller)
        except AuthorizationRefused as refusal:
            log_refusal(refusal)
            await self._audit_refusal(refusal, caller)
            return Refused(refusal.error, claimed.client_state)

    async def _consent(self, answer: TokenAnswer, until: float) -> Consent:
        workspace_of(answer)
        async with asyncio.timeout_at(until):
            person = await find_person(answer, self.api, deadline=self.policy.notion_seconds)
        details = GrantDetails(answer.workspace_name, answer.workspace_icon, person.notion_user_id, person.name)
        grant = await self.authorization.make_grant(answer, str(person.notion_user_id), details)
        return Consent(person, grant, answer.request_id)

    async def _admit(self, consent: Consent, claimed: ClaimedState, caller: ClientInfo) -> SignedIn:
        """Account, grant, connection, session and audit row, all or none."""
        async with self.base.liveness.change() as change:
            connection = change.connection
            account = await accounts.upsert(connection, consent.person, self.base.clock.now())
            if account.disabled_at is not None:
                raise AuthorizationRefused("access_denied", "account_disabled")
            await self._promote(connection, account, consent.person, caller)
            tenant = Tenant(account.id, str(consent.grant.key.workspace_id))
            await self.authorization.adopt(change, tenant, consent.grant)
            await change.touches(account.id)
            opened = await self.sessions.open(connection, account.id, caller)
            signed_in = await self._hand_over(connection, opened, claimed)
            await self.base.audit.write(
                connection,
                Event.SIGNED_IN,
                actor=Actor("account", str(account.id)),
                caller=caller,
                account_id=account.id,
                notion_request_id=consent.notion_request_id,
            )
        _log.info("signin.succeeded", account_id=account.id, session_id=opened.session.id.hex)
        return signed_in

    async def _promote(self, connection: Connection, account: Account, person: Person, caller: ClientInfo) -> None:
        email = (person.email or "").lower()
        if not person.email_verified or email not in self.policy.admin_emails or account.role is Role.ADMIN:
            return
        await accounts.set_role(connection, account.id, Role.ADMIN)
        await self.base.audit.write(
            connection,
            Event.ROLE_CHANGED,
            actor=Actor("setting", "IVGRAPH_ADMIN_EMAILS"),
            caller=caller,
            account_id=account.id,
            operation=Role.ADMIN.value,
        )

    async def _hand_over(self, connection: Connection, opened: OpenedSession, claimed: ClaimedState) -> SignedIn:
        session = opened.session
        pair = code = None
        if _goes_on_here(claimed.next_path):
            pass
        elif self.policy.hand_over_code and claimed.code_challenge:
            code = await self.handoff.issue(connection, session, claimed.code_challenge)
        else:
            pair = self.sessions.sign_pair(session)
        return SignedIn(
            browser_token=opened.browser_token,
            session_ends_in=epoch(session.expires_at) - epoch(session.created_at),
            client_state=claimed.client_state,
            next_path=claimed.next_path,
            pair=pair,
            code=code,
        )

    async def _audit_refusal(self, refusal: AuthorizationRefused, caller: ClientInfo) -> None:
        async with self.base.database.transaction() as connection:
            await self.base.audit.write(
                connection,
                Event.SIGNIN_REFUSED,
                outcome=refusal.reason,
                actor=BROWSER,
                caller=caller,
                notion_request_id=refusal.notion_request_id,
            )


def _goes_on_here(path: str | None) -> bool:
    return path is not None and path.startswith(OWN_PAGES)

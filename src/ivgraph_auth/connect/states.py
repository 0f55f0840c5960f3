"""`state` of an authorization request (RFC 6749 §10.12): single use, one flow, one browser, ten minutes."""

from dataclasses import dataclass
from datetime import timedelta

from ivgraph_auth.audit.models import BROWSER, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect import states_repository
from ivgraph_auth.connect.errors import InvalidState
from ivgraph_auth.connect.models import ClaimedConsent, ClaimedState, Flow, StateRequest, StateUse
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret, random_token, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection

STATE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class StateService:
    base: Base

    async def begin(self, request: StateRequest) -> Secret:
        state = Secret(random_token())
        now = database_now(self.base.clock)
        async with self.base.database.transaction() as connection:
            await states_repository.add_state(
                connection,
                request,
                state_hash=sha256(state.reveal()),
                browser_hash=sha256(request.browser),
                now=now,
                expires_at=now + timedelta(seconds=STATE_SECONDS),
            )
        return state

    async def claim(self, flow: Flow, state: str, browser: str, caller: ClientInfo) -> ClaimedState:
        """Raises InvalidState, with an audit row that tells why."""
        use = StateUse(flow, sha256(state), sha256(browser), database_now(self.base.clock))
        async with self.base.database.transaction() as connection:
            claimed = await states_repository.claim_state(connection, use)
            reason = None if claimed else await states_repository.why_not_claimed(connection, use)
            if reason:
                await self.base.audit.write(
                    connection, Event.SIGNIN_REFUSED, outcome=reason, actor=BROWSER, caller=caller
                )
        if claimed is None:
            raise InvalidState
        return claimed

    async def claim_consent(self, state: str, browser: str, caller: ClientInfo) -> ClaimedConsent:
        """Of a tenant's consent, which may come back in another browser than the one that asked: whoever is there must
        then be told whom it is for. Raises InvalidState, with an audit row that tells why.
        """
        use = StateUse(Flow.CONNECT, sha256(state), sha256(browser), database_now(self.base.clock))
        async with self.base.database.transaction() as connection:
            claimed = await states_repository.claim_consent(connection, use)
            reason = None if claimed else await states_repository.why_not_claimed(connection, use)
            if reason:
                await self.base.audit.write(
                    connection, Event.CONSENT_REFUSED, outcome=reason, actor=BROWSER, caller=caller
                )
        if claimed is None:
            raise InvalidState("This link was not made here, took too long, or was used before. Start again.")
        return claimed

    async def prune(self, connection: Connection, most: int) -> int:
        return await states_repository.prune_states(connection, database_now(self.base.clock), most)

"""`state` of an authorization request (RFC 6749 §10.12): single use, one flow, one browser, ten minutes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog

from ivgraph_auth.audit.models import BROWSER, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect import states_repository
from ivgraph_auth.connect.errors import InvalidState
from ivgraph_auth.connect.models import ClaimedConsent, ClaimedState, Flow, StateRequest, StateUse
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret, random_token, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection

_log = structlog.get_logger(__name__)
STATE_SECONDS = 600
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StateService:
    base: Base

    async def begin(self, request: StateRequest) -> Secret:
        state = Secret(random_token())
        use = self._use(request.flow, state.reveal(), request.browser)
        async with self.base.database.transaction() as connection:
            await states_repository.add_state(connection, use, request, timedelta(seconds=STATE_SECONDS))
        return state

    async def claim_sign_in(self, state: str, browser: str, caller: ClientInfo) -> ClaimedState:
        """Raises InvalidState, with an audit row that tells why."""
        use = self._use(Flow.SIGN_IN, state, browser)
        claimed = await self._claim(states_repository.claim_sign_in, use, Event.SIGNIN_REFUSED, caller)
        if claimed is None:
            raise InvalidState
        return claimed

    async def claim_consent(self, state: str, browser: str, caller: ClientInfo) -> ClaimedConsent:
        """Of a tenant's consent, which may come back in another browser than the one that asked: whoever is there must
        then be told whom it is for. Raises InvalidState, with an audit row that tells why.
        """
        use = self._use(Flow.CONNECT, state, browser)
        claimed = await self._claim(states_repository.claim_consent, use, Event.CONSENT_REFUSED, caller)
        if claimed is None:
            raise InvalidState("This link was not made here, took too long, or was used before. Start again.")
        return claimed

    def _use(self, flow: Flow, state: str, browser: str) -> StateUse:
        return StateUse(flow, sha256(state), sha256(browser), database_now(self.base.clock))

    async def _claim(
        self,
        claim: Callable[[Connection, StateUse], Awaitable[_T | None]],
        use: StateUse,
        refused: Event,
        caller: ClientInfo,
    ) -> _T | None:
        async with self.base.database.transaction() as connection:
            claimed = await claim(connection, use)
            if claimed is None:
                reason = await states_repository.why_not_claimed(connection, use)
                await self.base.audit.write(connection, refused, outcome=reason, actor=BROWSER, caller=caller)
                _log.info("state.refused", flow=use.flow.value, reason=reason)
        return claimed

    async def prune(self, connection: Connection, most: int) -> int:
        return await states_repository.prune_states(connection, database_now(self.base.clock), most)

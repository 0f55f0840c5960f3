from datetime import datetime

from ivgraph_auth.audit import repository
from ivgraph_auth.audit.models import SUCCESS, Actor, Entry, Event
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.database.connection import Connection


class AuditTrail:
    """Rows are written in the transaction of what they tell, or not at all."""

    def __init__(self, *, clock: Clock, metrics: Metrics | None) -> None:
        self._clock = clock
        self._metrics = metrics

    async def write(  # noqa: PLR0913 -- a row's columns
        self,
        connection: Connection,
        event: Event,
        *,
        actor: Actor,
        caller: ClientInfo,
        account_id: int | None = None,
        outcome: str = SUCCESS,
        tenant_id: str | None = None,
        operation: str | None = None,
        notion_request_id: str | None = None,
    ) -> None:
        entry = Entry(event, account_id, actor, caller, tenant_id, operation)
        at = self._clock.now()
        await repository.add(connection, entry, at, outcome=outcome, notion_request_id=notion_request_id)
        self.count(event, outcome)

    def count(self, event: Event, outcome: str = SUCCESS) -> None:
        """One whose row a repository has added in a statement of its own, with `audit.repository.add_when`."""
        if self._metrics:
            _count(self._metrics, event, outcome)

    async def forget_person(self, connection: Connection, account_id: int) -> None:
        await repository.forget_person(connection, account_id)

    async def prune(self, connection: Connection, before: datetime, most: int) -> int:
        return await repository.prune(connection, before, most)


def _count(metrics: Metrics, event: Event, outcome: str) -> None:
    match event:
        case Event.SIGNED_IN | Event.SIGNIN_REFUSED:
            # What Notion calls an error is Notion's to choose, and no label.
            theirs = outcome.startswith("notion_") and outcome != "notion_unavailable"
            metrics.count_sign_in("notion_refused" if theirs else outcome)
        case Event.TOKEN_MINTED:
            metrics.count_token("minted")
        case Event.TOKEN_REVOKED:
            metrics.count_token("revoked")
        case Event.REFRESH_REUSED:
            metrics.count_reuse()

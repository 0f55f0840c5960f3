"""What Notion sends: checked before it is read, stored before it is answered, and worked off later."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ivgraph_auth.base import Base
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph.errors import SignatureNotValid
from ivgraph_auth.graph.webhooks import due_repository, event_repository
from ivgraph_auth.graph.webhooks.due import DueWorker
from ivgraph_auth.graph.webhooks.events import read_event, read_handshake
from ivgraph_auth.graph.webhooks.models import EventOutcome, KeptSubscription, WebhookEvent
from ivgraph_auth.graph.webhooks.signature import is_signed, parse_signature
from ivgraph_auth.graph.webhooks.subscription import SubscriptionService
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.vault import repository as vault

_log = structlog.get_logger(__name__)
# Notion tries for a day. The signature has no time in it: what is older than what is remembered may be a repetition.
KEPT = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class WebhookService:
    base: Base
    subscription: SubscriptionService
    due: DueWorker
    metrics: Metrics | None

    async def receive(self, signatures: list[bytes], body: bytes, caller: ClientInfo) -> None:
        """`signatures` are the headers of that name, `body` is as it came. When it returns, what is to be done is
        stored. Raises SignatureNotValid, CredentialUnavailable.
        """
        try:
            kept = await self._check(signatures, body, caller)
        except SignatureNotValid:
            self._count("refused")
            _log.info("webhooks.refused", size=len(body))
            raise
        if kept is not None:
            await self._take(kept, read_event(body), caller)

    async def _check(self, signatures: list[bytes], body: bytes, caller: ClientInfo) -> KeptSubscription | None:
        """None for the token of a new subscription, which is taken."""
        signature = parse_signature(signatures)
        if signature is None:
            raise SignatureNotValid
        try:
            kept = await self.subscription.current()
        except CredentialUnavailable:
            # Its key may be lost for good: a new subscription takes its place.
            with suppress(SignatureNotValid):
                await self.subscription.offer(body, signature, caller)
                return None
            raise
        if kept is None or not is_signed(body, signature, kept.token):
            await self.subscription.offer(body, signature, caller)
            return None
        if read_handshake(body) is None:
            return kept
        # The same token sent again: it is shown once more only if somebody has asked for that.
        with suppress(SignatureNotValid):
            await self.subscription.offer(body, signature, caller)
        return None

    async def prune(self, connection: Connection, most: int) -> int:
        """Events that need not be remembered any more."""
        return await event_repository.prune(connection, database_now(self.base.clock), KEPT, most)

    async def _take(self, kept: KeptSubscription, event: WebhookEvent, caller: ClientInfo) -> None:
        async with self.base.database.transaction() as connection:
            await self.subscription.confirm(connection, kept, caller)
            outcome = await self._store(connection, event)
        self._count(outcome.value)
        _log.info("webhooks.received", type=event.type or None, outcome=outcome.value)
        if outcome is EventOutcome.MARKED:
            self.due.wake.set()

    async def _store(self, connection: Connection, event: WebhookEvent) -> EventOutcome:
        outcome, graph_ids = event.outcome, list[int]()
        if event.sent_at is not None and event.sent_at < self.base.clock.now() - KEPT:
            outcome = EventOutcome.STALE
        if outcome is EventOutcome.MARKED:
            graph_ids = await self._find_graphs(connection, event)
            outcome = EventOutcome.MARKED if graph_ids else EventOutcome.NOBODY
        if not await event_repository.note(connection, event, outcome, database_now(self.base.clock)):
            return EventOutcome.REPEATED
        if graph_ids and event.workspace_id and event.entity:
            await event_repository.note_workspace(connection, event.workspace_id)
            await due_repository.mark_told(connection, graph_ids, [event.entity], deleted=event.deleted)
            await due_repository.mark_told(connection, graph_ids, event.inside, deleted=False)
        return outcome

    async def _find_graphs(self, connection: Connection, event: WebhookEvent) -> list[int]:
        """Of those whom the event names, or of all of the workspace."""
        if event.workspace_id is None or event.entity is None:
            return []
        grants = await vault.list_of_workspace(connection, event.workspace_id)
        named = [grant.id for grant in grants if event.readers is None or grant.belongs_to(event.readers)]
        return await due_repository.graphs_with(connection, event.workspace_id, named, event.entity.id)

    def _count(self, outcome: str) -> None:
        if self.metrics:
            self.metrics.count_webhook(outcome)

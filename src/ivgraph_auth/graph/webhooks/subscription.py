"""The subscription at Notion: made there by hand, known here by its verification token."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ivgraph_auth.audit.models import OPERATOR, SERVICE, Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret, random_uuid
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph.errors import NoVerificationToken, SignatureNotValid, VerificationTokenShown
from ivgraph_auth.graph.webhooks import event_repository, subscription_repository
from ivgraph_auth.graph.webhooks.events import read_handshake
from ivgraph_auth.graph.webhooks.models import KeptSubscription, SubscriptionState
from ivgraph_auth.graph.webhooks.signature import is_signed
from ivgraph_auth.graph.webhooks.subscription_repository import token_identity
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.models import SealedCredential

_log = structlog.get_logger(__name__)
DOOR_IS_OPEN = timedelta(minutes=10)
_COUNTED = timedelta(days=1)


@dataclass(slots=True)
class SubscriptionService:
    """`account_id` is the admin's, None for the command line."""

    base: Base
    credential_store: EncryptedCredentialStore
    # To open it may ask another service for the key, so it is not done for every webhook.
    _opened: KeptSubscription | None = field(default=None, repr=False)

    async def current(self) -> KeptSubscription | None:
        """Raises CredentialUnavailable."""
        async with self.base.database.read() as connection:
            row = await subscription_repository.find(connection)
        if row is None:
            self._opened = None
            return None
        confirmed = row.confirmed_at is not None
        if self._opened is None or (self._opened.id, self._opened.confirmed) != (row.id, confirmed):
            sealed = SealedCredential(row.sealed, row.key_id)
            token = await self.credential_store.open_text(sealed, token_identity(row.id))
            self._opened = KeptSubscription(row.id, token, confirmed)
        return self._opened

    async def open_door(self, account_id: int | None, caller: ClientInfo) -> datetime:
        """For the token of a new subscription, also in place of the one that is kept. Answers until when."""
        async with self.base.database.transaction() as connection:
            now = database_now(self.base.clock)
            until = await subscription_repository.open_door(connection, now, DOOR_IS_OPEN)
            await self._audit(connection, Event.WEBHOOKS_OPENED, account_id, caller)
        _log.info("webhooks.door_opened", account_id=account_id)
        return until

    async def offer(self, body: bytes, signature: bytes, caller: ClientInfo) -> None:
        """Takes the verification token of a new subscription, which has signed itself, while the door is open; that
        shuts it. Raises SignatureNotValid for everything else.
        """
        now = database_now(self.base.clock)
        async with self.base.database.read() as connection:
            until = await subscription_repository.door_open_until(connection, now)
        # Nothing of a body is read that nobody waits for.
        token = read_handshake(body) if until is not None else None
        if token is None or not is_signed(body, signature, token):
            raise SignatureNotValid
        subscription_id = random_uuid()
        sealed = await self.credential_store.seal_text(token, token_identity(subscription_id))
        async with self.base.database.transaction() as connection:
            if not await subscription_repository.go_through_door(connection, now):
                raise SignatureNotValid
            await subscription_repository.replace(connection, subscription_id, sealed, now)
            await self.base.audit.write(connection, Event.WEBHOOKS_TOKEN_RECEIVED, actor=SERVICE, caller=caller)
        _log.info("webhooks.token_received")

    async def confirm(self, connection: Connection, kept: KeptSubscription, caller: ClientInfo) -> None:
        """An event has come: Notion has taken the token back. Noted once."""
        now = database_now(self.base.clock)
        if not kept.confirmed and await subscription_repository.mark_confirmed(connection, kept.id, now):
            await self.base.audit.write(connection, Event.WEBHOOKS_CONFIRMED, actor=SERVICE, caller=caller)

    async def reveal(self, account_id: int | None, caller: ClientInfo) -> Secret:
        """The verification token, once. Raises NoVerificationToken, VerificationTokenShown, CredentialUnavailable."""
        kept = await self.current()
        if kept is None:
            raise NoVerificationToken
        async with self.base.database.transaction() as connection:
            now = database_now(self.base.clock)
            if not await subscription_repository.mark_shown(connection, kept.id, now):
                raise VerificationTokenShown
            await self._audit(connection, Event.WEBHOOKS_TOKEN_SHOWN, account_id, caller)
        _log.info("webhooks.token_shown", account_id=account_id)
        return kept.token

    async def remove(self, account_id: int | None, caller: ClientInfo) -> bool:
        """Forgets it, and shuts the door; False when there was neither a subscription. Notion goes on sending until
        the subscription is deleted there.
        """
        async with self.base.database.transaction() as connection:
            await subscription_repository.shut_door(connection)
            removed = await subscription_repository.remove(connection)
            if removed:
                await self._audit(connection, Event.WEBHOOKS_REMOVED, account_id, caller)
        if removed:
            _log.info("webhooks.removed", account_id=account_id)
        return removed

    async def state(self) -> SubscriptionState:
        now = database_now(self.base.clock)
        async with self.base.database.transaction() as connection:
            row = await subscription_repository.find(connection)
            return SubscriptionState(
                door_open_until=await subscription_repository.door_open_until(connection, now),
                token_received_at=row.received_at if row else None,
                token_shown_at=row.shown_at if row else None,
                confirmed_at=row.confirmed_at if row else None,
                last_event_at=await event_repository.last_received_at(connection),
                events=await event_repository.count_since(connection, now - _COUNTED),
            )

    async def _audit(self, connection: Connection, event: Event, account_id: int | None, caller: ClientInfo) -> None:
        actor = OPERATOR if account_id is None else Actor("account", str(account_id))
        await self.base.audit.write(connection, event, actor=actor, caller=caller, account_id=account_id)

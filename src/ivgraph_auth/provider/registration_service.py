"""Apps that register themselves (RFC 7591): public ones, as many as an address may, and gone when nobody uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.addresses import customer_of
from ivgraph_auth.core.errors import TooManyRequests
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import random_alphanumeric
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.provider import client_repository
from ivgraph_auth.provider.client_metadata import ClientMetadata, read_metadata
from ivgraph_auth.provider.errors import RegistrationClosed, RegistrationFull

_log = structlog.get_logger(__name__)
_PREFIX = "ivd_"
_CLIENT_ID_CHARACTERS = 24
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    client_id: str
    metadata: ClientMetadata
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class RegistrationService:
    """`most_of_address` in an hour, `most` in all."""

    base: Base
    enabled: bool
    most_of_address: int = 120
    most: int = 20_000

    async def register(self, members: Mapping[str, Any], caller: ClientInfo) -> RegisteredClient:
        """Raises RegistrationClosed, RegistrationFull, TooManyRequests, InvalidRedirectUri, InvalidClientMetadata."""
        self.check_open()
        metadata = read_metadata(members)
        address, now = customer_of(caller.address), database_now(self.base.clock)
        client_id = _PREFIX + random_alphanumeric(_CLIENT_ID_CHARACTERS)
        async with self.base.database.transaction() as connection:
            await client_repository.hold_registrations(connection)
            if await client_repository.count_registrations(connection, address, _HOUR, now) >= self.most_of_address:
                raise TooManyRequests(
                    f"This address has registered {self.most_of_address} apps within an hour. Use one, or wait.",
                    retry_after=int(_HOUR.total_seconds()),
                )
            if await client_repository.count_all_registrations(connection) >= self.most:
                _log.warning("registration.full", most=self.most)
                raise RegistrationFull
            app_id, issued_at = await client_repository.add_registration(connection, client_id, metadata, address, now)
            await self.base.audit.write(
                connection,
                Event.APP_REGISTERED,
                actor=Actor("app", client_id),
                caller=caller,
                operation=f"app {app_id}",
            )
        _log.info("app.registered", app_id=app_id)
        return RegisteredClient(client_id, metadata, issued_at)

    def check_open(self) -> None:
        """Raises RegistrationClosed."""
        if not self.enabled:
            raise RegistrationClosed

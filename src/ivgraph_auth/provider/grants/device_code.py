"""A device asks whether its person has decided (RFC 8628 §3.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.base import Base
from ivgraph_auth.core.secrets import random_uuid, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import device_repository, grant_repository
from ivgraph_auth.provider.device_repository import PolledDevice
from ivgraph_auth.provider.errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredDeviceCode,
    InvalidGrant,
    InvalidRequest,
    SlowDown,
)
from ivgraph_auth.provider.grants.request import TokenRequest
from ivgraph_auth.provider.grants.token_answer import Given, TokenAnswers, bound_key


@dataclass(frozen=True, slots=True)
class DeviceCodeGrant:
    base: Base
    answers: TokenAnswers

    async def answer(self, request: TokenRequest) -> Mapping[str, Any]:
        """Raises InvalidRequest, InvalidGrant, and RFC 8628 §3.5's."""
        app, parameters = request.app, request.parameters
        text = parameters.get("device_code")
        if text is None:
            raise InvalidRequest("device_code is missing.")
        now = database_now(self.base.clock)
        async with self.base.database.transaction() as connection:
            polled = await device_repository.poll(connection, sha256(text), app.id, now)
        _check(polled)
        assert polled is not None  # noqa: S101 -- what was checked
        async with self.base.database.transaction() as connection:
            given = await self._give(connection, sha256(text), polled, request)
        return await self.answers.answer(given, None, request.jkt)

    async def _give(
        self, connection: Connection, device_hash: bytes, polled: PolledDevice, request: TokenRequest
    ) -> Given:
        if polled.grant_id is None or polled.auth_time is None:
            raise AccessDenied
        # First, as everywhere: a grant that is withdrawn takes its devices with it.
        if not await grant_repository.hold(connection, polled.grant_id):
            raise InvalidGrant
        if not await device_repository.claim(connection, device_hash, database_now(self.base.clock)):
            raise InvalidGrant
        authorization_id = random_uuid()
        await grant_repository.add_authorization(
            connection,
            authorization_id,
            polled.grant_id,
            polled.scopes,
            polled.resources,
            polled.auth_time,
            bound_key(request),
            self.base.clock.now(),
        )
        return await self.answers.give(connection, request.app, authorization_id)


def _check(polled: PolledDevice | None) -> None:
    if polled is None or polled.used:
        raise InvalidGrant("No such device code, or it was used.")
    if polled.expired:
        raise ExpiredDeviceCode
    if polled.too_soon:
        raise SlowDown
    if not polled.decided:
        raise AuthorizationPending
    if polled.grant_id is None:
        raise AccessDenied

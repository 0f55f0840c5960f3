"""Refresh tokens of apps: rotated at each use (OAuth 2.1 §4.3.1), and nobody is signed out by a race.

Clients send several refreshes at once, lose answers, and throw everything away at one `invalid_grant`. So a token that
was replaced is answered with the newest one again: for a while in any case, and for longer while that newest one was
never used. A successor is computed from its predecessor, with a key of this service: it needs not be kept to be
answered again.
"""

import hmac
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.errors import Unavailable
from ivgraph_auth.core.principal import AccountSnapshot
from ivgraph_auth.core.secrets import Secret, base64url, random_token, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import refresh_repository as repository
from ivgraph_auth.provider import rotation_repository
from ivgraph_auth.provider.models import LivingAuthorization
from ivgraph_auth.provider.rotation_repository import Asked

PREFIX = "ivr_"
_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_PURPOSE = b"ivgraph-auth refresh tokens of apps"
UNUSED_GRACE = timedelta(minutes=10)
# A burst of refreshes is some tens; whoever follows further has a copy of an old token.
_MOST_STEPS = 1000


class RefreshReused(Exception):
    """One that was replaced long ago: two have it, and one of them should not."""

    def __init__(self, authorization_id: uuid.UUID) -> None:
        super().__init__("A refresh token was used again after its grace.")
        self.authorization_id = authorization_id


@dataclass(frozen=True, slots=True)
class Refreshed:
    authorization_id: uuid.UUID
    token: Secret


class RefreshTokens:
    """The first of `keys` makes successors, all of them know those that were made."""

    def __init__(self, keys: Sequence[Secret], clock: Clock, *, grace: timedelta, lifetime: timedelta) -> None:
        self._keys = [hmac.digest(key.reveal().encode(), _PURPOSE, "sha256") for key in keys]
        self._clock = clock
        self._grace = grace
        self._lifetime = lifetime

    async def issue(self, connection: Connection, authorization_id: uuid.UUID) -> Secret:
        """The first one."""
        token = PREFIX + random_token()
        await repository.add(connection, sha256(token), authorization_id, 1, self._lifetime, self._now)
        return Secret(token)

    async def replace(
        self, connection: Connection, token: str, asked: Asked
    ) -> tuple[LivingAuthorization, AccountSnapshot, Secret] | None:
        """The successor of one that is in force, in one statement. None for any other, which `rotate` knows about."""
        if not _FORM.fullmatch(token):
            return None
        successor = self._successors(token)[0]
        offset = self._clock.database_offset()
        found = await rotation_repository.rotate(
            connection, sha256(token), sha256(successor), asked, lifetime=self._lifetime, offset=offset
        )
        return (*found, Secret(successor)) if found else None

    async def rotate(self, connection: Connection, token: str) -> Refreshed | None:
        """The successor, or the newest one again. None for what is none, or has expired. Raises RefreshReused,
        Unavailable.
        """
        if not _FORM.fullmatch(token):
            return None
        authorization_id = await repository.find_authorization(connection, sha256(token))
        row = await repository.find(connection, sha256(token), self._now) if authorization_id else None
        if row is None or row.expired:
            return None
        if row.replaced_for is not None:
            return Refreshed(row.authorization_id, Secret(await self._again(connection, token, row)))
        successor = self._successors(token)[0]
        await repository.mark_replaced(connection, sha256(token), self._now)
        await repository.add(
            connection, sha256(successor), row.authorization_id, row.sequence + 1, self._lifetime, self._now
        )
        return Refreshed(row.authorization_id, Secret(successor))

    async def find(self, connection: Connection, token: str) -> uuid.UUID | None:
        """The authorization of one that is in force, or was replaced a moment ago."""
        row = await repository.find(connection, sha256(token), self._now) if _FORM.fullmatch(token) else None
        if row is None or row.expired or (row.replaced_for is not None and row.replaced_for > self._grace):
            return None
        return row.authorization_id

    async def _again(self, connection: Connection, token: str, row: repository.RefreshRow) -> str:
        sequence = await repository.newest(connection, row.authorization_id)
        assert row.replaced_for is not None  # noqa: S101 -- the caller has looked
        # Only a direct successor is known never to have been used.
        allowed = max(self._grace, UNUSED_GRACE) if sequence == row.sequence + 1 else self._grace
        if row.replaced_for > allowed or sequence - row.sequence > _MOST_STEPS:
            raise RefreshReused(row.authorization_id)
        for _ in range(sequence - row.sequence):
            token = await self._known_successor(connection, token)
        return token

    async def _known_successor(self, connection: Connection, token: str) -> str:
        for successor in self._successors(token):
            if await repository.find(connection, sha256(successor), self._now) is not None:
                return successor
        # Made by a process with another key: it, or one that knows both, is asked at the next try.
        raise Unavailable

    @property
    def _now(self) -> ColumnElement[datetime]:
        return database_now(self._clock)

    def _successors(self, token: str) -> list[str]:
        """With each key."""
        digests = [hmac.digest(key, token.encode(), "sha256") for key in self._keys]
        return [PREFIX + base64url(digest) for digest in digests]

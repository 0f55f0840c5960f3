"""A transaction that changes accounts, and who has taken note of it."""

import asyncio
import uuid

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.liveness import repository
from ivgraph_auth.liveness.models import Invalidation


class Confirmations:
    """Which processes have applied an invalidation of ours."""

    def __init__(self) -> None:
        self._by: set[uuid.UUID] = set()
        self._news = asyncio.Event()

    def add(self, process_id: uuid.UUID) -> None:
        self._by.add(process_id)
        self._news.set()

    async def all_of(self, processes: set[uuid.UUID]) -> None:
        while not processes <= self._by:
            self._news.clear()
            await self._news.wait()


class Change:
    """A transaction that changes accounts: every process has taken note of it before its author is answered."""

    def __init__(self, connection: Connection, expected: dict[int, Confirmations]) -> None:
        self.connection = connection
        self.invalidations: list[Invalidation] = []
        self._expected = expected

    async def touches(self, account_id: int) -> None:
        """Role, profile, workspaces, sessions or tokens of this account are not what they were; or an app is not, by
        the number that it has in the cache.
        """
        invalidation = await repository.add(self.connection, account_id)
        # Before the commit: an answer may come before the commit's own.
        self._expected[invalidation.id] = Confirmations()
        self.invalidations.append(invalidation)

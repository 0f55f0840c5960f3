"""Writes down how calls ended, a moment after they did: no answer waits for it. Whatever ends while one batch is on its
way is the next one's. `kill -9` may lose such a moment; what it then leaves is `started`.
"""

import asyncio

import structlog

from ivgraph_auth.audit import repository
from ivgraph_auth.audit.models import Completion
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.errors import DatabaseUnavailable

_log = structlog.get_logger(__name__)
_BATCH = 1000
_MOST_WAITING = 100_000


class Completions:
    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._waiting: list[Completion] = []
        self._writing: asyncio.Task[None] | None = None

    def add(self, completion: Completion) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            _log.error("audit.completion_lost", id=completion.id)
            return
        self._waiting.append(completion)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())

    async def wait_until_written(self) -> None:
        """Everything that was added before has been tried to be written."""
        writing = self._writing
        if writing is not None:
            await asyncio.wait({writing})

    async def flush(self) -> None:
        """At the end of the process. Raises DatabaseUnavailable."""
        await self.wait_until_written()
        while self._waiting:
            await self._write_batch()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._write_batch()
        except DatabaseUnavailable as failure:
            _log.warning("audit.completions_wait", reason=failure.detail)
        finally:
            self._writing = None

    async def _write_batch(self) -> None:
        batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
        try:
            async with self._database.direct() as connection:
                await repository.complete(connection, batch)
        except BaseException:
            self._waiting[:0] = batch
            raise

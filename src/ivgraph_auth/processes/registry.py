"""The processes that serve: who is alive, which keys each has loaded, and who may answer from its cache."""

import uuid
from collections.abc import Sequence
from contextlib import suppress

import structlog
from sqlalchemy.exc import ProgrammingError

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.database.listener import Listener, ListenerLost
from ivgraph_auth.processes import repository
from ivgraph_auth.processes.models import ServingProcess

_log = structlog.get_logger(__name__)
# The second is one whose tables are not there yet.
_NO_DATABASE = (DatabaseUnavailable, ProgrammingError)


class ProcessRegistry:
    """The row of this process, which `Liveness.run` keeps alive, and those of all. `keys` are ids of loaded keys."""

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self.process_id: uuid.UUID = random_uuid()
        self.keys: Sequence[str] = ()
        self._reported = True
        self._withdrawn = False

    async def renew_lease(self, listener: Listener) -> None:
        """For three seconds; with it goes what `report` tells. Raises ListenerLost."""
        if self._withdrawn:
            raise ListenerLost("this process has withdrawn")
        await repository.renew_lease(listener, self.process_id, self.keys)

    async def give_back_lease(self, listener: Listener) -> None:
        """Raises ListenerLost."""
        await repository.give_back_lease(listener, self.process_id)

    async def report(self) -> None:
        """That this process is alive, and has its keys. Without a database it is logged, once."""
        if self._withdrawn:
            return
        try:
            async with self._database.transaction() as connection:
                await repository.report(connection, self.process_id, self.keys)
        except _NO_DATABASE as failure:
            if self._reported:
                _log.warning("process.not_reported", reason=type(failure).__name__)
            self._reported = False
        else:
            self._reported = True

    async def withdraw(self) -> None:
        """At the end of the process. A row that cannot be removed is not alive in 15 seconds."""
        self._withdrawn = True
        with suppress(*_NO_DATABASE):
            async with self._database.transaction() as connection:
                await repository.remove(connection, self.process_id)

    async def living(self) -> list[ServingProcess]:
        """Those seen within 15 seconds. Raises DatabaseUnavailable."""
        async with self._database.read() as connection:
            return await repository.living(connection)

    async def with_lease(self) -> set[uuid.UUID]:
        """Those which may be answering from their caches now. Raises DatabaseUnavailable."""
        async with self._database.read() as connection:
            return await repository.with_lease(connection)

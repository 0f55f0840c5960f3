"""Who has which keys loaded: every serving process reports it, through the normal pool."""

import uuid
from collections.abc import Sequence

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.database.engine import Database
from ivgraph_auth.keys import repository
from ivgraph_auth.keys.models import KeyHolder


class KeyHolders:
    def __init__(self, *, database: Database) -> None:
        self._database = database
        self.process_id: uuid.UUID = random_uuid()

    async def report(self, keys: Sequence[str]) -> None:
        """That it is alive and has these, the one that seals first. Raises DatabaseUnavailable."""
        async with self._database.transaction() as connection:
            await repository.report_holder(connection, self.process_id, keys)

    async def withdraw(self) -> None:
        """At the end of the process. Raises DatabaseUnavailable."""
        async with self._database.transaction() as connection:
            await repository.remove_holder(connection, self.process_id)
            await repository.prune_holders(connection)

    async def living(self) -> list[KeyHolder]:
        """Those seen within 15 seconds."""
        async with self._database.read() as connection:
            return await repository.living_holders(connection)

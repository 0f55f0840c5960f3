"""When something was last used, gathered in memory and written in batches: no answer waits for it."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.errors import DatabaseUnavailable

_Key = TypeVar("_Key", bound=Hashable)
_Use = TypeVar("_Use")


@dataclass(slots=True)
class UsageLog(Generic[_Key, _Use]):
    """`entries` are what is not written yet. `merge` makes one of an older and a newer entry of the same key.

    `kill -9` may lose what was not flushed, and nothing else.
    """

    database: Database
    write: Callable[[Connection, Mapping[_Key, _Use]], Awaitable[None]]
    merge: Callable[[_Use, _Use], _Use] = lambda _, newer: newer
    entries: dict[_Key, _Use] = field(default_factory=dict)

    def add(self, key: _Key, use: _Use) -> None:
        known = self.entries.get(key)
        self.entries[key] = use if known is None else self.merge(known, use)

    async def flush(self) -> None:
        """Raises DatabaseUnavailable; then nothing is lost."""
        written, self.entries = self.entries, {}
        if not written:
            return
        try:
            async with self.database.direct() as connection:
                await self.write(connection, written)
        except DatabaseUnavailable:
            newer, self.entries = self.entries, written
            for key, use in newer.items():
                self.add(key, use)
            raise

"""`keys rewrap`: every stored record sealed anew with the current key, while everything goes on."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ivgraph_auth.database.engine import Database
from ivgraph_auth.keys import sealed_rows_repository as sealed_rows
from ivgraph_auth.keys.errors import KeysAwayError, RewrapRefused
from ivgraph_auth.keys.models import RowId, SealedRow, SealedTable
from ivgraph_auth.keys.service import KeyService
from ivgraph_auth.keys.verification import KeyVerifier
from ivgraph_auth.processes.registry import ProcessRegistry

_BATCH = 200
_AT_ONCE = 8
# What changes under it is sealed with the current key by whoever changes it, so one more look is usually enough.
_PASSES = 3
Say = Callable[[str], None]


@dataclass
class _Progress:
    """`left` are ids of rows that do not open."""

    table: SealedTable
    total: int
    done: int = 0
    left: set[RowId] = field(default_factory=set)


class Rewrap:
    def __init__(
        self,
        *,
        database: Database,
        keys: KeyService,
        verifier: KeyVerifier,
        processes: ProcessRegistry,
        tables: Sequence[SealedTable],
    ) -> None:
        self._database = database
        self._keys = keys
        self._verifier = verifier
        self._processes = processes
        self._tables = tables

    async def run(self, say: Say) -> bool:
        """True with the proof that no row needs any key but the current one. To be run again after any stop.

        Raises RewrapRefused before anything is changed, CredentialUnavailable, DatabaseUnavailable.
        """
        key_id = (await self._verifier.verify_current()).key_id
        await self._refuse_what_others_cannot_open(key_id)
        clean = True
        for table in self._tables:
            clean = await self._table(table, key_id, say) and clean
        say(f"Every row is sealed with key {key_id!r}." if clean else "Not every row is. Run it again when mended.")
        return clean

    async def _refuse_what_others_cannot_open(self, key_id: str) -> None:
        family = self._keys.family_of(key_id)
        lacking = [str(process.id) for process in await self._processes.living() if family not in process.keys]
        if lacking:
            raise RewrapRefused(f"Key {family!r} is not loaded yet by: {', '.join(lacking)}. Wait, or restart them.")

    async def _table(self, table: SealedTable, key_id: str, say: Say) -> bool:
        progress = _Progress(table, await self._beside(table, key_id))
        left = progress.total
        for _ in range(_PASSES):
            if left == 0:
                break
            await self._pass(progress, key_id, say)
            left = await self._beside(table, key_id)
            if left == len(progress.left):
                break
        say(f"{table.table.name}: {progress.done} sealed anew, {left} left")
        for row_id in sorted(progress.left, key=str):
            say(f"{table.table.name} {_format(row_id)} does not open, and was left as it is")
        return left == 0

    async def _pass(self, progress: _Progress, key_id: str, say: Say) -> None:
        progress.left.clear()
        after = None
        while True:
            async with self._database.read() as connection:
                rows = await sealed_rows.batch_beside(connection, progress.table, key_id, after, _BATCH)
            if not rows:
                return
            for start in range(0, len(rows), _AT_ONCE):
                await self._at_once(progress, rows[start : start + _AT_ONCE], key_id)
            after = rows[-1].id
            say(f"{progress.table.table.name}: {progress.done} of {progress.total}")

    async def _at_once(self, progress: _Progress, rows: Sequence[SealedRow], key_id: str) -> None:
        """Each is brought to its end, whatever becomes of another."""
        ends = await asyncio.gather(*(self._row(progress, row, key_id) for row in rows), return_exceptions=True)
        for end in ends:
            if isinstance(end, KeysAwayError):
                raise RewrapRefused(f"Stopped on the way. {end.says}. {end.fix} Then run it again.") from end
            if end:
                raise end

    async def _row(self, progress: _Progress, row: SealedRow, key_id: str) -> None:
        after = await self._keys.reseal(row.sealed, row.identity, key_id)
        if after is None:
            progress.left.add(row.id)
            return
        # A statement on its own: holding more than one row could keep a consent waiting, and it us.
        async with self._database.transaction() as connection:
            if await sealed_rows.swap(connection, progress.table, row, after, key_id):
                progress.done += 1

    async def _beside(self, table: SealedTable, key_id: str) -> int:
        async with self._database.read() as connection:
            return await sealed_rows.count_beside(connection, table, key_id)


def _format(row_id: RowId) -> str:
    return row_id.hex() if isinstance(row_id, bytes) else str(row_id)

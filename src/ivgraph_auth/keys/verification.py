"""The encryption keys, held against what they have sealed: nothing is sealed with a key that may be the wrong one."""

from collections.abc import Collection, Sequence

import structlog

from ivgraph_auth.database.engine import Database
from ivgraph_auth.keys import repository
from ivgraph_auth.keys import sealed_rows_repository as sealed_rows
from ivgraph_auth.keys.errors import CredentialUnavailable, KeysAwayError
from ivgraph_auth.keys.models import CurrentKey, KeyProblem, KeyStates, KeyUse, SealedTable
from ivgraph_auth.keys.service import KeyService

_log = structlog.get_logger(__name__)
_BATCH = 500
_NOT_STORED = "No Notion credential can be stored now. Whoever runs this service must look at its keys."
_PUT_BACK = "Put back into IVGRAPH_ENCRYPTION_KEYS the key that had this id, and give a new key a new id."
_BRING_BACK = (
    "Bring back the transit key that had this name, from the backup of Vault, or name the right Vault and key."
)
_ADD = "Put that key back into IVGRAPH_ENCRYPTION_KEYS, behind the first."
_ADD_TRANSIT = "Set IVGRAPH_VAULT_ADDR, IVGRAPH_VAULT_TOKEN and IVGRAPH_VAULT_TRANSIT_KEY to what they were."


class KeyVerifier:
    def __init__(self, *, database: Database, keys: KeyService, tables: Sequence[SealedTable]) -> None:
        self._database = database
        self._keys = keys
        self._tables = tables
        self._proven: CurrentKey | None = None

    def with_keys(self, keys: KeyService) -> "KeyVerifier":
        """As if the keys were these."""
        return KeyVerifier(database=self._database, keys=keys, tables=self._tables)

    async def problems(self) -> list[KeyProblem]:
        """What is wrong with the keys here, or why they cannot be asked. Changes nothing."""
        try:
            return await self._problems(await self.states())
        except KeysAwayError as away:
            return [KeyProblem(away.says, away.fix)]

    async def accept(self) -> list[KeyProblem]:
        """As `problems`. When there are none, the keys that are new here are remembered."""
        try:
            states = await self.states()
            problems = await self._problems(states)
            if problems or not (states.new or states.renewed):
                return problems
            await self._remember([*states.new, *states.renewed])
        except KeysAwayError as away:
            return [KeyProblem(away.says, away.fix)]
        # Another process may have been first, with another key under the same id.
        return await self.problems()

    async def verify_current(self) -> CurrentKey:
        """Proves that the current key is the one known by its id, and has it known from now on. Asks the database until
        that has succeeded once. Raises CredentialUnavailable, for which the operator finds the reason in the log.
        """
        try:
            current = await self._keys.current()
            if current == self._proven:
                return current
            problem = await self._prove(current.key_id)
        except KeysAwayError as away:
            _log.error("keys.away", reason=away.says, hint=away.fix)
            raise CredentialUnavailable(_NOT_STORED) from away
        if problem:
            _log.error("keys.wrong", reason=problem.says, hint=problem.fix)
            raise CredentialUnavailable(_NOT_STORED)
        self._proven = current
        return current

    async def states(self) -> KeyStates:
        """Raises KeysAwayError."""
        async with self._database.read() as connection:
            checks = await repository.checks(connection)
        return await self._keys.states(checks)

    async def uses(self) -> list[KeyUse]:
        found: list[KeyUse] = []
        for table in self._tables:
            async with self._database.read() as connection:
                found += await sealed_rows.uses(connection, table)
        return found

    async def _missing(self) -> dict[str, KeyProblem]:
        """Keys that are not here, and rows need them."""
        missing: dict[str, list[str]] = {}
        for use in sorted(await self.uses(), key=lambda use: use.key_id):
            if not self._keys.holds(use.key_id):
                missing.setdefault(use.key_id, []).append(use.rows)
        return {key_id: _missing_problem(key_id, " and ".join(rows)) for key_id, rows in missing.items()}

    async def unfit(self) -> dict[str, KeyProblem]:
        """As `problems`, of the keyring alone and by the stored checks: what speaks against taking it over, by key."""
        async with self._database.read() as connection:
            checks = await repository.checks(connection)
        wrong = await self._keys.wrong_locally(checks)
        return {key_id: _wrong_problem(key_id, _PUT_BACK) for key_id in wrong} | await self._missing()

    async def _prove(self, key_id: str) -> KeyProblem | None:
        states = await self.states()
        problem = await self._problem(key_id, states)
        if problem is None and key_id in (*states.new, *states.renewed):
            await self._remember([key_id])
            # As in `accept`.
            problem = await self._problem(key_id, await self.states())
        return problem

    async def _problems(self, states: KeyStates) -> list[KeyProblem]:
        judged = (*states.wrong, *states.new)
        found = [problem for key_id in judged if (problem := await self._problem(key_id, states))]
        return [*found, *(await self._missing()).values()]

    async def _problem(self, key_id: str, states: KeyStates) -> KeyProblem | None:
        family = self._keys.family_of(key_id)
        put_back = _BRING_BACK if family != key_id else _PUT_BACK
        if family in map(self._keys.family_of, states.wrong):
            return _wrong_problem(family, put_back)
        if key_id in states.new and not await self._opens_all(key_id):
            return KeyProblem(f"Encryption key {key_id!r} does not open all that was encrypted under this id", put_back)
        return None

    async def _opens_all(self, key_id: str) -> bool:
        """All there is, for without a check two keys may have been used under one id."""
        for table in self._tables:
            after = None
            while True:
                async with self._database.read() as connection:
                    batch = await sealed_rows.batch_under(connection, table, key_id, after, _BATCH)
                for row in batch:
                    if not await self._keys.opens(row.sealed, row.identity):
                        return False
                if len(batch) < _BATCH:
                    break
                after = batch[-1].id
        return True

    async def _remember(self, key_ids: Collection[str]) -> None:
        checks = await self._keys.make_checks(key_ids)
        async with self._database.transaction() as connection:
            await self._keys.remember(connection, checks)


def _wrong_problem(key_id: str, fix: str) -> KeyProblem:
    return KeyProblem(f"Encryption key {key_id!r} is not the key that was used under this id before", fix)


def _missing_problem(key_id: str, rows: str) -> KeyProblem:
    fix = _ADD_TRANSIT if key_id.startswith("transit:") else _ADD
    return KeyProblem(f"Encryption key {key_id!r} is not set, and {rows} cannot be opened without it", fix)

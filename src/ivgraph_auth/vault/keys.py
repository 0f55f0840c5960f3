"""The encryption keys, held against what they have sealed: nothing is sealed with a key that may be the wrong one."""

from collections.abc import Sequence

import structlog

from ivgraph_auth.core.database import Database
from ivgraph_auth.keys.models import KeyStates
from ivgraph_auth.keys.service import KeyService
from ivgraph_auth.vault import repository
from ivgraph_auth.vault.errors import CredentialUnavailable
from ivgraph_auth.vault.models import KeyProblem

_log = structlog.get_logger(__name__)
_BATCH = 500
_NOT_STORED = "No Notion credential can be stored now. Whoever runs this service must look at its keys."
_PUT_BACK = "Put back into IVGRAPH_ENCRYPTION_KEYS the key that had this id, and give a new key a new id."
_ADD = "Put that key back into IVGRAPH_ENCRYPTION_KEYS, behind the first."


class VaultKeys:
    def __init__(self, *, database: Database, keys: KeyService) -> None:
        self._database = database
        self._keys = keys
        self._proven = False

    async def problems(self) -> list[KeyProblem]:
        """What is wrong with the keyring here. Changes nothing."""
        return await self._problems(await self._states())

    async def accept(self) -> list[KeyProblem]:
        """As `problems`. When there are none, the keys that are new here are remembered."""
        states = await self._states()
        problems = await self._problems(states)
        if problems or not states.new:
            return problems
        await self._remember(states.new)
        # Another process may have been first, with another key under the same id.
        return await self.problems()

    async def prove(self) -> None:
        """Proves that the current key is the one known by its id, and has it known from now on. Asks the database until
        that has succeeded once. Raises CredentialUnavailable, which the operator finds in the log.
        """
        if self._proven:
            return
        current = self._keys.current
        states = await self._states()
        problem = await self._problem(current, states)
        if problem is None and current in states.new:
            await self._remember([current])
            # As in `accept`.
            problem = await self._problem(current, await self._states())
        if problem:
            _log.error("keys.wrong", reason=problem.says, hint=problem.fix)
            raise CredentialUnavailable(_NOT_STORED)
        self._proven = True

    async def _problems(self, states: KeyStates) -> list[KeyProblem]:
        found = [problem for key_id in self._keys.ids if (problem := await self._problem(key_id, states))]
        async with self._database.read() as connection:
            missing = await repository.sealed_without(connection, self._keys.ids)
        return found + [_missing(key_id, count) for key_id, count in missing.items()]

    async def _problem(self, key_id: str, states: KeyStates) -> KeyProblem | None:
        if key_id in states.wrong:
            return KeyProblem(f"Encryption key {key_id!r} is not the key that was used under this id before", _PUT_BACK)
        if key_id in states.new and not await self._opens_all(key_id):
            return KeyProblem(
                f"Encryption key {key_id!r} does not open all that was encrypted under this id", _PUT_BACK
            )
        return None

    async def _opens_all(self, key_id: str) -> bool:
        """All there is, for without a check two keys may have been used under one id."""
        after = 0
        while True:
            async with self._database.read() as connection:
                batch = await repository.sealed_under(connection, key_id, after, _BATCH)
            if not all(self._keys.opens(key_id, grant.sealed, grant.key.identity) for grant in batch):
                return False
            if len(batch) < _BATCH:
                return True
            after = batch[-1].id

    async def _states(self) -> KeyStates:
        async with self._database.read() as connection:
            return await self._keys.states(connection)

    async def _remember(self, key_ids: Sequence[str]) -> None:
        async with self._database.transaction() as connection:
            await self._keys.remember(connection, key_ids)


def _missing(key_id: str, count: int) -> KeyProblem:
    connections = "1 connection" if count == 1 else f"{count} connections"
    return KeyProblem(f"Encryption key {key_id!r} is not set, and {connections} cannot be opened without it", _ADD)

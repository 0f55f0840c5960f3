from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.database import Database
from ivgraph_auth.core.sealing import CannotOpenError, Keyring
from ivgraph_auth.keys import repository

_KNOWN = b"ivgraph-auth key check"


class KeyService:
    """Notices a wrong or missing encryption key before a credential is met by it."""

    def __init__(self, *, database: Database, clock: Clock, keyring: Keyring) -> None:
        self._database = database
        self._clock = clock
        self._keyring = keyring

    async def wrong_keys(self) -> list[str]:
        """Ids of keys in the keyring that are not the keys known by these ids. Remembers those seen first."""
        async with self._database.read() as connection:
            known = await repository.checks(connection)
        unknown = [key_id for key_id in self._keyring.keys if key_id not in known]
        if unknown:
            known |= await self._remember(unknown)
        return [key_id for key_id in self._keyring.keys if not self._opens(key_id, known[key_id])]

    async def _remember(self, key_ids: list[str]) -> dict[str, bytes]:
        async with self._database.transaction() as connection:
            for key_id in key_ids:
                sealed = self._only(key_id).seal(_KNOWN, _identity(key_id))
                await repository.add_check(connection, key_id, sealed, self._clock.now())
            return await repository.checks(connection)

    def _opens(self, key_id: str, sealed: bytes) -> bool:
        try:
            return self._only(key_id).open(sealed, _identity(key_id)) == _KNOWN
        except CannotOpenError:
            return False

    def _only(self, key_id: str) -> Keyring:
        return Keyring({key_id: self._keyring.keys[key_id]})


def _identity(key_id: str) -> str:
    return f"key_check:{key_id}"

from collections.abc import Collection, KeysView

from sqlalchemy.ext.asyncio import AsyncConnection

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.sealing import CannotOpenError, Keyring
from ivgraph_auth.keys import repository
from ivgraph_auth.keys.models import KeyStates

_KNOWN = b"ivgraph-auth key check"


class KeyService:
    """Tells by the stored checks whether keys are those known by their ids. What they have sealed it does not know."""

    def __init__(self, *, clock: Clock, keyring: Keyring) -> None:
        self._clock = clock
        self._keyring = keyring

    @property
    def current(self) -> str:
        return self._keyring.current

    @property
    def ids(self) -> KeysView[str]:
        return self._keyring.keys.keys()

    async def states(self, connection: AsyncConnection) -> KeyStates:
        checks = await repository.checks(connection)
        known = [key_id for key_id in self.ids if key_id in checks]
        right = [key_id for key_id in known if self.opens(key_id, checks[key_id], _identity(key_id))]
        return KeyStates(
            right=right,
            wrong=[key_id for key_id in known if key_id not in right],
            new=[key_id for key_id in self.ids if key_id not in checks],
            dropped=sorted(checks.keys() - self.ids),
        )

    async def remember(self, connection: AsyncConnection, key_ids: Collection[str]) -> None:
        """Stores checks for keys that have none. Another process may be first, with another key: ask `states` again."""
        for key_id in key_ids:
            sealed = self._only(key_id).seal(_KNOWN, _identity(key_id))
            await repository.add_check(connection, key_id, sealed, self._clock.now())

    def opens(self, key_id: str, sealed: bytes, identity: str) -> bool:
        try:
            self._only(key_id).open(sealed, identity)
        except CannotOpenError:
            return False
        return True

    def _only(self, key_id: str) -> Keyring:
        return Keyring({key_id: self._keyring.keys[key_id]})


def _identity(key_id: str) -> str:
    return f"key_check:{key_id}"

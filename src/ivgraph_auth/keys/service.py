from collections.abc import Collection, Mapping, Sequence

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.sealing import CannotOpenError, Envelope, Keyring, sealed_with
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.keys import repository
from ivgraph_auth.keys.keyring import LocalKeys
from ivgraph_auth.keys.models import CurrentKey, KeyEncryption, KeyStates
from ivgraph_auth.keys.transit import Transit

_KNOWN = b"ivgraph-auth key check"


class KeyService:
    """The keys that are here: a keyring, a transit key, or both; the transit key seals then, and the keyring opens.

    It tells by the stored checks whether keys are those known by their ids. What they have sealed it does not know.
    Everything asynchronous may wait for the network, and raises KeysAwayError.
    """

    def __init__(self, *, clock: Clock, keyring: Keyring | None, transit: Transit | None = None) -> None:
        self._clock = clock
        self.local = LocalKeys(keyring) if keyring else None
        self.transit = transit

    @property
    def held(self) -> Sequence[str]:
        """Ids of keys, the one that seals first. A transit key goes by its name, without a version."""
        return [self.transit.family, *self._local_ids] if self.transit else self._local_ids

    def holds(self, key_id: str) -> bool:
        return self.family_of(key_id) in self.held

    def family_of(self, key_id: str) -> str:
        """As the key is named in `held`."""
        versioned = self.transit is not None and self.transit.version_of(key_id) is not None
        return self.transit.family if self.transit and versioned else key_id

    def with_keyring(self, keyring: Keyring) -> "KeyService":
        """As if the keyring were this one."""
        return KeyService(clock=self._clock, keyring=keyring, transit=self.transit)

    def become(self, other: "KeyService") -> None:
        self.local, self.transit = other.local, other.transit

    async def current(self) -> CurrentKey:
        return await self._sealing.current()

    async def envelope(self, identity: str, key_id: str) -> Envelope:
        """Made ready to seal one record without asking anybody."""
        return await self._of(key_id).envelope(identity, key_id)

    async def seal(self, plaintext: bytes, identity: str, key_id: str) -> bytes:
        return (await self.envelope(identity, key_id)).seal(plaintext)

    async def open(self, sealed: bytes, identity: str) -> bytes:
        """Raises CannotOpenError."""
        return await self._of(sealed_with(sealed)).open(sealed, identity)

    async def opens(self, sealed: bytes, identity: str) -> bool:
        try:
            await self.open(sealed, identity)
        except CannotOpenError:
            return False
        return True

    async def reseal(self, sealed: bytes, identity: str, key_id: str) -> bytes | None:
        """The same record, sealed with this key. None when it does not open."""
        try:
            plaintext = await self.open(sealed, identity)
        except CannotOpenError:
            return None
        return await self.seal(plaintext, identity, key_id)

    async def states(self, checks: Mapping[str, bytes]) -> KeyStates:
        """Of the keys here, by these checks."""
        known = [key_id for key_id in self._local_ids if key_id in checks]
        new = [key_id for key_id in self._local_ids if key_id not in checks]
        renewed: list[str] = []
        wrong = await self.wrong_locally(checks)
        if self.transit:
            current = (await self.transit.current()).key_id
            newest = self._newest_version(checks)
            known += [newest] if newest else []
            wrong += [newest] if newest and not await self._is_right(newest, checks[newest]) else []
            if current not in checks:
                (renewed if newest else new).append(current)
        return KeyStates(
            right=[key_id for key_id in known if key_id not in wrong],
            wrong=wrong,
            new=new,
            renewed=renewed,
            dropped=sorted(key_id for key_id in checks if not self.holds(key_id)),
        )

    async def wrong_locally(self, checks: Mapping[str, bytes]) -> list[str]:
        """Keys of the keyring that do not open the check under their id."""
        known = [key_id for key_id in self._local_ids if key_id in checks]
        return [key_id for key_id in known if not await self._is_right(key_id, checks[key_id])]

    async def make_checks(self, key_ids: Collection[str]) -> dict[str, bytes]:
        return {key_id: await self.seal(_KNOWN, _identity(key_id), key_id) for key_id in key_ids}

    async def remember(self, connection: Connection, checks: Mapping[str, bytes]) -> None:
        """Stores checks for keys that have none. Another process may be first, with another key: ask `states` again."""
        for key_id, sealed in checks.items():
            await repository.add_check(connection, key_id, sealed, self._clock.now())

    def _newest_version(self, checks: Mapping[str, bytes]) -> str | None:
        """Older versions may have been given up at the engine."""
        transit = self.transit
        versions = {transit.version_of(key_id): key_id for key_id in checks} if transit else {}
        return versions[max(found)] if (found := [version for version in versions if version is not None]) else None

    async def _is_right(self, key_id: str, check: bytes) -> bool:
        return sealed_with(check) == key_id and await self.opens(check, _identity(key_id))

    @property
    def _local_ids(self) -> list[str]:
        return list(self.local.keyring.keys) if self.local else []

    @property
    def _sealing(self) -> KeyEncryption:
        found = self.transit or self.local
        assert found  # noqa: S101 -- one of them is given
        return found

    def _of(self, key_id: str) -> KeyEncryption:
        """Of a key that nobody has, whoever is asked says so."""
        versioned = self.transit is not None and self.transit.version_of(key_id) is not None
        return self._sealing if versioned else self.local or self._sealing


def _identity(key_id: str) -> str:
    return f"key_check:{key_id}"

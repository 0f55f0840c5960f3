import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivgraph_auth.core.sealing import Envelope


@dataclass(frozen=True, slots=True)
class CurrentKey:
    """`fingerprint` differs when another key has come to bear the same id."""

    key_id: str
    fingerprint: bytes = field(repr=False)


class KeyEncryption(Protocol):
    """Key-encryption keys, wherever they are. Every method may wait for the network, and raises KeysAwayError."""

    async def current(self) -> CurrentKey:
        """The one that seals."""
        ...

    async def envelope(self, identity: str, key_id: str) -> Envelope:
        """For one record. Raises CannotOpenError when the key is not here."""
        ...

    async def open(self, sealed: bytes, identity: str) -> bytes:
        """Raises CannotOpenError."""
        ...


@dataclass(frozen=True, slots=True)
class KeyStates:
    """Ids of keys: those that are here by what their stored check says, and those with a check that are not here.

    `renewed` is a version without a check of a transit key that has one; it is as right or wrong as that one is.
    """

    right: Sequence[str]
    wrong: Sequence[str]
    new: Sequence[str]
    renewed: Sequence[str]
    dropped: Sequence[str]


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A serving process and the keys it has loaded: the one that seals is first. A transit key is its family."""

    process_id: uuid.UUID
    keys: Sequence[str]
    seconds_ago: int

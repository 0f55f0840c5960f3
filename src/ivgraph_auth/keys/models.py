from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Column, Table

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
class KeyProblem:
    """For whoever runs the service. `fix` is a sentence; `says` is one without its full stop."""

    says: str
    fix: str


RowId = Any  # whatever the table's primary key holds


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with sealed rows, as rewrapping and looking at keys need it. `app/sealed.py` lists them.

    `identity` tells from the columns `bound_to` of a row, by name, what its ciphertext is bound to.
    `key_id` is the column that repeats which key sealed the row, with an index. `row` is what people call one.
    """

    table: Table
    row: str
    id: Column[Any]
    sealed: Column[bytes]
    key_id: Column[str]
    bound_to: tuple[Column[Any], ...]
    identity: Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class SealedRow:
    id: RowId
    sealed: bytes = field(repr=False)
    identity: str


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How many rows of one table are sealed with one key."""

    key_id: str
    row: str
    count: int

    @property
    def rows(self) -> str:
        return f"1 {self.row}" if self.count == 1 else f"{self.count} {self.row}s"

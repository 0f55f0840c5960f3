"""Envelope encryption: AES-256-GCM with a random data key per record, itself wrapped by a key-encryption key.

Layout of a sealed record: layout (1 byte), length of the key id (1), key id, wrapped data key, nonce (12), ciphertext.
Under layout 1 the wrapped data key is a nonce and 48 bytes, under layout 2 two bytes of length and so many bytes.
Layout, key id and the row's identity are authenticated with both layers, so a record that is moved to another row, or
relabelled with another key, does not open.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivgraph_auth.core.secrets import random_bytes

KEY_BYTES = 32
LOCAL_LAYOUT, REMOTE_LAYOUT = 1, 2
_NONCE = 12
_WRAPPED = _NONCE + KEY_BYTES + 16


class CannotOpenError(Exception):
    """The record was sealed with a key that is not here, or it is not the record that was sealed."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Key-encryption keys by id. The first one seals; every one opens."""

    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.keys)})"

    @property
    def current(self) -> str:
        return next(iter(self.keys))

    def envelope(self, identity: str) -> "Envelope":
        """`identity` names the row, and must be given again to open the record."""
        head = header(LOCAL_LAYOUT, self.current)
        data_key, nonce = random_bytes(KEY_BYTES), random_bytes(_NONCE)
        wrapped = AESGCM(self.keys[self.current]).encrypt(nonce, data_key, head + identity.encode())
        return Envelope(head + nonce + wrapped, data_key, head + identity.encode())

    def seal(self, plaintext: bytes, identity: str) -> bytes:
        return self.envelope(identity).seal(plaintext)

    def open(self, sealed: bytes, identity: str) -> bytes:
        record = parse(sealed)
        key = self.keys.get(record.key_id)
        if key is None or record.layout != LOCAL_LAYOUT:
            raise CannotOpenError(f"No key {record.key_id!r} in the keyring.")
        nonce, wrapped = record.wrapped[:_NONCE], record.wrapped[_NONCE:]
        try:
            data_key = AESGCM(key).decrypt(nonce, wrapped, record.bound(identity))
        except (InvalidTag, ValueError):
            raise does_not_open(record.key_id) from None
        return record.decrypt(data_key, identity)


@dataclass(frozen=True, slots=True, repr=False)
class Envelope:
    """A fresh data key that is wrapped already: nobody need be asked any more to seal with it. For one record."""

    start: bytes
    data_key: bytes
    bound: bytes

    def seal(self, plaintext: bytes) -> bytes:
        nonce = random_bytes(_NONCE)
        return self.start + nonce + AESGCM(self.data_key).encrypt(nonce, plaintext, self.bound)


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """A sealed record taken apart."""

    head: bytes
    key_id: str
    wrapped: bytes
    encrypted: bytes

    @property
    def layout(self) -> int:
        return self.head[0]

    def bound(self, identity: str) -> bytes:
        """What both layers authenticate."""
        return self.head + identity.encode()

    def decrypt(self, data_key: bytes, identity: str) -> bytes:
        """Raises CannotOpenError."""
        nonce, ciphertext = self.encrypted[:_NONCE], self.encrypted[_NONCE:]
        try:
            return AESGCM(data_key).decrypt(nonce, ciphertext, self.bound(identity))
        except (InvalidTag, ValueError):
            raise does_not_open(self.key_id) from None


def parse(sealed: bytes) -> Record:
    """Raises CannotOpenError for a layout that is not known."""
    key_id = sealed_with(sealed)
    head, rest = sealed[: 2 + sealed[1]], sealed[2 + sealed[1] :]
    length = _WRAPPED
    if head[0] == REMOTE_LAYOUT:
        length, rest = int.from_bytes(rest[:2]), rest[2:]
    return Record(head, key_id, rest[:length], rest[length:])


def sealed_with(sealed: bytes) -> str:
    """The id of the key that sealed the record."""
    if len(sealed) < 2 or sealed[0] not in (LOCAL_LAYOUT, REMOTE_LAYOUT):  # noqa: PLR2004 -- layout and length byte
        raise CannotOpenError("The record has a layout this version does not know.")
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def header(layout: int, key_id: str) -> bytes:
    name = key_id.encode("ascii")
    return bytes((layout, len(name))) + name


def does_not_open(key_id: str) -> CannotOpenError:
    return CannotOpenError(f"The record does not open with key {key_id!r}.")

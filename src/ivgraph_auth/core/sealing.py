"""Envelope encryption: AES-256-GCM with a random data key per record, itself wrapped by a key-encryption key.

Layout of a sealed record: version (1 byte), length of the key id (1), key id, nonce (12), wrapped data key (48),
nonce (12), ciphertext. Version, key id and the row's identity are authenticated with both layers, so a record that is
moved to another row, or relabelled with another key, does not open.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivgraph_auth.core.secrets import random_bytes

KEY_BYTES = 32
_VERSION = 1
_NONCE = 12
_WRAPPED = KEY_BYTES + 16


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

    def seal(self, plaintext: bytes, identity: str) -> bytes:
        """`identity` names the row, and must be given again to open the record."""
        key_id = self.current
        header = _header(key_id)
        bound = header + identity.encode()
        data_key, wrap_nonce, nonce = random_bytes(KEY_BYTES), random_bytes(_NONCE), random_bytes(_NONCE)
        wrapped = AESGCM(self.keys[key_id]).encrypt(wrap_nonce, data_key, bound)
        return header + wrap_nonce + wrapped + nonce + AESGCM(data_key).encrypt(nonce, plaintext, bound)

    def open(self, sealed: bytes, identity: str) -> bytes:
        key_id = sealed_with(sealed)
        key = self.keys.get(key_id)
        if key is None:
            raise CannotOpenError(f"No key {key_id!r} in the keyring.")
        header = _header(key_id)
        bound = header + identity.encode()
        rest = sealed[len(header) :]
        wrap_nonce, wrapped = rest[:_NONCE], rest[_NONCE : _NONCE + _WRAPPED]
        nonce, ciphertext = rest[_NONCE + _WRAPPED : 2 * _NONCE + _WRAPPED], rest[2 * _NONCE + _WRAPPED :]
        try:
            data_key = AESGCM(key).decrypt(wrap_nonce, wrapped, bound)
            return AESGCM(data_key).decrypt(nonce, ciphertext, bound)
        except (InvalidTag, ValueError):
            raise CannotOpenError(f"The record does not open with key {key_id!r}.") from None


def sealed_with(sealed: bytes) -> str:
    """The id of the key that sealed the record."""
    if len(sealed) < 2 or sealed[0] != _VERSION:  # noqa: PLR2004 -- version and length byte
        raise CannotOpenError("The record has a layout this version does not know.")
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def _header(key_id: str) -> bytes:
    name = key_id.encode("ascii")
    return bytes((_VERSION, len(name))) + name

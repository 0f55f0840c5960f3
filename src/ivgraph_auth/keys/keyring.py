"""Key-encryption keys that are given to us: how they are written, and how they seal."""

import base64
import re

from ivgraph_auth.core.environment import split_list
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.sealing import KEY_BYTES, CannotOpenError, Envelope, Keyring
from ivgraph_auth.core.secrets import base64url, random_bytes, sha256
from ivgraph_auth.keys.models import CurrentKey

_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SETTING = "IVGRAPH_ENCRYPTION_KEYS"


class LocalKeys:
    """KeyEncryption with a keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    async def current(self) -> CurrentKey:
        key_id = self.keyring.current
        return CurrentKey(key_id, sha256(self.keyring.keys[key_id].hex()))

    async def envelope(self, identity: str, key_id: str) -> Envelope:
        if key_id not in self.keyring.keys:
            raise CannotOpenError(f"No key {key_id!r} in the keyring.")
        return Keyring({key_id: self.keyring.keys[key_id]}).envelope(identity)

    async def open(self, sealed: bytes, identity: str) -> bytes:
        return self.keyring.open(sealed, identity)


def parse_keyring(text: str) -> Keyring:
    """`id:base64key[,id:base64key…]`, 32 bytes each, standard or URL-safe base64. Raises ConfigurationError."""
    keys: dict[str, bytes] = {}
    for position, item in enumerate(split_list(text), start=1):
        key_id, _, encoded = item.partition(":")
        if not _KEY_ID.fullmatch(key_id) or key_id in keys:
            raise ConfigurationError(f"{_SETTING}: entry {position} needs an id of its own, written id:base64key.")
        keys[key_id] = _decode(encoded, position)
    if not keys:
        raise ConfigurationError(f"{_SETTING} holds no key.")
    return Keyring(keys)


def generate_key(key_id: str) -> str:
    """One entry for the setting."""
    return f"{key_id}:{base64url(random_bytes(KEY_BYTES))}"


def add_last(text: str, entry: str) -> str:
    """The setting's value with one more entry."""
    return ",".join([*split_list(text), entry])


def put_first(text: str, key_id: str) -> str:
    """The setting's value with this key as the one that seals."""
    return ",".join(sorted(split_list(text), key=lambda entry: entry.partition(":")[0] != key_id))


def _decode(encoded: str, position: int) -> bytes:
    unpadded = encoded.strip().rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        key = base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{_SETTING}: the key of entry {position} is not {KEY_BYTES} bytes in base64.")
    return key

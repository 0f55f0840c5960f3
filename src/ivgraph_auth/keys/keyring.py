"""Where key-encryption keys come from."""

import base64
import binascii
import re

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.sealing import KEY_BYTES, Keyring
from ivgraph_auth.core.secrets import random_bytes

_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SETTING = "IVGRAPH_ENCRYPTION_KEYS"


def parse_keyring(text: str) -> Keyring:
    """`id:base64key[,id:base64key…]`, 32 bytes each, standard or URL-safe base64. Raises ConfigurationError."""
    keys: dict[str, bytes] = {}
    for position, item in enumerate(filter(None, (piece.strip() for piece in text.split(","))), start=1):
        key_id, _, encoded = item.partition(":")
        if not _KEY_ID.fullmatch(key_id) or key_id in keys:
            raise ConfigurationError(f"{_SETTING}: entry {position} needs an id of its own, written id:base64key.")
        keys[key_id] = _decode(encoded, position)
    if not keys:
        raise ConfigurationError(f"{_SETTING} holds no key.")
    return Keyring(keys)


def generate_key(key_id: str) -> str:
    """One entry for the setting."""
    return f"{key_id}:{base64.urlsafe_b64encode(random_bytes(KEY_BYTES)).decode().rstrip('=')}"


def _decode(encoded: str, position: int) -> bytes:
    unpadded = encoded.strip().rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        key = base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{_SETTING}: the key of entry {position} is not {KEY_BYTES} bytes in base64.")
    return key

"""Opaque cursors, bound to who asked and what was asked."""

import base64
import binascii
import hashlib
import hmac

from ivgraph_auth.core.errors import InvalidRequest

_TAG_BYTES = 16


class CursorNotValid(InvalidRequest):
    code = "invalid_cursor"
    detail = "This cursor belongs to another list or caller. Start again without it."


class Cursors:
    def __init__(self, secret_key: str) -> None:
        self._key = hmac.digest(secret_key.encode(), b"ivgraph-auth cursors", "sha256")

    def issue(self, binding: str, position: str) -> str:
        """`binding` names the caller and the query; `position` is where the next page starts."""
        raw = self._tag(binding, position) + position.encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def open(self, binding: str, cursor: str) -> str:
        try:
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            tag, position = raw[:_TAG_BYTES], raw[_TAG_BYTES:].decode()
        except (ValueError, binascii.Error):
            raise CursorNotValid from None
        if not hmac.compare_digest(tag, self._tag(binding, position)):
            raise CursorNotValid
        return position

    def _tag(self, binding: str, position: str) -> bytes:
        message = f"{len(binding)}:{binding}{position}".encode()
        return hmac.new(self._key, message, hashlib.sha256).digest()[:_TAG_BYTES]

"""What we hand out and want back unchanged: signed, under a key for each purpose, and readable by whoever has it."""

import base64
import hmac
from collections.abc import Sequence

from jwt.types import Options

from ivgraph_auth.core.secrets import Secret, base64url, same

_TAG_BYTES = 32


# For PyJWT: what a token says is looked at by whoever reads it.
SIGNATURE_ALONE: Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class BadSignature(ValueError):
    """Not of our making, or of another purpose."""


class Signer:
    """HMAC-SHA256. The first of `keys` signs, all of them verify."""

    def __init__(self, keys: Sequence[Secret], purpose: str, *, tag_bytes: int = _TAG_BYTES) -> None:
        # A key of its own for each purpose: what was signed for one is worth nothing for another.
        self._keys = [hmac.digest(key.reveal().encode(), purpose.encode(), "sha256") for key in keys]
        self._tag_bytes = tag_bytes

    def tag(self, content: bytes) -> bytes:
        return self._tag(self._keys[0], content)

    def sign(self, content: bytes, *, bound_to: str = "") -> str:
        """Base64url. What it is bound to is not in it, and must be named again to open it."""
        return base64url(self.tag(_bound(content, bound_to)) + content)

    def open(self, text: str, *, bound_to: str = "") -> bytes:
        """Raises BadSignature."""
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise BadSignature from None
        tag, content = raw[: self._tag_bytes], raw[self._tag_bytes :]
        message = _bound(content, bound_to)
        if not any(same(tag, self._tag(key, message)) for key in self._keys):
            raise BadSignature
        return content

    def _tag(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, "sha256")[: self._tag_bytes]


def _bound(content: bytes, bound_to: str) -> bytes:
    # Its length first, so that no two bindings read alike.
    return f"{len(bound_to)}:{bound_to}".encode() + content if bound_to else content

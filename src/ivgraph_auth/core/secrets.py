"""The one door to randomness, and the few things done with secrets everywhere."""

import base64
import hashlib
import hmac
import secrets
import string
import uuid

ALPHANUMERIC = string.ascii_letters + string.digits
# Which letter a random byte stands for. Of 256 bytes each letter gets four; the eight that remain are drawn again, for
# with them some letters would come more often than others.
_LETTER_OF_BYTE = (ALPHANUMERIC * 5)[:256].encode()
_DRAWN_AGAIN = bytes(range(256 - 256 % len(ALPHANUMERIC), 256))


def random_token() -> str:
    """256 random bits, base64url without padding (43 characters)."""
    return secrets.token_urlsafe(32)


def random_hex(characters: int) -> str:
    return secrets.token_hex(characters // 2)


def random_alphanumeric(characters: int) -> str:
    """Letters and digits, each as likely as any other. A few more are drawn than are needed, so that once is enough."""
    drawn = b""
    while len(drawn) < characters:
        drawn += secrets.token_bytes(characters + characters // 8 + 4).translate(_LETTER_OF_BYTE, _DRAWN_AGAIN)
    return drawn[:characters].decode()


def random_bytes(count: int) -> bytes:
    return secrets.token_bytes(count)


def random_uuid() -> uuid.UUID:
    return uuid.UUID(bytes=secrets.token_bytes(16), version=4)


def random_fraction() -> float:
    """A float in [0, 1), for jitter."""
    return secrets.randbits(53) / 2**53


def sha256(text: str) -> bytes:
    """How a secret of full entropy is stored and looked up: never itself, only its digest."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def base64url(data: bytes) -> str:
    """Without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def same(left: str | bytes, right: str | bytes) -> bool:
    """Comparison in constant time."""
    first = left.encode("utf-8", "surrogatepass") if isinstance(left, str) else left
    second = right.encode("utf-8", "surrogatepass") if isinstance(right, str) else right
    return hmac.compare_digest(first, second)


class Secret:
    """A string that does not show itself: `str()`, `repr()` and f-strings give asterisks, `reveal()` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and same(self._text, other._text)

    def __hash__(self) -> int:
        return hash(("Secret", sha256(self._text)))

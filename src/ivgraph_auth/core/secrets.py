"""The one door to randomness, and the few things done with secrets everywhere."""

import hashlib
import hmac
import secrets
import string
import uuid

ALPHANUMERIC = string.ascii_letters + string.digits


def random_token() -> str:
    """256 random bits, base64url without padding (43 characters)."""
    return secrets.token_urlsafe(32)


def random_hex(characters: int) -> str:
    return secrets.token_hex(characters // 2)


def random_alphanumeric(characters: int) -> str:
    return "".join([secrets.choice(ALPHANUMERIC) for _ in range(characters)])


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

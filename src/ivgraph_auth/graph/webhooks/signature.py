"""Notion's signature: `X-Notion-Signature: sha256=<hex>`, HMAC-SHA256 of the raw body with the verification token."""

import hmac
import re

from ivgraph_auth.core.secrets import Secret, same

_FORM = re.compile(rb"sha256=([0-9a-fA-F]{64})")


def parse_signature(headers: list[bytes]) -> bytes | None:
    """The 32 bytes. None where there is not exactly one header of this form."""
    form = _FORM.fullmatch(headers[0]) if len(headers) == 1 else None
    return bytes.fromhex(form[1].decode()) if form else None


def is_signed(body: bytes, signature: bytes, token: Secret) -> bool:
    """In constant time."""
    return same(signature, hmac.digest(token.reveal().encode(), body, "sha256"))

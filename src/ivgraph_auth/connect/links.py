"""Links that people can be sent: signed, for one account, tenant and generation of the connection, for seven days."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ivgraph_auth.connect.errors import InvalidLink
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.clock import Clock, epoch
from ivgraph_auth.core.secrets import Secret

PATH = "/oauth/connect/"
_LIFETIME = timedelta(days=7)
_TAG_BYTES = 32
_MOST_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Link:
    tenant: Tenant
    generation: int


class ConnectLinks:
    """The first of `keys` signs, all of them verify."""

    def __init__(self, *, keys: Sequence[Secret], clock: Clock, public_url: str) -> None:
        self._keys = [hmac.digest(key.reveal().encode(), b"ivgraph-auth connect links", "sha256") for key in keys]
        self._clock = clock
        self._public_url = public_url

    def url(self, tenant: Tenant, generation: int) -> str:
        expires_at = epoch(self._clock.now() + _LIFETIME)
        content = json.dumps([tenant.account_id, tenant.tenant_id, generation, expires_at]).encode()
        raw = _tag(self._keys[0], content) + content
        return f"{self._public_url}{PATH}{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"

    def open(self, text: str) -> Link:
        """Raises InvalidLink. Whether the generation still is the tenant's is for the caller to see."""
        if len(text) > _MOST_CHARACTERS:
            raise InvalidLink
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raise InvalidLink from None
        tag, content = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not any(hmac.compare_digest(tag, _tag(key, content)) for key in self._keys):
            raise InvalidLink
        account_id, tenant_id, generation, expires_at = json.loads(content)
        if expires_at <= epoch(self._clock.now()):
            raise InvalidLink
        return Link(Tenant(account_id, tenant_id), generation)


def _tag(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()

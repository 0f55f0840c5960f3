"""Links that people can be sent: signed, for one account, tenant and generation of the connection, for seven days."""

import json
from collections.abc import Sequence
from datetime import timedelta

from ivgraph_auth.connect.errors import InvalidLink
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.clock import Clock, epoch
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.signing import BadSignature, Signer

PATH = "/oauth/connect/"
_LIFETIME = timedelta(days=7)
_MOST_CHARACTERS = 1_000


class ConnectLinks:
    """The first of `keys` signs, all of them verify."""

    def __init__(self, *, keys: Sequence[Secret], clock: Clock, public_url: str) -> None:
        self._signer = Signer(keys, "ivgraph-auth connect links")
        self._clock = clock
        self._public_url = public_url

    def url(self, tenant: Tenant, generation: int) -> str:
        expires_at = epoch(self._clock.now() + _LIFETIME)
        content = json.dumps([tenant.account_id, tenant.tenant_id, generation, expires_at]).encode()
        return f"{self._public_url}{PATH}{self._signer.sign(content)}"

    def open(self, text: str) -> tuple[Tenant, int]:
        """The tenant and its generation, which is for the caller to compare. Raises InvalidLink."""
        if len(text) > _MOST_CHARACTERS:
            raise InvalidLink
        try:
            account_id, tenant_id, generation, expires_at = json.loads(self._signer.open(text))
        except BadSignature:
            raise InvalidLink from None
        if expires_at <= epoch(self._clock.now()):
            raise InvalidLink
        return Tenant(account_id, tenant_id), generation

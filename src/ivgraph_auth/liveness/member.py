"""One process's side of the protocol, without clock and without database, so that a model can drive it.

A process answers from its cache only under a lease. It renews the lease every second, for three, and trusts it until
three seconds after its own clock reading *before* the renewal was sent; the row in the database always lasts longer.
Every renewal brings the invalidations that were committed meanwhile, so a lost notification is made up for before the
trust is extended. Whoever changes an account answers when each lease alive after the commit has confirmed the
invalidation, or three seconds after the commit: by then every process has applied it, or trusts its cache no more.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import Any

from ivgraph_auth.liveness.cache import AccountCache
from ivgraph_auth.liveness.models import Invalidation

LEASE_SECONDS = 3.0
RENEWAL_SECONDS = 1.0
_MOST_APPLIED = 100_000


class Member:
    """`now` is this machine's clock that counts sleep too (CLOCK_BOOTTIME), in seconds."""

    def __init__(self) -> None:
        self._cache = AccountCache()
        self._trusted_until = float("-inf")
        self._applied: OrderedDict[int, None] = OrderedDict()

    def trusts(self, now: float) -> bool:
        return now < self._trusted_until

    def get(self, key: Hashable, now: float) -> Any | None:  # noqa: ANN401 -- a cache holds anything
        return self._cache.get(key) if now < self._trusted_until else None

    def mark(self) -> int:
        return self._cache.mark()

    def fill(self, mark: int, account_id: int, key: Hashable, value: object) -> None:
        self._cache.fill(mark, account_id, key, value)

    def is_news(self, invalidation: Invalidation) -> bool:
        return invalidation.id not in self._applied

    def apply(self, invalidation: Invalidation) -> None:
        """Again and again is fine."""
        if not self.is_news(invalidation):
            return
        self._applied[invalidation.id] = None
        if len(self._applied) > _MOST_APPLIED:
            self._applied.popitem(last=False)
        self._cache.drop(invalidation.account_id)

    def renewed(self, sent_at: float, now: float, pending: Iterable[Invalidation]) -> None:
        """`sent_at` was read before the renewal left; `pending` was read after it was committed."""
        if not self.trusts(now):
            # The gap may be longer than invalidations are kept.
            self._cache.clear()
        for invalidation in pending:
            self.apply(invalidation)
        self._trusted_until = sent_at + LEASE_SECONDS

    def distrust(self) -> None:
        self._trusted_until = float("-inf")

"""When a call to Notion is tried again, and after how long."""

from dataclasses import dataclass

from ivgraph_auth.core.secrets import random_fraction
from ivgraph_auth.notion.errors import NotionUnavailable

# Before anything was done: for any method.
_ANY_METHOD = frozenset({429, 529})
# A write may have been carried out behind the proxy that answers so.
_READS = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Retries:
    """`attempts` in all; without a word from Notion the first pause is about `first_pause` seconds, then twice that."""

    attempts: int = 3
    first_pause: float = 0.5

    def should_retry(self, failure: NotionUnavailable, *, attempt: int, writes: bool) -> bool:
        if attempt >= self.attempts:
            return False
        if failure.status in _ANY_METHOD:
            return True
        # Without a status there was no whole answer: a connection that was cut, or too late.
        return not writes and (failure.status is None or failure.status in _READS)

    def pause(self, failure: NotionUnavailable, *, attempt: int) -> float:
        """In seconds. Exponential with jitter, so that those who failed together do not come back together."""
        if failure.retry_after is not None:
            return float(failure.retry_after)
        return self.first_pause * 2.0 ** (attempt - 1) * (0.5 + random_fraction())

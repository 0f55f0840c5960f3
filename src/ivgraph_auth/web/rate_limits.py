"""Attempts per address and minute, counted in this process."""

from ivgraph_auth.core.addresses import customer_of
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.errors import TooManyRequests

_WINDOW_SECONDS = 60
_MOST_ADDRESSES = 100_000


class AttemptLimiter:
    """`per_minute` 0 switches it off."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._window = 0
        self._counts: dict[tuple[str, str], int] = {}

    def check(self, kind: str, address: str | None) -> None:
        """Raises TooManyRequests when the address has used up this minute. Kinds are counted apart."""
        remaining = self._enter_window()
        if self._per_minute and self._counts.get((kind, customer_of(address)), 0) >= self._per_minute:
            raise TooManyRequests(retry_after=remaining)

    def count(self, kind: str, address: str | None) -> None:
        self._enter_window()
        key = (kind, customer_of(address))
        # Past so many addresses nobody new is counted, rather than memory growing without end.
        if key in self._counts or len(self._counts) < _MOST_ADDRESSES:
            self._counts[key] = self._counts.get(key, 0) + 1

    def _enter_window(self) -> int:
        """Seconds until the next window."""
        window, elapsed = divmod(int(self._clock.monotonic()), _WINDOW_SECONDS)
        if window != self._window:
            self._window, self._counts = window, {}
        return _WINDOW_SECONDS - elapsed

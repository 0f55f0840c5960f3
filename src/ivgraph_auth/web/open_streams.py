"""Answers and bodies that go on for long: how many of them somebody has under way in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ivgraph_auth.core.errors import TooManyRequests

# Tabs of one browser, each with a picture and a run that it follows.
_MOST = 20


class TooManyStreams(TooManyRequests):
    code = "too_many_streams"
    detail = f"This account has {_MOST} streams and file uploads under way already. Let one end, then try again."


class OpenStreams:
    """Of each account so many at once: each costs little, and any number would cost the process its memory."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()

    @contextmanager
    def hold(self, account_id: int) -> Iterator[None]:
        """Raises TooManyStreams."""
        if self._open[account_id] >= _MOST:
            raise TooManyStreams(retry_after=1)
        self._open[account_id] += 1
        try:
            yield
        finally:
            self._open[account_id] -= 1
            if not self._open[account_id]:
                del self._open[account_id]

"""What a connection keeps us waiting for, seen from look to look: to note times at each request would cost more."""

from enum import Enum, auto

from ivgraph_auth.web.deadlines import Deadlines


class For(Enum):
    NOTHING = auto()  # it is we who have something to do
    HEAD = auto()
    BODY = auto()
    NEXT = auto()  # request


class Waiting:
    def __init__(self) -> None:
        self._what: tuple[For, int] | None = None
        self._since = self._moved = 0.0

    def too_long(self, what: For, request: int, now: float, deadlines: Deadlines, *, moved: bool) -> bool:
        """`request` counts them. `moved`: since the last look something has come, or nothing could."""
        if (what, request) != self._what:
            self._what = (what, request)
            self._since = self._moved = now
        elif moved:
            self._moved = now
        waited = now - self._since
        if what is For.HEAD:
            return waited > deadlines.head
        if what is For.BODY:
            return waited > deadlines.body or now - self._moved > deadlines.body_stall
        return what is For.NEXT and waited > deadlines.keep_alive

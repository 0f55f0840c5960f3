"""The one door to time."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall-clock time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow; for deadlines and windows inside one process."""
        ...

    def database_offset(self) -> timedelta:
        """What is added to the database's clock: nothing, but in tests, which move time."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def database_offset(self) -> timedelta:
        return timedelta(0)


def boot_time() -> float:
    """Seconds since the machine started, those it slept or the process was stopped included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second, with `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(moment: datetime) -> int:
    """Whole seconds since 1970, as JWT's NumericDate (RFC 7519 §2)."""
    return int(moment.timestamp())

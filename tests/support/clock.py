from datetime import UTC, datetime, timedelta


class ManualClock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def database_offset(self) -> timedelta:
        return self.now() - datetime.now(UTC)

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)

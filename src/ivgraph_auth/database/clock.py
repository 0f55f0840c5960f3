"""The database's clock: what times rows that several processes write and judge, whose own clocks may differ."""

from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Interval, func, literal

from ivgraph_auth.core.clock import Clock


def database_now(clock: Clock) -> ColumnElement[datetime]:
    """For a statement. `clock` adds nothing to it but in tests, which move time."""
    return cast("ColumnElement[datetime]", func.clock_timestamp() + literal(clock.database_offset(), Interval))

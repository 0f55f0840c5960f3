from datetime import timedelta

from ivgraph_auth.core.clock import SystemClock


def test_the_databases_clock_is_taken_as_it_is() -> None:
    """What tests add to it, to move time, is nothing where the service runs."""
    assert SystemClock().database_offset() == timedelta(0)

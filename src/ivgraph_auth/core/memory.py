"""The garbage collector of a process that serves for weeks."""

import gc

# The first is objects made since the last look: the usual 700 mean a look every few requests, each for nothing.
_THRESHOLDS = (10_000, 20, 100)


def freeze_startup_objects() -> None:
    """To be called once all is imported and built: none of it is looked through again, which the slowest requests
    would pay for.
    """
    gc.collect()
    gc.freeze()
    # Python looks through the oldest objects only once a quarter as many have come on top as there were at the last
    # such look. That quarter is now one of what is not frozen, which is little.
    gc.collect()
    gc.set_threshold(*_THRESHOLDS)


async def collect_recent() -> None:
    """To be called every few seconds: thresholds count objects and not their size, and say nothing of a process that
    rests. Does nothing in a process that is not settled, which Python's own thresholds suit.
    """
    if gc.get_freeze_count():
        gc.collect(1)


async def collect_all() -> None:
    """To be called once a minute, for what was in use when it was recent. With full caches this stops everything for
    some 50 ms: more often, the slowest hundredth of all requests would show it.
    """
    if gc.get_freeze_count():
        gc.collect()

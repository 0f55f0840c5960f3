"""The garbage collector of a process that serves for weeks."""

import gc

# The first is objects made since the last look: the usual 700 mean a look every few requests, each for nothing.
_THRESHOLDS = (10_000, 20, 100)


def settle() -> None:
    """To be called once all is imported and built: none of it is looked through again, which the slowest requests
    would pay for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)

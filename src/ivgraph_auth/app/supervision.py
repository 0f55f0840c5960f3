"""What ties a worker process to the supervisor that `serve --workers` starts it from."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait

import structlog

_log = structlog.get_logger(__name__)
# Longer than the grace that a stop gives to requests.
_MOST_SECONDS = 15.0


def leave_with_supervisor() -> None:
    """A supervisor that is killed can stop nobody: from then on this process stops as on SIGTERM, and gives up the
    listening socket that the next `serve` needs.
    """
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        threading.Thread(target=_leave_after, args=[supervisor.sentinel], daemon=True).start()


def _leave_after(sentinel: int) -> None:
    # A pipe whose other end the supervisor alone holds: the kernel closes it, however the supervisor ends.
    wait([sentinel])
    _log.warning("supervisor.gone")
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_MOST_SECONDS)
    os._exit(1)

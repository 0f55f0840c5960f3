"""Work that goes on when whoever waits for it is gone.

It logs by the standard library, since the Python API works in anybody's script, where structlog would print.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_Key = TypeVar("_Key", bound=Hashable)
_under_way: set[asyncio.Task[Any]] = set()


def start_task(work: Coroutine[Any, Any, _T]) -> "asyncio.Task[_T]":
    """As `asyncio.create_task`, and it is kept until it is over: the event loop itself holds tasks weakly."""
    task = asyncio.create_task(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return task


def _log_failure(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and task.exception():
        _log.error("task.failed", exc_info=task.exception())


async def run_to_end(
    work: Coroutine[Any, Any, _T], *, when_abandoned: Callable[["asyncio.Task[_T]"], object] = _log_failure
) -> _T:
    """What `work` answers or raises. When its caller is cancelled it goes on, and `when_abandoned` gets its task once
    that is over.
    """
    return await _wait_for(start_task(work), when_abandoned)


class SingleFlight(Generic[_Key, _T]):
    """Whoever asks for the same thing at the same time waits for one run of the work."""

    def __init__(self) -> None:
        self._running: dict[_Key, asyncio.Task[_T]] = {}

    async def run(self, key: _Key, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """What `work` answers or raises. A caller that is cancelled takes nothing from the others."""
        if key not in self._running:
            self._running[key] = start_task(work())
            self._running[key].add_done_callback(lambda _: self._running.pop(key))
        return await _wait_for(self._running[key], _log_failure)


async def _wait_for(task: "asyncio.Task[_T]", when_abandoned: Callable[["asyncio.Task[_T]"], object]) -> _T:
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # Once, however many have waited and gone.
        task.remove_done_callback(when_abandoned)
        task.add_done_callback(when_abandoned)
        raise
    finally:
        # Else its error and this frame hold each other until the garbage collector comes by.
        del task

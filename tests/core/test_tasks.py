"""Work that goes on when whoever waits for it is gone."""

import asyncio
import gc

import pytest

from ivgraph_auth.core.tasks import SingleFlight, run_to_end


class BrokenError(Exception):
    pass


class Work:
    """Waits until it is let go."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.runs = self.ends = 0
        self.go = asyncio.Event()
        self._problem = problem

    async def run(self) -> int:
        self.runs += 1
        await self.go.wait()
        self.ends += 1
        if self._problem:
            raise self._problem
        return self.runs


async def cancelled(task: "asyncio.Task[int]") -> None:
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_goes_on_without_its_caller() -> None:
    work = Work()
    await cancelled(asyncio.create_task(run_to_end(work.run())))
    gc.collect()
    work.go.set()
    await asyncio.sleep(0.01)
    assert (work.runs, work.ends) == (1, 1)


async def test_whoever_waits_gets_what_it_raises_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(BrokenError())
    work.go.set()
    with pytest.raises(BrokenError):
        await run_to_end(work.run())
    assert caplog.records == []


async def test_what_it_raises_for_nobody_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    work, flight = Work(BrokenError()), SingleFlight[str, int]()
    callers = [asyncio.create_task(flight.run("a", work.run)) for _ in range(3)]
    for caller in callers:
        await cancelled(caller)
    work.go.set()
    await asyncio.sleep(0.01)
    (record,) = caplog.records
    assert record.exc_info
    assert isinstance(record.exc_info[1], BrokenError)


async def test_who_takes_it_over_instead() -> None:
    work, taken = Work(), list[int]()
    await cancelled(
        asyncio.create_task(run_to_end(work.run(), when_abandoned=lambda task: taken.append(task.result())))
    )
    work.go.set()
    await asyncio.sleep(0.01)
    assert taken == [1]


async def test_those_who_ask_at_the_same_time_wait_for_one_run() -> None:
    work, flight = Work(), SingleFlight[str, int]()
    first, second, hasty = [asyncio.create_task(flight.run("a", work.run)) for _ in range(3)]
    await cancelled(hasty)
    work.go.set()
    assert (await first, await second, work.runs) == (1, 1, 1)
    assert await flight.run("a", work.run) == 2


async def test_another_key_is_another_run() -> None:
    work, flight = Work(), SingleFlight[str, int]()
    work.go.set()
    await asyncio.gather(flight.run("a", work.run), flight.run("b", work.run))
    assert work.runs == 2


async def test_an_error_is_freed_at_once() -> None:
    async def fail() -> int:
        raise BrokenError

    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            with pytest.raises(BrokenError):
                await run_to_end(fail())
        await asyncio.sleep(0)
        left = [each for each in gc.get_objects() if isinstance(each, BrokenError)]
    finally:
        gc.enable()
    assert left == []

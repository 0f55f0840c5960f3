"""The calls that a grant may make at Notion: 3 a second, 30 at once, whatever the number of processes.

A bucket that is kept as one moment: `full_at`, when it will be full again. Each call moves it on by a third of a second
and gets a number; the bucket holds ten seconds' worth, so a call is due ten seconds before the bucket would be full.
Whoever is due later sleeps until then, and nobody passes. When Notion asks for a pause, `full_at` moves on by it, and
with it the turn of everybody who waits: who wakes up looks again. The moment lies on the database's clock, and what is
answered of it are durations: of their own clocks, processes use only the one that measures how long they slept.
"""

import asyncio
import math
from dataclasses import dataclass
from datetime import timedelta

from ivgraph_auth.base import Base
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.gateway import rate_limit_repository as repository
from ivgraph_auth.gateway.errors import CapabilityMissing, GrantNotActive, RateLimitReached
from ivgraph_auth.gateway.models import BucketRow, Foreseen, RateLimitState, Reservation, ReservationRequest
from ivgraph_auth.vault import repository as vault
from ivgraph_auth.vault.errors import GrantGone

BURST = 30
PER_SECOND = 3
# For how many seconds a pause that Notion asks for is kept: then it is asked again.
LONGEST_STOP = 300
# Rounded up: never more than that.
_CALL = timedelta(microseconds=math.ceil(1_000_000 / PER_SECOND))
_BURST = BURST * _CALL
# A bucket of which as much is taken as anybody would wait for, and then stopped; and some seconds for those who wait.
_MOST = 3 * _BURST + timedelta(seconds=LONGEST_STOP)


@dataclass(frozen=True, slots=True)
class RateLimiter:
    base: Base

    async def reserve(self, request: ReservationRequest, *, weight: float = 1.0) -> Reservation:
        """A place among the grant's callers, its credential as it is stored, and the audit row: one statement.
        `weight` is for how much of a call it counts.

        Raises RateLimitReached, GrantNotActive, CapabilityMissing, GrantGone; then nothing was taken or written.
        """
        async with self.base.database.direct() as connection:
            now = self.base.clock.now()
            taken = await repository.take(connection, request, now, call=_CALL * weight, burst=_BURST, most=_MOST)
        if taken is None:
            raise await self._why_not(request)
        row, grant, audit_id = taken
        due = _due(row, row.issued)
        return Reservation(grant, row.issued, due, due <= timedelta(0), _state(row), audit_id)

    async def foresee(self, request: ReservationRequest) -> Foreseen:
        """What `reserve` would find. Takes nothing and writes nothing. Raises as `reserve`."""
        async with self.base.database.direct() as connection:
            possible, row = await repository.foresee(connection, request, call=_CALL, burst=_BURST, most=_MOST)
        if not possible:
            raise await self._why_not(request)
        if row is None:
            return Foreseen(RateLimitState(BURST, 0), 0)
        return Foreseen(_state(row), max(0, math.ceil(_turn(row, row.issued + 1).total_seconds())))

    async def reserve_spare(self, grant_id: int, *, leave_seconds: float, weight: float = 1.0) -> Reservation:
        """For background work: only while so many seconds' worth of calls stay for others. Raises as `reserve`."""
        # A wait below zero: its turn must have come by so much already.
        return await self.reserve(ReservationRequest(grant_id, (), -leave_seconds, None), weight=weight)

    async def wait(self, reservation: Reservation, max_wait: float) -> None:
        """Until it is due. Raises RateLimitReached when that would take longer, since Notion asked for a pause."""
        until = self.base.clock.monotonic() + max_wait
        # Whoever gives up comes back behind all who have a place, given up or not.
        due = last = reservation.due
        while not reservation.at_once:
            seconds = max(0.0, due.total_seconds())
            if self.base.clock.monotonic() + seconds > until:
                raise RateLimitReached(retry_after=math.ceil(last.total_seconds()))
            await asyncio.sleep(seconds)
            row = await self._look(reservation.grant.id)
            if row is None:
                raise GrantGone
            due, last = _turn(row, reservation.number), _turn(row, row.issued + 1)
            if due <= timedelta(0):
                return

    async def stop(self, grant_id: int, seconds: float) -> None:
        """Nobody calls for so long, but for `LONGEST_STOP` at most. What several calls are told at the same time counts
        once.
        """
        if seconds <= 0:
            return
        pause = timedelta(seconds=min(seconds, LONGEST_STOP))
        async with self.base.database.direct() as connection:
            await repository.stop(connection, grant_id, pause, full=_BURST - _CALL, most=_MOST)

    async def resume(self, connection: Connection, grant_id: int) -> bool:
        """Forgets a pause that Notion asked for, for all processes. False when there was none."""
        return await repository.resume(connection, grant_id, most=_BURST + _BURST)

    async def state(self, grant_id: int) -> RateLimitState:
        row = await self._look(grant_id)
        return _state(row) if row else RateLimitState(BURST, 0)

    async def _look(self, grant_id: int) -> BucketRow | None:
        async with self.base.database.direct() as connection:
            return await repository.get_bucket(connection, grant_id)

    async def _why_not(self, request: ReservationRequest) -> Exception:
        async with self.base.database.direct() as connection:
            grant = await vault.get_status(connection, request.grant_id)
            row = await repository.get_bucket(connection, request.grant_id)
        if grant is None:
            return GrantGone()
        status, capabilities = grant
        if status != "active":
            return GrantNotActive()
        if request.needs and capabilities is not None and not set(request.needs) & set(capabilities):
            return CapabilityMissing(request.needs[0])
        # The turn of whoever came next, had it been let in.
        due = _due(row, row.issued + 1) if row else timedelta(0)
        return RateLimitReached(retry_after=max(1, math.ceil(due.total_seconds())))


def _due(row: BucketRow, number: int) -> timedelta:
    return row.until_full - _BURST - (row.issued - number) * _CALL


def _turn(row: BucketRow, number: int) -> timedelta:
    due = _due(row, number)
    return max(due, row.stopped_for) if timedelta(0) < row.stopped_for <= _MOST else due


def _state(row: BucketRow) -> RateLimitState:
    until_full = max(row.until_full, timedelta(0))
    return RateLimitState(max(0, (_BURST - until_full) // _CALL), math.ceil(round(until_full.total_seconds(), 3)))

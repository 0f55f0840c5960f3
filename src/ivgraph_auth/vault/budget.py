"""The calls that a grant may make at Notion: 3 a second, 30 at once, whatever the number of processes.

A bucket that is kept as one moment: `full_at`, when it will be full again. Each call moves it on by a third of a second
and gets a number; the bucket holds ten seconds' worth, so a call is due ten seconds before the bucket would be full.
Whoever is due later sleeps until then, and nobody passes. When Notion asks for a pause, `full_at` moves on by it, and
with it the turn of everybody who waits: who wakes up looks again. The moment never goes back, so that a clock that is
behind makes callers wait longer and never lets more through.
"""

import asyncio
import math
from datetime import datetime, timedelta

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.database import Database
from ivgraph_auth.vault import budget_repository as repository
from ivgraph_auth.vault.errors import BudgetSpent, CapabilityMissing, GrantGone, GrantNotActive
from ivgraph_auth.vault.models import BudgetRow, BudgetState, Take, Ticket

BURST = 30
PER_SECOND = 3
# Rounded up: never more than that.
_CALL = timedelta(microseconds=math.ceil(1_000_000 / PER_SECOND))
_BURST = BURST * _CALL


class Budget:
    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, take: Take) -> Ticket:
        """A place among the grant's callers, its credential as it is stored, and the audit row: one statement.

        Raises BudgetSpent, GrantNotActive, CapabilityMissing, GrantGone; then nothing was taken or written.
        """
        now = self._clock.now()
        async with self._database.direct() as connection:
            taken = await repository.take(connection, take, now, call=_CALL, burst=_BURST)
        if taken is None:
            raise await self._why_not(take)
        row, grant, audit_id = taken
        due = _due(row, row.issued)
        return Ticket(grant, row.issued, due, due <= now, _state(row, now), audit_id)

    async def wait(self, ticket: Ticket, patience: float) -> None:
        """Until the ticket is due. Raises BudgetSpent when that would take longer, since Notion asked for a pause."""
        due, until = ticket.due, self._clock.now() + timedelta(seconds=patience)
        # Whoever gives up comes back behind all who have a place, given up or not.
        last = due
        while not ticket.at_once:
            seconds = (due - self._clock.now()).total_seconds()
            if due > until:
                raise BudgetSpent(retry_after=math.ceil((last - self._clock.now()).total_seconds()))
            await asyncio.sleep(max(0, seconds))
            row = await self._look(ticket.grant.id)
            if row is None:
                raise GrantGone
            due, last = self._turn(row, ticket.number), self._turn(row, row.issued + 1)
            if due <= self._clock.now():
                return

    def _turn(self, row: BudgetRow, number: int) -> datetime:
        due = _due(row, number)
        return max(due, row.stopped_until) if row.stopped_until > self._clock.now() else due

    async def stop(self, grant_id: int, seconds: float) -> None:
        """Nobody calls for so long. What several calls are told at the same time counts once."""
        if seconds <= 0:
            return
        now = self._clock.now()
        async with self._database.direct() as connection:
            await repository.stop(connection, grant_id, now, now + timedelta(seconds=seconds), full=_BURST - _CALL)

    async def state(self, grant_id: int) -> BudgetState:
        row = await self._look(grant_id)
        return _state(row, self._clock.now()) if row else BudgetState(BURST, 0)

    async def _look(self, grant_id: int) -> BudgetRow | None:
        async with self._database.direct() as connection:
            return await repository.budget(connection, grant_id)

    async def _why_not(self, take: Take) -> Exception:
        async with self._database.direct() as connection:
            grant = await repository.standing(connection, take.grant_id)
            row = await repository.budget(connection, take.grant_id)
        if grant is None:
            return GrantGone()
        status, capabilities = grant
        if status != "active":
            return GrantNotActive()
        if take.needs and capabilities is not None and not set(take.needs) & set(capabilities):
            return CapabilityMissing(take.needs[0])
        now = self._clock.now()
        # The turn of whoever came next, had it been let in.
        due = _due(row, row.issued + 1) if row else now
        return BudgetSpent(retry_after=max(1, math.ceil((due - now).total_seconds())))


def _due(row: BudgetRow, number: int) -> datetime:
    return row.full_at - _BURST - (row.issued - number) * _CALL


def _state(row: BudgetRow, now: datetime) -> BudgetState:
    until_full = max(row.full_at - now, timedelta(0))
    return BudgetState(max(0, (_BURST - until_full) // _CALL), math.ceil(round(until_full.total_seconds(), 3)))

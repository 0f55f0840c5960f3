"""One audit row for each call: written as started with its first place in the bucket, or at its end if it got none."""

import asyncio
from dataclasses import dataclass
from functools import partial

from ivgraph_auth.audit.completions import Completions
from ivgraph_auth.audit.models import SUCCESS, Actor, Completion, Entry, Event
from ivgraph_auth.base import Base
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.errors import ServiceError, Unavailable
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.core.principal import ClientInfo, Principal
from ivgraph_auth.core.tasks import run_to_end
from ivgraph_auth.gateway.errors import NotionSaidNo
from ivgraph_auth.gateway.models import Progress, Reservation, ReservationRequest
from ivgraph_auth.gateway.policy import Operation
from ivgraph_auth.gateway.rate_limiter import RateLimiter

GONE = "caller_gone"
SHUTDOWN = "shutdown"
# Answered from what was kept under an Idempotency-Key.
REPEATED = "repeated"


@dataclass(slots=True)
class CallRecord:
    """What belongs to one call, from its credential to its audit row. `until` is by the monotonic clock."""

    principal: Principal
    caller: ClientInfo
    progress: Progress
    until: float
    operation: Operation | None = None
    tenant_id: str | None = None
    grant: TenantGrant | None = None
    audit_id: int | None = None
    outcome: str = SUCCESS

    @property
    def entry(self) -> Entry:
        return Entry(
            Event.NOTION_CALLED,
            self.principal.account_id,
            Actor(self.principal.kind.value, self.principal.actor_id or self.principal.credential_id),
            self.caller,
            self.tenant_id,
            self.operation.name if self.operation else None,
        )


@dataclass(frozen=True, slots=True)
class CallRecorder:
    base: Base
    completions: Completions
    rate_limiter: RateLimiter
    metrics: Metrics | None

    async def reserve(self, record: CallRecord, grant_id: int, needs: tuple[str, ...], max_wait: float) -> Reservation:
        """A place in the bucket, with the call's audit row if it has none yet. Raises as `RateLimiter.reserve`."""
        entry = None if record.audit_id else record.entry
        request = ReservationRequest(grant_id, needs, max_wait, entry)
        # When the call is cut short, the statement may have been carried out: its row is told how the call ended.
        reservation = await run_to_end(
            self.rate_limiter.reserve(request), when_abandoned=partial(self._abandon, record.progress)
        )
        record.audit_id = record.audit_id or reservation.audit_id
        record.progress.budget = reservation.state
        return reservation

    def _abandon(self, progress: Progress, reserving: "asyncio.Task[Reservation]") -> None:
        reservation = None if reserving.cancelled() or reserving.exception() else reserving.result()
        if reservation and reservation.audit_id:
            self.completions.add(Completion(reservation.audit_id, _cut(progress), None))

    async def close(self, record: CallRecord, problem: BaseException | None) -> None:
        """Raises DatabaseUnavailable when the row of a refusal cannot be written."""
        outcome = _outcome(problem, record.progress) if problem else record.outcome
        if self.metrics:
            # What Notion calls an error is Notion's to choose, and no label.
            theirs = isinstance(problem, NotionSaidNo) or (problem is None and outcome not in (SUCCESS, REPEATED))
            self.metrics.count_notion_call("notion_refused" if theirs else outcome)
        if record.audit_id:
            self.completions.add(Completion(record.audit_id, outcome, record.progress.notion_request_id))
        elif outcome != GONE and not isinstance(problem, Unavailable):
            await self._audit_refusal(record, outcome)

    async def _audit_refusal(self, record: CallRecord, outcome: str) -> None:
        """Of a call that never got as far as the bucket."""
        entry = record.entry
        if record.grant:
            record.progress.budget = await self.rate_limiter.state(record.grant.grant_id)
        async with self.base.database.direct() as connection:
            await self.base.audit.write(
                connection,
                entry.event,
                outcome=outcome,
                actor=entry.actor,
                caller=entry.caller,
                account_id=entry.account_id,
                tenant_id=entry.tenant_id,
                operation=entry.operation,
            )


def _cut(progress: Progress) -> str:
    """A call is cancelled when its caller goes away, and else by a shutdown alone."""
    return GONE if progress.caller_gone else SHUTDOWN


def _outcome(problem: BaseException, progress: Progress) -> str:
    if isinstance(problem, ServiceError):
        return problem.code
    return _cut(progress) if isinstance(problem, asyncio.CancelledError) else "internal_error"

"""One call to Notion that is allowed: in its turn, with the grant's credential, as often as its retries say."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from ivgraph_auth.audit.models import SUCCESS
from ivgraph_auth.connect.access import GrantAccess
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.gateway.call_recorder import CallRecord, CallRecorder
from ivgraph_auth.gateway.error_mapping import map_errors
from ivgraph_auth.gateway.errors import AuthorizationRenewed
from ivgraph_auth.gateway.models import Foreseen, Reply, Reservation, ReservationRequest
from ivgraph_auth.gateway.policy import Operation
from ivgraph_auth.gateway.rate_limiter import LONGEST_STOP, RateLimiter
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.errors import NotionError, NotionUnavailable, RateLimited
from ivgraph_auth.notion.models import plain
from ivgraph_auth.notion.operations import NotionRequest, RawRequest
from ivgraph_auth.notion.streamed_body import StreamedBody
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.models import OpenedGrant

_MAX_WAIT_SECONDS = 10.0
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class NotionCall:
    """What is known once a call is allowed. A RawRequest comes from one of Notion's own clients."""

    record: CallRecord
    operation: Operation
    grant: TenantGrant
    request: NotionRequest | RawRequest
    retries: Retries


@dataclass(frozen=True, slots=True)
class NotionCalls:
    clock: Clock
    grant_lookup: GrantLookup
    access: GrantAccess
    credential_store: EncryptedCredentialStore
    rate_limiter: RateLimiter
    recorder: CallRecorder
    api: NotionApi

    async def run(self, call: NotionCall) -> Reply:
        """Raises errors of `errors.py`, and of the service."""
        with map_errors(partial(self.grant_lookup.reauthorize_url, call.grant), writes=call.operation.writes):
            for attempt in itertools.count(1):
                try:
                    return await self.access.call(
                        partial(self._open, call),
                        partial(self._ask, call),
                        call.record.caller,
                        again=partial(self._reserve, call),
                    )
                except NotionUnavailable as failure:
                    await self._wait(call, failure, attempt)
        raise AssertionError

    async def foresee(self, call: NotionCall) -> Foreseen:
        """What `run` would meet before Notion is asked. Takes no place and writes nothing. Raises as `run`."""
        request = ReservationRequest(call.grant.grant_id, call.operation.needs, _MAX_WAIT_SECONDS, None)
        with map_errors(partial(self.grant_lookup.reauthorize_url, call.grant), writes=call.operation.writes):
            return await self.rate_limiter.foresee(request)

    async def _wait(self, call: NotionCall, failure: NotionUnavailable, attempt: int) -> None:
        """Until the next attempt; raises the failure when there is none."""
        pause = call.retries.pause(failure, attempt=attempt)
        limited = isinstance(failure, RateLimited)
        if limited:
            # For everybody who calls with this grant; the next attempt waits with them.
            await self.rate_limiter.stop(call.grant.grant_id, pause)
        # Told as Notion told it where that is more than the bucket would say.
        too_long = pause > LONGEST_STOP if limited else pause >= self._left(call)
        if too_long or not call.retries.should_retry(failure, attempt=attempt, writes=call.operation.writes):
            raise failure
        if not limited:
            await asyncio.sleep(pause)

    async def _open(self, call: NotionCall) -> OpenedGrant:
        reservation = await self._reserve(call)
        return await self.credential_store.open_sealed(reservation.grant)

    async def _reserve(self, call: NotionCall) -> Reservation:
        """A place among the grant's callers, when its turn has come."""
        max_wait = min(_MAX_WAIT_SECONDS, self._left(call))
        first = call.record.audit_id is None
        reservation = await self.recorder.reserve(call.record, call.grant.grant_id, call.operation.needs, max_wait)
        if first:
            self.grant_lookup.note_use(call.grant)
        await self.rate_limiter.wait(reservation, max_wait)
        return reservation

    async def _ask(self, call: NotionCall, token: Secret) -> Reply:
        if isinstance(call.request, RawRequest) and _is_spent(call.request):
            raise AuthorizationRenewed(retry_after=1)
        with _count_attempt(call.record):
            if isinstance(call.request, RawRequest):
                return await self._pass_on(call, call.request, token)
            answer = await self.api.answer(token, call.request, writes=call.operation.writes, deadline=self._left(call))
        request_id = answer.value.get("request_id")
        call.record.progress.notion_request_id = plain(request_id) if isinstance(request_id, str) else None
        return Reply(answer.status, answer.body, call.record.progress.notion_request_id)

    async def _pass_on(self, call: NotionCall, request: RawRequest, token: Secret) -> Reply:
        with request.body.place if isinstance(request.body, StreamedBody) else nullcontext():
            answer = await self.api.pass_on(token, request, writes=call.operation.writes, deadline=self._left(call))
        call.record.progress.notion_request_id = answer.request_id
        call.record.outcome = answer.code or SUCCESS
        if answer.status == _TOO_MANY:
            await self.rate_limiter.stop(call.grant.grant_id, answer.retry_after or 1)
        sent = request.body.digest if isinstance(request.body, StreamedBody) else None
        return Reply(answer.status, answer.body, answer.request_id, answer.retry_after, sent)

    def _left(self, call: NotionCall) -> float:
        return max(0.0, call.record.until - self.clock.monotonic())


def _is_spent(request: RawRequest) -> bool:
    """Its body was passed on once already, and is nowhere any more."""
    return isinstance(request.body, StreamedBody) and request.body.begun


@contextmanager
def _count_attempt(record: CallRecord) -> Iterator[None]:
    record.progress.attempts += 1
    try:
        yield
    except NotionError as failure:
        record.progress.notion_request_id = failure.request_id
        raise

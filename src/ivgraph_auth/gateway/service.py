"""Calls to Notion for agents: who may make which, for whom, once under a key, and recorded however they end."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from ivgraph_auth.connect.errors import WorkspaceNotAllowed
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.errors import InsufficientScope, ServiceError, Unavailable
from ivgraph_auth.core.principal import ClientInfo, Principal
from ivgraph_auth.gateway.call_recorder import REPEATED, CallRecord, CallRecorder
from ivgraph_auth.gateway.errors import InvalidParameters, KeyReused, NotOnTheList, UnknownTool, UpstreamTimedOut
from ivgraph_auth.gateway.idempotency import IdempotentCalls, call_key
from ivgraph_auth.gateway.models import Foreseen, HttpCall, Progress, Reply, ToolCall
from ivgraph_auth.gateway.notion_calls import NotionCall, NotionCalls
from ivgraph_auth.gateway.policy import Operation, find_operation, operation_of, reason_against
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.gateway.tenant_choices import tell_choices
from ivgraph_auth.gateway.tenant_selection import AskedTenant, select_tenant
from ivgraph_auth.notion.endpoints import Endpoint
from ivgraph_auth.notion.errors import InvalidParameters as Unfit
from ivgraph_auth.notion.errors import UnknownTool as NoSuchTool
from ivgraph_auth.notion.operations import NotionRequest, RawRequest, request_of, tool_of
from ivgraph_auth.notion.streamed_body import StreamedBody

_ONE_ATTEMPT = Retries(attempts=1)
_REFUSAL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class GrantReader:
    """Who reads, by which of their connections."""

    principal: Principal
    grant: TenantGrant
    caller: ClientInfo


@dataclass(frozen=True, slots=True)
class CallVerdict:
    """Allowed where there is no `refusal`. `record` tells what was found of the call, `call` is whole."""

    record: CallRecord
    call: NotionCall | None
    foreseen: Foreseen | None
    refusal: ServiceError | None


@dataclass(frozen=True, slots=True)
class Gateway:
    clock: Clock
    grant_lookup: GrantLookup
    recorder: CallRecorder
    idempotency: IdempotentCalls
    calls: NotionCalls
    retries: Retries
    version: str

    async def invoke(self, principal: Principal, asked: ToolCall, caller: ClientInfo, progress: Progress) -> Reply:
        """A tool, with retries. Notion's object; every refusal is an error of `errors.py`, or one of the service."""
        async with self._record_call(principal, caller, progress, asked.deadline) as record:
            call = await self._decide_tool(record, asked)
            parameters = json.dumps(asked.parameters, sort_keys=True).encode()
            return await self._run(call, "tool", asked.idempotency_key, parameters)

    async def forward(self, principal: Principal, asked: HttpCall, caller: ClientInfo, progress: Progress) -> Reply:
        """A call as Notion's own clients make it, answered with what Notion answers. One attempt: they retry."""
        async with self._record_call(principal, caller, progress, asked.deadline) as record:
            call = await self._decide_http(record, asked)
            # What a streamed body holds is known when it is over: `_check_same`.
            body = b"" if isinstance(asked.body, StreamedBody) else asked.body
            what = b"\0".join((call.request.target.encode(), (asked.version or "").encode(), body))
            return await self._run(call, "http", asked.idempotency_key, what)

    async def refuse(
        self, principal: Principal, endpoint: Endpoint, caller: ClientInfo, refusal: ServiceError
    ) -> NoReturn:
        """A call that another part of the service has refused before it came here: recorded, and raised."""
        async with self._record_call(principal, caller, Progress(), _REFUSAL_SECONDS) as record:
            record.operation = operation_of(endpoint)
            raise refusal
        raise AssertionError

    async def foresee(self, principal: Principal, asked: ToolCall | HttpCall) -> CallVerdict:
        """What `invoke` or `forward` would decide, by the same code, and what the rate limit would say. Nothing is
        called, written down or taken. Raises Unavailable.
        """
        record = CallRecord(principal, ClientInfo(), Progress(), math.inf)
        deciding = self._decide_tool(record, asked) if isinstance(asked, ToolCall) else self._decide_http(record, asked)
        return await self._foresee(record, deciding)

    async def foresee_fetch(self, reader: GrantReader, endpoint: Endpoint, request: NotionRequest) -> CallVerdict:
        """The same of `fetch`."""
        record = CallRecord(reader.principal, reader.caller, Progress(), math.inf)
        return await self._foresee(record, self._decide_fetch(record, reader, endpoint, request))

    async def _foresee(self, record: CallRecord, deciding: Awaitable[NotionCall]) -> CallVerdict:
        call: NotionCall | None = None
        try:
            call = await deciding
            return CallVerdict(record, call, await self.calls.foresee(call), None)
        except Unavailable:
            raise
        except ServiceError as refusal:
            state = await self.recorder.rate_limiter.state(call.grant.grant_id) if call else None
            return CallVerdict(record, call, Foreseen(state, refusal.retry_after or 0) if state else None, refusal)

    async def _decide_tool(self, record: CallRecord, asked: ToolCall) -> NotionCall:
        """The call, when it is allowed. `record` is told what is known of it on the way."""
        record.tenant_id = asked.tenant_id
        record.operation = operation = _operation(asked.tool_id)
        _check_scope(record.principal, operation)
        grant = await self._select(record, AskedTenant(asked.tenant_id, asked.workspace))
        return NotionCall(record, operation, grant, self._request(asked), self.retries)

    async def _decide_http(self, record: CallRecord, asked: HttpCall) -> NotionCall:
        record.operation = operation = find_operation(asked.method, asked.path, asked.query)
        if operation is None:
            raise NotOnTheList(reason_against(asked.method, asked.path))
        _check_scope(record.principal, operation)
        tenant = AskedTenant(asked.tenant, asked.workspace, "X-Ivgraph-Tenant", "X-Ivgraph-Workspace")
        grant = await self._select(record, tenant)
        request = RawRequest(asked.method, asked.path, asked.query, asked.body, asked.content_type, asked.version)
        return NotionCall(record, operation, grant, request, _ONE_ATTEMPT)

    async def _select(self, record: CallRecord, asked: AskedTenant) -> TenantGrant:
        """Raises UnknownTenant, UnclearTenant, WorkspaceNotAllowed, each with what could be named instead."""
        reaching = self._reach(record, asked)
        return await tell_choices(self.grant_lookup, record.principal, reaching, asked.workspace)

    async def _reach(self, record: CallRecord, asked: AskedTenant) -> TenantGrant:
        grant = await select_tenant(self.grant_lookup, record.principal, asked)
        record.tenant_id = grant.tenant.tenant_id
        _check_reach(record, grant)
        return grant

    async def fetch(
        self, reader: GrantReader, endpoint: Endpoint, request: NotionRequest, *, deadline: float
    ) -> dict[str, Any]:
        """A read for another part of the service, which has checked the scope; recorded as an agent's call is."""
        async with self.record(reader, endpoint, Progress(), deadline=deadline) as call:
            return await call.ask(endpoint, request)

    @asynccontextmanager
    async def record(
        self, reader: GrantReader, endpoint: Endpoint, progress: Progress, *, deadline: float
    ) -> AsyncIterator[RecordedCall]:
        """Several requests of another part of the service, which has checked the scope, as one call: one audit row,
        named for `endpoint`. `deadline` is in seconds, for all of them.
        """
        async with self._record_call(reader.principal, reader.caller, progress, deadline) as record:
            self._decide_reader(record, reader, endpoint)
            yield RecordedCall(record, reader.grant, self.calls, self.idempotency, self.retries, self.version)

    async def _decide_fetch(
        self, record: CallRecord, reader: GrantReader, endpoint: Endpoint, request: NotionRequest
    ) -> NotionCall:
        return NotionCall(record, self._decide_reader(record, reader, endpoint), reader.grant, request, self.retries)

    def _decide_reader(self, record: CallRecord, reader: GrantReader, endpoint: Endpoint) -> Operation:
        record.tenant_id = reader.grant.tenant.tenant_id
        record.operation = operation = operation_of(endpoint)
        _check_reach(record, reader.grant)
        return operation

    @asynccontextmanager
    async def _record_call(
        self, principal: Principal, caller: ClientInfo, progress: Progress, deadline: float
    ) -> AsyncIterator[CallRecord]:
        """One audit row, however the call ends; and its end when its time is up."""
        record = CallRecord(principal, caller, progress, self.clock.monotonic() + deadline)
        problem: BaseException | None = None
        try:
            async with asyncio.timeout(deadline):
                yield record
        except TimeoutError as late:
            problem = UpstreamTimedOut()
            raise problem from late
        except BaseException as raised:
            problem = raised
            raise
        finally:
            await self.recorder.close(record, problem)
            # Else it and this frame hold each other, with all that was read, until somebody collects them.
            problem = None

    async def _run(self, call: NotionCall, door: str, key: str | None, asked: bytes) -> Reply:
        """Once under a key. `door` keeps apart the two ways in which one operation may be asked for."""
        if key is None or not call.operation.writes:
            return await self.calls.run(call)
        tenant, scope = call.grant.tenant, f"{door}:{call.operation.name}"
        hashed = call_key(tenant.account_id, tenant.tenant_id, scope, key, asked)
        reply, was_kept = await self.idempotency.run_once(hashed, partial(self.calls.run, call))
        if was_kept:
            call.record.outcome = REPEATED
            await _check_same(call.request, reply)
        return reply

    def _request(self, asked: ToolCall) -> NotionRequest:
        try:
            return request_of(asked.tool_id, asked.parameters, self.version)
        except Unfit as unfit:
            raise InvalidParameters(unfit) from unfit


async def _check_same(request: NotionRequest | RawRequest, kept: Reply) -> None:
    """Raises KeyReused when the answer was to another body."""
    if isinstance(request, RawRequest) and isinstance(request.body, StreamedBody):
        await request.body.drain()
        if request.body.digest != kept.sent:
            raise KeyReused


def _operation(tool_id: str) -> Operation:
    try:
        return operation_of(tool_of(tool_id).endpoint)
    except NoSuchTool as unknown:
        raise UnknownTool(unknown.close) from unknown


def _check_scope(principal: Principal, operation: Operation) -> None:
    if operation.scope not in principal.scopes:
        raise InsufficientScope(operation.scope.value)


def _check_reach(record: CallRecord, grant: TenantGrant) -> None:
    if not record.principal.reaches(grant.workspace_id):
        raise WorkspaceNotAllowed
    record.grant = grant
    record.progress.tenant_id = grant.tenant.tenant_id

"""Calls to Notion for agents: who may make which, for whom, once under a key, and recorded however they end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from ivgraph_auth.connect.errors import WorkspaceNotAllowed
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.core.principal import ClientInfo, Principal
from ivgraph_auth.gateway.call_recorder import REPEATED, CallRecord, CallRecorder
from ivgraph_auth.gateway.errors import InvalidParameters, NotOnTheList, UnknownTool, UpstreamTimedOut
from ivgraph_auth.gateway.idempotency import IdempotentCalls, call_key
from ivgraph_auth.gateway.models import HttpCall, Progress, Reply, ToolCall
from ivgraph_auth.gateway.notion_calls import NotionCall, NotionCalls
from ivgraph_auth.gateway.policy import Operation, find_operation, operation_of
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.gateway.tenant_selection import TenantChoice, select_tenant
from ivgraph_auth.notion.endpoints import Endpoint
from ivgraph_auth.notion.errors import InvalidParameters as Unfit
from ivgraph_auth.notion.errors import UnknownTool as NoSuchTool
from ivgraph_auth.notion.operations import NotionRequest, RawRequest, request_of, tool_of

_ONE_ATTEMPT = Retries(attempts=1)


@dataclass(frozen=True, slots=True)
class GrantReader:
    """Who reads, by which of their connections."""

    principal: Principal
    grant: TenantGrant
    caller: ClientInfo


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
            record.tenant_id = asked.tenant_id
            record.operation = operation = _operation(asked.tool_id)
            _check_scope(principal, operation)
            choice = TenantChoice(asked.tenant_id, asked.workspace)
            grant = await select_tenant(self.grant_lookup, principal, choice)
            record.tenant_id = grant.tenant.tenant_id
            _check_reach(record, grant)
            call = NotionCall(record, operation, grant, self._request(asked), self.retries)
            parameters = json.dumps(asked.parameters, sort_keys=True).encode()
            return await self._run(call, "tool", asked.idempotency_key, parameters)

    async def forward(self, principal: Principal, asked: HttpCall, caller: ClientInfo, progress: Progress) -> Reply:
        """A call as Notion's own clients make it, answered with what Notion answers. One attempt: they retry."""
        async with self._record_call(principal, caller, progress, asked.deadline) as record:
            record.operation = operation = find_operation(asked.method, asked.path, asked.query)
            if operation is None:
                raise NotOnTheList
            _check_scope(principal, operation)
            choice = TenantChoice(asked.tenant, asked.workspace, "X-Ivgraph-Tenant", "X-Ivgraph-Workspace")
            grant = await select_tenant(self.grant_lookup, principal, choice)
            record.tenant_id = grant.tenant.tenant_id
            _check_reach(record, grant)
            request = RawRequest(asked.method, asked.path, asked.query, asked.body, asked.content_type, asked.version)
            call = NotionCall(record, operation, grant, request, _ONE_ATTEMPT)
            what = b"\0".join((request.target.encode(), (asked.version or "").encode(), asked.body))
            return await self._run(call, "http", asked.idempotency_key, what)

    async def fetch(
        self, reader: GrantReader, endpoint: Endpoint, request: NotionRequest, *, deadline: float
    ) -> dict[str, Any]:
        """A read for another part of the service, which has checked the scope; recorded as an agent's call is."""
        async with self._record_call(reader.principal, reader.caller, Progress(), deadline) as record:
            record.tenant_id = reader.grant.tenant.tenant_id
            record.operation = operation = operation_of(endpoint)
            _check_reach(record, reader.grant)
            reply = await self.calls.run(NotionCall(record, operation, reader.grant, request, self.retries))
            found: dict[str, Any] = json.loads(reply.body)
            return found

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
        return reply

    def _request(self, asked: ToolCall) -> NotionRequest:
        try:
            return request_of(asked.tool_id, asked.parameters, self.version)
        except Unfit as unfit:
            raise InvalidParameters(unfit) from unfit


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

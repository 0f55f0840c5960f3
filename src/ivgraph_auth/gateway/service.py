"""Calls to Notion for agents: scoped, paced, retried, recorded."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

from ivgraph_auth.audit.models import SUCCESS
from ivgraph_auth.connect.access import GrantAccess
from ivgraph_auth.connect.errors import WorkspaceNotAllowed
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import Tenant, TenantGrant
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.core.principal import ClientInfo, Principal
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.gateway.call_recorder import REPEATED, Call, CallRecorder
from ivgraph_auth.gateway.error_mapping import mapped_errors
from ivgraph_auth.gateway.errors import (
    InvalidParameters,
    NotOnTheList,
    UnknownTenant,
    UnknownTool,
    UpstreamTimedOut,
)
from ivgraph_auth.gateway.idempotency import IdempotentCalls, call_key
from ivgraph_auth.gateway.models import HttpCall, Progress, Reply, Reservation, ToolCall
from ivgraph_auth.gateway.policy import Operation, allowed, operation_of
from ivgraph_auth.gateway.rate_limiter import LONGEST_STOP, RateLimiter
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.gateway.tenant_selection import select_tenant
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.errors import InvalidParameters as Unfit
from ivgraph_auth.notion.errors import NotionError, NotionUnavailable
from ivgraph_auth.notion.errors import RateLimited as NotionRateLimited
from ivgraph_auth.notion.errors import UnknownTool as NoSuchTool
from ivgraph_auth.notion.models import plain
from ivgraph_auth.notion.operations import NotionRequest, RawRequest, request_of, tool_of
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.models import OpenedGrant

_MAX_WAIT_SECONDS = 10.0
_TOO_MANY = 429
_ONE_ATTEMPT = Retries(attempts=1)
Ask = Callable[[Secret], Awaitable[Reply]]


class Gateway:
    def __init__(  # noqa: PLR0913 -- what a call to Notion hangs on
        self,
        *,
        clock: Clock,
        grant_lookup: GrantLookup,
        access: GrantAccess,
        credential_store: EncryptedCredentialStore,
        rate_limiter: RateLimiter,
        recorder: CallRecorder,
        idempotency: IdempotentCalls,
        api: NotionApi,
        retries: Retries,
        version: str,
    ) -> None:
        self._clock = clock
        self._grant_lookup = grant_lookup
        self._access = access
        self._credential_store = credential_store
        self._rate_limiter = rate_limiter
        self._recorder = recorder
        self._idempotency = idempotency
        self._api = api
        self._retries = retries
        self._version = version

    async def invoke(self, principal: Principal, asked: ToolCall, caller: ClientInfo, progress: Progress) -> Reply:
        """A tool, with retries. Notion's object; every refusal is an error of `errors.py`, or one of the service."""
        async with self._recorded(principal, caller, progress, asked.deadline) as call:
            call.tenant_id = asked.tenant_id
            call.operation = operation = _operation(asked.tool_id)
            _check_scope(principal, operation)
            route = await self._grant_lookup.of_tenant(Tenant(principal.account_id, asked.tenant_id))
            if route is None:
                raise UnknownTenant
            self._reach(call, route)
            request = self._request(asked)
            work = partial(self._work, call, partial(self._ask_tool, call, request), self._retries)
            parameters = json.dumps(asked.parameters, sort_keys=True).encode()
            return await self._once_if_asked(call, work, "tool", asked.idempotency_key, parameters)

    async def forward(self, principal: Principal, asked: HttpCall, caller: ClientInfo, progress: Progress) -> Reply:
        """A call as Notion's own clients make it, answered with what Notion answers. One attempt: they retry."""
        async with self._recorded(principal, caller, progress, asked.deadline) as call:
            call.operation = operation = allowed(asked.method, asked.path, asked.query)
            if operation is None:
                raise NotOnTheList
            _check_scope(principal, operation)
            route = await select_tenant(self._grant_lookup, principal, asked)
            call.tenant_id = route.tenant.tenant_id
            self._reach(call, route)
            request = RawRequest(asked.method, asked.path, asked.query, asked.body, asked.content_type, asked.version)
            work = partial(self._work, call, partial(self._ask_http, call, request), _ONE_ATTEMPT)
            what = b"\0".join((request.target.encode(), (asked.version or "").encode(), asked.body))
            return await self._once_if_asked(call, work, "http", asked.idempotency_key, what)

    @asynccontextmanager
    async def _recorded(
        self, principal: Principal, caller: ClientInfo, progress: Progress, deadline: float
    ) -> AsyncIterator[Call]:
        """One audit row, however the call ends; and its end when its time is up."""
        call = Call(principal, caller, progress, self._clock.monotonic() + deadline)
        problem: BaseException | None = None
        try:
            async with asyncio.timeout(deadline):
                yield call
        except TimeoutError as late:
            problem = UpstreamTimedOut()
            raise problem from late
        except BaseException as raised:
            problem = raised
            raise
        finally:
            await self._recorder.close(call, problem)
            # Else it and this frame hold each other, with all that was read, until somebody collects them.
            problem = None

    def _reach(self, call: Call, route: TenantGrant) -> None:
        if not call.principal.reaches(route.workspace_id):
            raise WorkspaceNotAllowed
        call.route = route

    def _request(self, asked: ToolCall) -> NotionRequest:
        try:
            return request_of(asked.tool_id, asked.parameters, self._version)
        except Unfit as unfit:
            raise InvalidParameters(unfit) from unfit

    async def _once_if_asked(
        self, call: Call, work: Callable[[], Awaitable[Reply]], kind: str, key: str | None, asked: bytes
    ) -> Reply:
        operation, tenant = _operation_of(call), _route(call).tenant
        if key is None or not operation.writes:
            return await work()
        scope = f"{kind}:{operation.name}"
        hashed = call_key(tenant.account_id, tenant.tenant_id, scope, key, asked)
        reply, was_kept = await self._idempotency.run_once(hashed, work)
        if was_kept:
            call.outcome = REPEATED
        return reply

    async def _work(self, call: Call, ask: Ask, retries: Retries) -> Reply:
        writes = _operation_of(call).writes
        with mapped_errors(lambda: self._grant_lookup.reauthorize_url(_route(call)), writes=writes):
            return await self._attempts(call, ask, retries)

    async def _attempts(self, call: Call, ask: Ask, retries: Retries) -> Reply:
        writes = _operation_of(call).writes
        for attempt in itertools.count(1):
            try:
                place = partial(self._place, call)
                return await self._access.call(partial(self._open, call), ask, call.caller, again=place)
            except NotionUnavailable as failure:
                pause = retries.pause(failure, attempt=attempt)
                limited = isinstance(failure, NotionRateLimited)
                if limited:
                    # For everybody who calls with this grant; the next attempt waits with them.
                    await self._rate_limiter.stop(_route(call).grant_id, pause)
                # Told as Notion told it where that is more than the bucket would say.
                too_long = limited and pause > LONGEST_STOP
                if too_long or not retries.again(failure, attempt=attempt, writes=writes):
                    raise
                if not limited:
                    if pause >= self._left(call):
                        raise
                    await asyncio.sleep(pause)
        raise AssertionError

    async def _open(self, call: Call) -> OpenedGrant:
        reservation = await self._place(call)
        return await self._credential_store.opened(reservation.grant)

    async def _place(self, call: Call) -> Reservation:
        """Among the grant's callers, when its turn has come."""
        route = _route(call)
        max_wait = min(_MAX_WAIT_SECONDS, self._left(call))
        first = call.audit_id is None
        reservation = await self._recorder.take(call, route.grant_id, _operation_of(call).needs, max_wait)
        if first:
            self._grant_lookup.used(route)
        await self._rate_limiter.wait(reservation, max_wait)
        return reservation

    async def _ask_tool(self, call: Call, request: NotionRequest, token: Secret) -> Reply:
        writes = _operation_of(call).writes
        with _noted(call):
            answer = await self._api.answer(token, request, writes=writes, deadline=self._left(call))
        request_id = answer.value.get("request_id")
        call.progress.notion_request_id = plain(request_id) if isinstance(request_id, str) else None
        return Reply(answer.status, answer.body, call.progress.notion_request_id)

    async def _ask_http(self, call: Call, request: RawRequest, token: Secret) -> Reply:
        writes = _operation_of(call).writes
        with _noted(call):
            answer = await self._api.passed_on(token, request, writes=writes, deadline=self._left(call))
        call.progress.notion_request_id = answer.request_id
        call.outcome = answer.code or SUCCESS
        if answer.status == _TOO_MANY:
            await self._rate_limiter.stop(_route(call).grant_id, answer.retry_after or 1)
        return Reply(answer.status, answer.body, answer.request_id, answer.retry_after)

    def _left(self, call: Call) -> float:
        return max(0.0, call.until - self._clock.monotonic())


@contextmanager
def _noted(call: Call) -> Iterator[None]:
    call.progress.attempts += 1
    try:
        yield
    except NotionError as failure:
        call.progress.notion_request_id = failure.request_id
        raise


def _route(call: Call) -> TenantGrant:
    assert call.route  # noqa: S101 -- chosen before Notion is asked
    return call.route


def _operation_of(call: Call) -> Operation:
    assert call.operation  # noqa: S101 -- known before Notion is asked
    return call.operation


def _operation(tool_id: str) -> Operation:
    try:
        return operation_of(tool_of(tool_id))
    except NoSuchTool as unknown:
        raise UnknownTool from unknown


def _check_scope(principal: Principal, operation: Operation) -> None:
    if operation.scope not in principal.scopes:
        raise InsufficientScope(operation.scope.value)

"""Requests to Notion that are one call: one audit row for all of them, however many there are."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.gateway.call_recorder import REPEATED, CallRecord
from ivgraph_auth.gateway.errors import InvalidParameters, NotionSaidNo, RateLimited
from ivgraph_auth.gateway.idempotency import IdempotentCalls, call_key
from ivgraph_auth.gateway.models import Reply
from ivgraph_auth.gateway.notion_calls import NotionCall, NotionCalls
from ivgraph_auth.gateway.policy import operation_of
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.notion.endpoints import Endpoint
from ivgraph_auth.notion.errors import InvalidParameters as Unfit
from ivgraph_auth.notion.errors import NotionRefused
from ivgraph_auth.notion.operations import NotionRequest, RawRequest, request_of, tool_of

JsonObject = dict[str, Any]
_ONE_ATTEMPT = Retries(attempts=1)
_TOO_MANY, _FIRST_REFUSAL = 429, 400


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """Each request has its own turn, retries and capability; they are made one after the other."""

    record: CallRecord
    grant: TenantGrant
    calls: NotionCalls
    idempotency: IdempotentCalls
    retries: Retries
    version: str

    async def ask(self, endpoint: Endpoint, request: NotionRequest) -> JsonObject:
        """Notion's object. Raises errors of `errors.py`, and of the service."""
        call = NotionCall(self.record, operation_of(endpoint), self.grant, request, self.retries)
        found: JsonObject = json.loads((await self.calls.run(call)).body)
        return found

    async def invoke(self, tool_id: str, parameters: Mapping[str, Any]) -> JsonObject:
        """As `ask`, of a tool of `notion/tools.py`, in the words of the API version that is set."""
        try:
            request = request_of(tool_id, parameters, self.version)
        except Unfit as unfit:
            raise InvalidParameters(unfit) from unfit
        return await self.ask(tool_of(tool_id).endpoint, request)

    async def send(self, endpoint: Endpoint, request: RawRequest) -> JsonObject:
        """What is no JSON, in one attempt. As `ask` otherwise."""
        call = NotionCall(self.record, operation_of(endpoint), self.grant, request, _ONE_ATTEMPT)
        reply = await self.calls.run(call)
        found: JsonObject = json.loads(reply.body or b"{}")
        if reply.status == _TOO_MANY:
            raise RateLimited(retry_after=reply.retry_after or 1)
        if reply.status >= _FIRST_REFUSAL:
            code, message = str(found.get("code", "")), str(found.get("message", ""))
            raise NotionSaidNo(NotionRefused(reply.status, code, message=message, request_id=reply.notion_request_id))
        return found

    async def run_once(self, key: str | None, asked: bytes, work: Callable[[], Awaitable[JsonObject]]) -> JsonObject:
        """What `work` answers: under a key it runs once. `asked` is all that belongs to the call: under the same key,
        something else is refused. Raises as `IdempotentCalls.run_once`.
        """
        if key is None:
            return await work()

        async def reply() -> Reply:
            found = await work()
            return Reply(200, json.dumps(found).encode(), self.record.progress.notion_request_id)

        tenant, operation = self.grant.tenant, self.record.operation
        scope = f"agent:{operation.name if operation else ''}"
        kept, was_kept = await self.idempotency.run_once(
            call_key(tenant.account_id, tenant.tenant_id, scope, key, asked), reply
        )
        if was_kept:
            self.record.outcome = REPEATED
        found: JsonObject = json.loads(kept.body)
        return found

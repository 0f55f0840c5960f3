"""The verdict on a call without the call, by the code that decides when it is made. Nothing is written or taken."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from ivgraph_auth.authz.models import Cost, NotionTarget, Verdict
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.gateway.models import Foreseen, HttpCall, ToolCall
from ivgraph_auth.gateway.policy import Operation
from ivgraph_auth.gateway.service import CallVerdict, Gateway
from ivgraph_auth.graph.content_service import ContentService
from ivgraph_auth.graph.errors import UnknownNode
from ivgraph_auth.notion.endpoints import ENDPOINTS

_ONLY_TOOLS = "Only the tools that GET /api/v1/tools lists can be called."
_ONLY_LISTED = "Only the calls that OpenAPI lists under /notion/v1/ are passed on."


@dataclass(frozen=True, slots=True)
class ExplainService:
    gateway: Gateway
    content: ContentService

    async def explain_tool(self, principal: Principal, call: ToolCall) -> Verdict:
        """Raises Unavailable, as all of these."""
        return _verdict(await self.gateway.foresee(principal, call), _ONLY_TOOLS)

    async def explain_drop_in(self, principal: Principal, call: HttpCall) -> Verdict:
        return _verdict(await self.gateway.foresee(principal, call), _ONLY_LISTED)

    async def explain_content(self, principal: Principal, node_id: uuid.UUID, rule: str) -> Verdict:
        """Of a page, which is read at Notion with the first connection that sees it: at least one call."""
        try:
            found = await self.content.foresee(principal, node_id)
        except UnknownNode as refusal:
            return Verdict(rule, refusal)
        return _verdict(found, rule, rule)


def explain_check(principal: Principal, rule: str, check: Callable[[Principal], None]) -> Verdict:
    """Of a call of the service's own. Whether what it names is there is not looked at."""
    try:
        check(principal)
    except ServiceError as refusal:
        return Verdict(rule, refusal)
    return Verdict(rule)


def _verdict(found: CallVerdict, without_operation: str, rule: str | None = None) -> Verdict:
    operation, grant = found.record.operation, found.record.grant
    return Verdict(
        rule or (_describe_rule(operation) if operation else without_operation),
        found.refusal,
        _target(found, operation) if operation else None,
        _cost(found.foreseen) if found.foreseen else None,
        grant.tenant.tenant_id if grant else None,
    )


def _describe_rule(operation: Operation) -> str:
    needs = f", and a connection with the capability {' or '.join(operation.needs)}" if operation.needs else ""
    return f"Takes a credential with the scope {operation.scope.value}, a workspace that it covers{needs}."


def _target(found: CallVerdict, operation: Operation) -> NotionTarget:
    if found.call is not None:
        return NotionTarget(found.call.request.method, found.call.request.path)
    endpoint = ENDPOINTS[operation.name]
    return NotionTarget(endpoint.method, endpoint.path)


def _cost(foreseen: Foreseen) -> Cost:
    return Cost(1, foreseen.state.remaining, foreseen.wait_seconds, foreseen.state.reset)

"""The verdict on a call, for whoever would make it with the credential at hand."""

from dataclasses import replace

from pydantic import ValidationError

from ivgraph_auth.api.dependencies import Context
from ivgraph_auth.api.resolvers import AnyCredential
from ivgraph_auth.api.schemas.explain import CostOut, ExplainOut, ExplainRequest, MissingOut, NotionTargetOut
from ivgraph_auth.api.schemas.responses import BODY, NextStepOut, problems
from ivgraph_auth.api.tools import ToolInvocation
from ivgraph_auth.authz.models import Verdict
from ivgraph_auth.authz.service import explain_check
from ivgraph_auth.core.errors import InsufficientScope, NotFound, Unprocessable
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.gateway.models import HttpCall, ToolCall
from ivgraph_auth.gateway.rate_limiter import BURST, PER_SECOND
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.http_errors import MethodNotAllowed
from ivgraph_auth.web.errors.next_steps.advice import next_steps
from ivgraph_auth.web.errors.next_steps.situation import INVOKE, AskedCall
from ivgraph_auth.web.policy import API, TOOL, ErrorForm, FoundRoute
from ivgraph_auth.web.routing import Router

router = Router(tags=["Agents"])

_DROP_IN = "/notion"
_CONTENT = "/api/v1/graph/nodes/{node_id}/content"
_NOBODY_ASKED = "Takes a call from anybody, also without a credential."
_NO_SUCH_CALL = "Takes a method and a path that OpenAPI lists."


@router.post(
    "/api/authz/explain",
    policy=replace(API, body_limit=TOOL.body_limit),
    response_model_exclude_unset=True,
    responses=problems(401, *BODY),
)
async def explain_call(context: Context, principal: AnyCredential, body: ExplainRequest) -> ExplainOut:
    """What would become of a call, without making it: allowed or not, by which rule, what is missing and how to get it,
    what Notion would be asked, and what it costs of the rate limit. Nothing is recorded or taken. Of a call of this
    service's own it tells whether the credential may make it, not whether what it names is there.
    """
    if body.tool is not None:
        call = ToolCall(body.tool, body.tenantId, body.arguments or {}, 0, None, _workspace(body))
        verdict = await context.services.explain.explain_tool(principal, call)
        asked = AskedCall(ErrorForm.TOOL, "POST", INVOKE, repeatable=True)
    else:
        verdict, asked = await _explain_path(context, principal, body)
    return _answer(context, verdict, asked)


async def _explain_path(
    context: RequestContext, principal: Principal, body: ExplainRequest
) -> tuple[Verdict, AskedCall]:
    method = "GET" if body.method == "HEAD" else body.method or ""
    path, _, query = (body.path or "").partition("?")
    if context.routes.is_drop_in(path.encode()):
        verdict = await context.services.explain.explain_drop_in(principal, _drop_in_call(body, method, path, query))
        return verdict, AskedCall(ErrorForm.NOTION, method, path, repeatable=False)
    found = context.routes.find(method, path, path.encode())
    asked = AskedCall(
        found.policy.errors, method, path, path.rstrip("/") == found.template.rstrip("/"), methods=found.methods
    )
    return await _explain_route(context, principal, body, asked, found), asked


async def _explain_route(
    context: RequestContext, principal: Principal, body: ExplainRequest, asked: AskedCall, found: FoundRoute
) -> Verdict:
    if asked.method not in found.methods:
        return Verdict(
            _NO_SUCH_CALL, MethodNotAllowed() if found.methods else NotFound("There is nothing at this path.")
        )
    if found.template == INVOKE:
        return await _explain_invocation(context, principal, body)
    if found.check is None:
        return Verdict(_NOBODY_ASKED)
    verdict = explain_check(principal, found.check.rule, found.check.check)
    node_id = parse_notion_id(asked.path.rstrip("/").split("/")[-2]) if found.template == _CONTENT else None
    if verdict.allowed and node_id is not None:
        return await context.services.explain.explain_content(principal, node_id, verdict.rule)
    return verdict


async def _explain_invocation(context: RequestContext, principal: Principal, body: ExplainRequest) -> Verdict:
    try:
        given = ToolInvocation.model_validate(body.body if body.body is not None else body.arguments)
    except ValidationError:
        return Verdict("Takes a tool of GET /api/v1/tools, with its parameters.", Unprocessable())
    call = ToolCall(given.toolId, given.tenantId, given.parameters, 0, None)
    return await context.services.explain.explain_tool(principal, call)


def _drop_in_call(body: ExplainRequest, method: str, path: str, query: str) -> HttpCall:
    """Without its body, by which nothing is decided."""
    return HttpCall(
        method=method,
        path=path.removeprefix(_DROP_IN),
        query=query,
        body=b"",
        content_type=None,
        version=None,
        tenant=body.tenantId,
        workspace=_workspace(body),
        idempotency_key=None,
        deadline=0,
    )


def _workspace(body: ExplainRequest) -> str | None:
    return str(body.workspaceId) if body.workspaceId else None


def _answer(context: RequestContext, verdict: Verdict, asked: AskedCall) -> ExplainOut:
    refusal, cost, target = verdict.refusal, verdict.cost, verdict.would_call
    steps = next_steps(context, refusal, replace(asked, tenant_id=verdict.tenant_id)) if refusal else []
    return ExplainOut(
        allowed=verdict.allowed,
        rule=verdict.rule,
        missing=None
        if refusal is None
        else MissingOut(
            status=refusal.status,
            code=refusal.code,
            detail=refusal.detail,
            scopes=list(refusal.scopes) if isinstance(refusal, InsufficientScope) else None,
            errors=refusal.extra.get("errors"),
        ),
        next=[NextStepOut.model_validate(step.as_json()) for step in steps],
        would_call=NotionTargetOut.of(target) if target else None,
        cost=CostOut(
            places=cost.places if cost else int(target is not None),
            left=cost.left if cost else None,
            wait_seconds=cost.wait_seconds if cost else None,
            full_in_seconds=cost.full_in_seconds if cost else None,
            at_once=BURST,
            per_second=PER_SECOND,
        ),
    )

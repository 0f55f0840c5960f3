"""`explain`: the verdict on a call of a tool, without the call."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments, JsonObject, Text, Workspace, describe
from ivgraph_auth.agents.connections import choose, connections_of
from ivgraph_auth.agents.models import AgentTool, ListedTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.authz.models import Verdict
from ivgraph_auth.authz.service import explain_check
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.gateway.models import ToolCall

_OF_NOTION = "notion_"


class ExplainArguments(Arguments):
    tool: Annotated[
        Text,
        describe("Of a tool that is listed here, or of one of GET /api/v1/tools: its name.", max_length=100,
                 examples=["create_page", "notion_update_block"]),
    ]  # fmt: skip
    arguments: Annotated[
        JsonObject,
        describe("What the tool would be called with. Looked at for notion_ tools.", default_factory=dict),
    ]
    workspace: Workspace = ""


class ExplainResult(BaseModel):
    allowed: bool
    rule: str
    code: str = Field(default="", description="Of the refusal.")
    detail: str = Field(default="", description="Of the refusal.")
    next: list[dict[str, Any]] = Field(description="What you can do, and what your person can do.")
    would_call: str = Field(default="", description="Notion's method and path, where Notion is asked.")
    calls_left: int = Field(default=0, description="So many calls to Notion may go out at once; 0 where none is asked.")
    wait_seconds: int = Field(default=0, description="How long the call would wait for its turn.")


async def _explain(box: Toolbox, caller: ToolCaller, asked: ExplainArguments) -> ToolAnswer:
    tool = caller.tools.get(asked.tool)
    if tool is not None and not tool.name.startswith(_OF_NOTION):
        return _answer(explain_check(caller.principal, _rule(tool), partial(_check, tool)), caller)
    tenant = None
    if asked.workspace:
        grants = await connections_of(box, caller.principal, asked.workspace)
        tenant = choose(caller.principal, grants).tenant.tenant_id
    call = ToolCall(asked.tool, tenant, asked.arguments, 0, None)
    return _answer(await box.explain.explain_tool(caller.principal, call), caller)


def _rule(tool: ListedTool) -> str:
    return f"{tool.name} takes {' and '.join(tool.scopes) or 'any credential'}."


def _check(tool: ListedTool, principal: Principal) -> None:
    if any(scope not in principal.scopes for scope in tool.scopes):
        raise InsufficientScope(" ".join(tool.scopes))


def _answer(verdict: Verdict, caller: ToolCaller) -> ToolAnswer:
    refusal, target, cost = verdict.refusal, verdict.would_call, verdict.cost
    steps: Sequence[Mapping[str, Any]] = caller.advise(refusal) if refusal else []
    told: dict[str, Any] = {"allowed": verdict.allowed, "rule": verdict.rule}
    told |= {"code": refusal.code, "detail": refusal.detail} if refusal else {}
    told["next"] = list(steps)
    told |= {"would_call": f"{target.method} {target.path}"} if target else {}
    told |= {"calls_left": cost.left, "wait_seconds": cost.wait_seconds} if cost else {}
    lines = [f"{'Allowed' if verdict.allowed else 'Not allowed'}. {verdict.rule}"]
    lines += [refusal.detail] if refusal else []
    lines += [f"- {step['who']}: {step['do']}" + (f" {step['url']}" if "url" in step else "") for step in steps]
    lines += [f"Notion would be asked {told['would_call']}."] if target else []
    return ToolAnswer("\n".join(lines), told)


EXPLAIN = AgentTool(
    name="explain",
    title="Would this be allowed",
    description="Whether a call of a tool would be allowed, by which rule, what is missing and how to get it, without "
    "making the call. Use it before you ask your person for more.",
    scopes=(),
    takes=ExplainArguments,
    answers=ExplainResult,
    run=_explain,
    idempotent=True,
)

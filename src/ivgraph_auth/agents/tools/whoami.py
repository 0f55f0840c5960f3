"""`whoami`: what this credential may do and until when, which workspaces it reaches, how fresh their graphs are, and
what is left of Notion's rate limit.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import Arguments
from ivgraph_auth.agents.connections import workspace_name, workspace_values
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.rendering.notes import moment
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.principal import CredentialKind, Principal
from ivgraph_auth.gateway.rate_limiter import BURST, PER_SECOND

_KINDS = {
    CredentialKind.SESSION: "a person's session",
    CredentialKind.SERVICE_TOKEN: "a service token",
    CredentialKind.APP: "an app's access token",
}
_PROFILE = "profile"
# A platform has thousands.
_MOST_TOLD = 20


class WhoamiArguments(Arguments):
    pass


class WorkspaceOut(BaseModel):
    workspace: str = Field(description="What to give as workspace in other tools.")
    id: str
    name: str
    status: str
    graph_as_of: str = Field(description="When the graph was last complete; never: it is being read, or was not begun.")
    calls_left: int = Field(description="So many calls to Notion may go out at once.")


class WhoamiResult(BaseModel):
    credential: str
    person: str = Field(default="", description="For whom it acts.")
    scopes: list[str]
    expires: str = Field(default="", description="Absent where it does not end by itself.")
    workspaces: list[WorkspaceOut]
    more: int = Field(default=0, description="How many workspaces are not listed here.")


async def _whoami(box: Toolbox, caller: ToolCaller, _: WhoamiArguments) -> ToolAnswer:
    principal = caller.principal
    structured: dict[str, Any] = {
        "credential": _KINDS[principal.kind],
        "scopes": [str(each) for each in principal.scopes],
    }
    structured |= {"person": name} if (name := _person(principal)) else {}
    structured |= {"expires": moment(principal.expires_at)} if principal.expires_at else {}
    every = await box.grant_lookup.list_of_account(principal.account_id)
    grants = [each for each in every if principal.reaches(each.workspace_id)]
    structured["workspaces"] = await _workspaces(box, principal, grants)
    structured |= {"more": len(grants) - _MOST_TOLD} if len(grants) > _MOST_TOLD else {}
    return ToolAnswer("\n".join(_lines(structured)), structured)


def _person(principal: Principal) -> str:
    """An app is told the name where its person has let it know."""
    told = principal.kind is not CredentialKind.APP or _PROFILE in principal.identity_scopes
    return (principal.snapshot.name or "") if told else ""


async def _workspaces(box: Toolbox, principal: Principal, grants: Sequence[TenantGrant]) -> list[dict[str, Any]]:
    values = workspace_values(principal, grants)
    shown = grants[:_MOST_TOLD]
    as_of = {each.grant_id: each.as_of for each in await box.lookup.graphs(shown)}
    states = {workspace.id: workspace.status for workspace in principal.workspaces}
    return [
        {
            "workspace": value,
            "id": str(grant.workspace_id),
            "name": workspace_name(principal, grant.workspace_id),
            "status": states.get(grant.workspace_id, "active"),
            "graph_as_of": moment(as_of.get(grant.grant_id)),
            "calls_left": await _calls_left(box, grant),
        }
        for grant, value in zip(shown, values, strict=False)
    ]


async def _calls_left(box: Toolbox, grant: TenantGrant) -> int:
    return (await box.rate_limiter.state(grant.grant_id)).remaining


def _lines(told: dict[str, Any]) -> Sequence[str]:
    person, expires = told.get("person"), told.get("expires")
    who = f"You act by {told['credential']}" + (f" of {person}" if person else "") + "."
    until = f"It ends {expires}." if expires else "It has no end of its own."
    lines = [f"{who} {until}", f"Scopes: {', '.join(told['scopes']) or 'none'}."]
    lines += [
        f"- {each['name']} ({each['id']}): {each['status']}; graph as of {each['graph_as_of']}; "
        f"{each['calls_left']} of {BURST} calls to Notion left, {PER_SECOND} more each second"
        + ("" if each["workspace"] in (each["name"], each["id"]) else f'; workspace "{each["workspace"]}"')
        for each in told["workspaces"]
    ]
    more = [f"And {told['more']} more."] if told.get("more") else []
    return [*lines, *more] if told["workspaces"] else [*lines, "No workspace is connected."]


WHOAMI = AgentTool(
    name="whoami",
    title="What may I do",
    description="What this credential may do and until when, which workspaces it reaches, how fresh what is known of "
    "them is, and how many calls to Notion are left.",
    scopes=(),
    takes=WhoamiArguments,
    answers=WhoamiResult,
    run=_whoami,
    idempotent=True,
)

"""By which connection a tool acts: where a credential leads to one, it need not be named."""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ivgraph_auth.agents.errors import NoConnection, UnclearWorkspace, UnknownObject, UnknownWorkspaceName
from ivgraph_auth.agents.models import ToolCaller
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.errors import InsufficientScope, ServiceError
from ivgraph_auth.core.principal import Principal, Scope
from ivgraph_auth.gateway.errors import NotionSaidNo, OAuthExpired
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.gateway.service import GrantReader
from ivgraph_auth.graph.lookup import Seen
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.notion.endpoints import ENDPOINTS

_T = TypeVar("_T")
_NOT_FOUND = 404
# Connections that are asked in turn for what the graph does not know: where there are more, one must be named.
_MOST_ASKED = 5


@dataclass(frozen=True, slots=True)
class Aim:
    """What a tool is about. `tool_id` is the endpoint of its main request, as the audit trail names it; `by_kind` has
    another one where the graph knows what it is. `unseen` is the scope that it takes to ask Notion for what the graph
    does not know, where the tool itself does not take it.
    """

    node_id: uuid.UUID
    workspace: str
    tool_id: str
    unseen: Scope | None = None
    by_kind: Mapping[NodeType, str] = field(default_factory=dict)


async def by_connection(
    box: Toolbox, caller: ToolCaller, aim: Aim, work: Callable[[RecordedCall, Seen | None], Awaitable[_T]]
) -> _T:
    """By the connection that sees the object, or another that does where that one needs a consent; where the graph does
    not know it, by each, until Notion knows it for one.
    One audit row for each connection that is asked. Raises UnknownObject, UnclearWorkspace, InsufficientScope, and what
    `work` raises.
    """
    grants = await connections_of(box, caller.principal, aim.workspace)
    seen = await box.lookup.find(grants, aim.node_id)
    if seen is None and aim.unseen is not None and aim.unseen not in caller.principal.scopes:
        raise InsufficientScope(aim.unseen.value)
    if seen is None and len(grants) > _MOST_ASKED:
        raise UnclearWorkspace(workspace_values(caller.principal, grants))
    tool_id = aim.by_kind.get(seen.node.summary.type, aim.tool_id) if seen else aim.tool_id
    refused: ServiceError | None = None
    able = (seen.grant, *seen.others) if seen else grants
    for grant in able:
        try:
            async with record(box, caller, grant, tool_id) as call:
                return await work(call, replace(seen, grant=grant) if seen else None)
        except OAuthExpired:
            # Nothing was done: another connection that sees it may still be good.
            if grant is able[-1]:
                raise
        except NotionSaidNo as refusal:
            if seen or refusal.status != _NOT_FOUND:
                raise
            refused = refusal
    raise UnknownObject from refused


async def connections_of(box: Toolbox, principal: Principal, workspace: str = "") -> list[TenantGrant]:
    """All that the credential reaches, or those of the workspace that is named: one for each grant, those that signing
    in made before the others. Raises NoConnection, UnknownWorkspaceName.
    """
    every = [
        each
        for each in await box.grant_lookup.list_of_account(principal.account_id)
        if principal.reaches(each.workspace_id)
    ]
    if not every:
        raise NoConnection
    named = [each for each in every if not workspace or _is_named(principal, each, workspace)]
    if not named:
        raise UnknownWorkspaceName(workspace_values(principal, every))
    named.sort(key=lambda each: each.tenant.tenant_id != str(each.workspace_id))
    return list({each.grant_id: each for each in reversed(named)}.values())[::-1]


def choose(principal: Principal, grants: Sequence[TenantGrant]) -> TenantGrant:
    """The only one; in one workspace, that which signing in made. Raises UnclearWorkspace."""
    first = grants[0]
    in_one = len({each.workspace_id for each in grants}) == 1
    if len(grants) == 1 or (in_one and first.tenant.tenant_id == str(first.workspace_id)):
        return first
    raise UnclearWorkspace(workspace_values(principal, grants))


def workspace_values(principal: Principal, grants: Sequence[TenantGrant]) -> list[str]:
    """What may be given as `workspace`: its name; its id, where two are called alike; the connection's own name, where
    there are several for one workspace.
    """
    names = Counter(workspace.name for workspace in principal.workspaces)
    connections = Counter(each.workspace_id for each in grants)
    found: list[str] = []
    for each in grants:
        name = workspace_name(principal, each.workspace_id)
        of_workspace = name if names[name] == 1 else str(each.workspace_id)
        found.append(of_workspace if connections[each.workspace_id] == 1 else each.tenant.tenant_id)
    return found


def workspace_name(principal: Principal, workspace_id: uuid.UUID) -> str:
    workspace = principal.snapshot.by_id.get(workspace_id)
    return (workspace.name if workspace else None) or str(workspace_id)


def record(
    box: Toolbox, caller: ToolCaller, grant: TenantGrant, tool_id: str
) -> AbstractAsyncContextManager[RecordedCall]:
    """All requests of one tool call. `tool_id` is the endpoint of the main one, as the audit trail names it."""
    reader = GrantReader(caller.principal, grant, caller.client)
    return box.gateway.record(reader, ENDPOINTS[tool_id], caller.progress, deadline=caller.deadline)


def _is_named(principal: Principal, grant: TenantGrant, wanted: str) -> bool:
    bare = wanted.strip().casefold()
    ids = (str(grant.workspace_id), grant.workspace_id.hex)
    name = workspace_name(principal, grant.workspace_id).casefold()
    return bare in (*ids, name, grant.tenant.tenant_id.casefold())

"""Whose connection a call on the drop-in address means: the tenant that is named, or the one that a workspace has."""

from ivgraph_auth.connect.errors import WorkspaceNotAllowed
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import Tenant, TenantGrant
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.gateway.errors import UnclearTenant
from ivgraph_auth.gateway.models import HttpCall

_NAME_ONE = "Name the tenant with X-Ivgraph-Tenant; GET /api/connections/ lists them."


async def select_tenant(grant_lookup: GrantLookup, principal: Principal, asked: HttpCall) -> TenantGrant:
    """Raises UnclearTenant, WorkspaceNotAllowed."""
    workspace_id = parse_notion_id(asked.workspace) if asked.workspace is not None else None
    if asked.workspace is not None and workspace_id is None:
        raise UnclearTenant("X-Ivgraph-Workspace should be a workspace id.")
    if asked.tenant is not None:
        found = await grant_lookup.find_of_tenant(Tenant(principal.account_id, asked.tenant))
        if found is None:
            raise UnclearTenant("You have no connection of the name in X-Ivgraph-Tenant.")
        if workspace_id not in (None, found.workspace_id):
            raise UnclearTenant("X-Ivgraph-Tenant and X-Ivgraph-Workspace do not agree.")
        return found
    reached = principal.workspaces
    if workspace_id is None and len(reached) > 1:
        raise UnclearTenant(f"This credential covers several workspaces. {_NAME_ONE}")
    if not reached or not (workspace_id is None or principal.reaches(workspace_id)):
        raise WorkspaceNotAllowed
    found = await grant_lookup.find_of_workspace(principal.account_id, workspace_id or reached[0].id)
    if found is None:
        raise UnclearTenant(f"Several connections lead to this workspace. {_NAME_ONE}")
    return found

"""Whose connection a call means, at either door: the tenant that is named, else the only one that the credential leads
to, or the one that signing in to its only workspace made.
"""

from dataclasses import dataclass

from ivgraph_auth.connect.errors import WorkspaceNotAllowed
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import Tenant, TenantGrant
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.gateway.errors import UnclearTenant, UnknownTenant


@dataclass(frozen=True, slots=True)
class AskedTenant:
    """What a caller says of it: a tenant's name, a workspace's id, both or neither. `tenant_word` and `workspace_word`
    are what the caller calls the two, for refusals.
    """

    tenant: str | None
    workspace: str | None = None
    tenant_word: str = "tenantId"
    workspace_word: str = "workspace"


async def select_tenant(grant_lookup: GrantLookup, principal: Principal, asked: AskedTenant) -> TenantGrant:
    """Whether the credential reaches a tenant that was named is for the caller to check.

    Raises UnclearTenant, UnknownTenant, WorkspaceNotAllowed.
    """
    workspace_id = parse_notion_id(asked.workspace) if asked.workspace is not None else None
    if asked.workspace is not None and workspace_id is None:
        raise UnclearTenant(f"{asked.workspace_word} should be a workspace id.")
    if asked.tenant is not None:
        found = await grant_lookup.find_of_tenant(Tenant(principal.account_id, asked.tenant))
        if found is None:
            raise UnknownTenant(f"You have no connection of the name in {asked.tenant_word}.")
        if workspace_id not in (None, found.workspace_id):
            raise UnclearTenant(f"{asked.tenant_word} and {asked.workspace_word} do not agree.")
        return found
    reached = principal.workspaces
    if workspace_id is None and len(reached) > 1:
        raise UnclearTenant(f"This credential covers several workspaces. Name one with {asked.tenant_word}.")
    if not reached or not (workspace_id is None or principal.reaches(workspace_id)):
        raise WorkspaceNotAllowed
    found = await grant_lookup.find_of_workspace(principal.account_id, workspace_id or reached[0].id)
    if found is None:
        raise UnclearTenant(f"Several connections lead to this workspace. Name one with {asked.tenant_word}.")
    return found

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

_MOST_TOLD = 20
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class TenantChoice:
    """What a caller says of it: a tenant's name, a workspace's id, both or neither. `tenant_word` and `workspace_word`
    are what the caller calls the two, for refusals.
    """

    tenant: str | None
    workspace: str | None = None
    tenant_word: str = "tenantId"
    workspace_word: str = "workspace"


async def select_tenant(grant_lookup: GrantLookup, principal: Principal, choice: TenantChoice) -> TenantGrant:
    """Whether the credential reaches a tenant that was named is for the caller to check.

    Raises UnclearTenant, UnknownTenant, WorkspaceNotAllowed.
    """
    workspace_id = parse_notion_id(choice.workspace) if choice.workspace is not None else None
    if choice.workspace is not None and workspace_id is None:
        raise UnclearTenant(f"{choice.workspace_word} should be a workspace id.")
    if choice.tenant is not None:
        found = await grant_lookup.find_of_tenant(Tenant(principal.account_id, choice.tenant))
        if found is None:
            told = await _list_tenants(grant_lookup, principal)
            raise UnknownTenant(f"You have no connection of the name in {choice.tenant_word}. {told}")
        if workspace_id not in (None, found.workspace_id):
            raise UnclearTenant(f"{choice.tenant_word} and {choice.workspace_word} do not agree.")
        return found
    reached = principal.workspaces
    if workspace_id is None and len(reached) > 1:
        told = await _list_tenants(grant_lookup, principal)
        raise UnclearTenant(f"This credential covers several workspaces. Name one with {choice.tenant_word}. {told}")
    if not reached or not (workspace_id is None or principal.reaches(workspace_id)):
        raise WorkspaceNotAllowed
    found = await grant_lookup.find_of_workspace(principal.account_id, workspace_id or reached[0].id)
    if found is None:
        told = await _list_tenants(grant_lookup, principal)
        raise UnclearTenant(f"Several connections lead to this workspace. Name one with {choice.tenant_word}. {told}")
    return found


async def _list_tenants(grant_lookup: GrantLookup, principal: Principal) -> str:
    """Those that this credential reaches, each with the name of its workspace."""
    workspaces = {workspace.id: workspace.name for workspace in principal.workspaces}
    names = sorted(
        f"{grant.tenant.tenant_id} ({(workspaces[grant.workspace_id] or str(grant.workspace_id))[:_LONGEST_NAME]})"
        for grant in await grant_lookup.list_of_account(principal.account_id)
        if grant.workspace_id in workspaces
    )
    more = f", and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return f"There are: {', '.join(names[:_MOST_TOLD])}{more}." if names else "There is none that it reaches."

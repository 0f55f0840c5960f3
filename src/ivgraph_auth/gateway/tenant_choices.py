"""What a caller could have named, told to those who named nothing, or nothing that is theirs to use."""

from collections.abc import Awaitable

from ivgraph_auth.connect.errors import TenantChoice, WorkspaceNotAllowed
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.gateway.errors import UnclearTenant, UnknownTenant


async def tell_choices(
    grant_lookup: GrantLookup, principal: Principal, selecting: Awaitable[TenantGrant], workspace: str | None
) -> TenantGrant:
    """What `selecting` answers; its refusals get their choices. `workspace` is the one that was named, as it came."""
    try:
        return await selecting
    except (UnknownTenant, UnclearTenant, WorkspaceNotAllowed) as refusal:
        refusal.choices = refusal.choices or await _list_choices(grant_lookup, principal, workspace)
        raise


async def _list_choices(
    grant_lookup: GrantLookup, principal: Principal, workspace: str | None
) -> tuple[TenantChoice, ...]:
    """Tenants of the caller's own account, in workspaces that the credential covers; of the one that was named, where
    it is among them. Those that signing in made come first.
    """
    names = {item.id: item.name for item in principal.workspaces}
    named = parse_notion_id(workspace) if workspace else None
    found = [
        TenantChoice(grant.tenant.tenant_id, grant.workspace_id, names[grant.workspace_id])
        for grant in await grant_lookup.list_of_account(principal.account_id)
        if grant.workspace_id in names and (named not in names or grant.workspace_id == named)
    ]
    return tuple(sorted(found, key=lambda each: (each.tenant_id != str(each.workspace_id), each.tenant_id)))

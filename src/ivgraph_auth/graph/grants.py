"""Which grants a principal reads by: all that is seen in the graph belongs to one."""

import uuid

from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.core.principal import Principal


async def grants_of(
    grant_lookup: GrantLookup, principal: Principal, workspace_id: uuid.UUID | None = None
) -> list[int]:
    """Of the workspaces that the principal reaches now, or of one of them."""
    return sorted(
        {
            grant.grant_id
            for grant in await grant_lookup.list_of_account(principal.account_id)
            if principal.reaches(grant.workspace_id) and workspace_id in (None, grant.workspace_id)
        }
    )

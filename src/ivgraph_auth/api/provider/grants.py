"""Apps that a person has let in."""

import uuid
from typing import Annotated

from fastapi import Path

from ivgraph_auth.api.dependencies import CallingClient, InjectedServices
from ivgraph_auth.api.resolvers import CanManageGrants
from ivgraph_auth.api.schemas.models import Moment, Out
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.web.routing import Router

router = Router(tags=["Apps"])

GrantId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class GrantOut(Out):
    """`registration` tells who knows the app: an `admin` has verified it, or it is part of the `service`; the others
    nobody has.
    """

    id: int
    app_id: int
    client_id: str
    name: str
    registration: str
    scopes: list[str]
    workspace_ids: list[uuid.UUID]
    created_at: Moment
    last_used_at: Moment | None


class GrantList(Out):
    results: list[GrantOut]
    next_cursor: str | None = None


@router.get("/api/auth/grants/", responses=problems(401, 403))
async def list_grants(principal: CanManageGrants, services: InjectedServices) -> GrantList:
    """The apps that you have let in, the newest first, each with the scopes that it has at present."""
    found = await services.provider.grants.list_grants(principal.snapshot)
    return GrantList(
        results=[
            GrantOut.of(item.grant, client_id=item.client_id, name=item.name, registration=item.registration)
            for item in found
        ]
    )


@router.delete("/api/auth/grants/{grant_id}/", status_code=204, responses=problems(401, 403, 404, 422))
async def withdraw_grant(
    principal: CanManageGrants, grant_id: GrantId, services: InjectedServices, caller: CallingClient
) -> None:
    """Withdraws it. All of the app's tokens for you end at once."""
    await services.provider.grants.withdraw(principal.account_id, grant_id, caller)

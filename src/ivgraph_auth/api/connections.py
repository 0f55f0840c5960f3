"""Connections: one Notion authorization held for one tenant, asked for, listed, verified and given up by its owner."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Path, Query, Response

from ivgraph_auth.api.dependencies import TENANT, Browser, CallingClient, InjectedServices, Limit
from ivgraph_auth.api.resolvers import CanConnect, CanDisconnect
from ivgraph_auth.api.schemas import serializers
from ivgraph_auth.api.schemas.models import ConnectionOut, Out, StartOut
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.web.cookies import remember_browser
from ivgraph_auth.web.policy import PAGE, RateLimit
from ivgraph_auth.web.routing import Router

router = Router(tags=["Connections"])

_START = replace(PAGE, rate_limit=RateLimit.START)
TenantId = Annotated[str, Path(pattern=TENANT)]
TenantQuery = Annotated[str, Query(pattern=TENANT, description="A name inside your account, such as `user123`")]
_ConnectionsCursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]
_INSTRUCTIONS = "Visit the authorizationUrl to grant access. To have somebody else do it, send them the connectUrl."


class ConsentStart(StartOut):
    connectUrl: str  # noqa: N815 -- as the others
    instructions: str


class ConnectionPage(Out):
    results: list[ConnectionOut]
    next_cursor: str | None


class Removal(Out):
    status: Literal["removed"] = "removed"
    revoked_upstream: bool


@router.get("/oauth/authorize/notion", policy=_START, responses=problems(401, 403, 422, 429))
async def start_consent(
    principal: CanConnect, tenant_id: TenantQuery, browser: Browser, services: InjectedServices, response: Response
) -> ConsentStart:
    """Where to send a browser so that Notion asks its user for a tenant's authorization. A service token may name a
    tenant in one of its workspaces, or a new one.
    """
    tenant = Tenant(principal.account_id, tenant_id)
    await services.connections.check_reach(tenant, principal.workspace_ids)
    start = await services.consent.begin(tenant, browser)
    remember_browser(response, services.settings, browser)
    return ConsentStart(
        authorizationUrl=start.authorization_url,
        connectUrl=start.connect_url,
        state=start.state.reveal(),
        expiresIn=start.expires_in,
        instructions=_INSTRUCTIONS,
    )


@router.get("/api/connections/", responses=problems(400, 401, 403, 422))
async def list_connections(
    principal: CanConnect, services: InjectedServices, limit: Limit = 100, cursor: _ConnectionsCursor = None
) -> ConnectionPage:
    """Your connections, the oldest first; for a service token, those in its workspaces."""
    page, next_cursor = await services.connections.page(
        principal.account_id, principal.workspace_ids, cursor=cursor, most=limit
    )
    return ConnectionPage(
        results=[serializers.connection(services, principal, item) for item in page], next_cursor=next_cursor
    )


@router.get("/api/connections/{tenant_id}/", responses=problems(401, 403, 404, 422))
async def get_connection(principal: CanConnect, tenant_id: TenantId, services: InjectedServices) -> ConnectionOut:
    """One of them."""
    tenant = Tenant(principal.account_id, tenant_id)
    return serializers.connection(services, principal, await services.connections.get(tenant, principal.workspace_ids))


@router.post("/api/connections/{tenant_id}/verify/", responses=problems(401, 403, 404, 422, 429, 502))
async def verify_connection(
    principal: CanConnect, tenant_id: TenantId, services: InjectedServices, caller: CallingClient
) -> ConnectionOut:
    """Asks Notion whether it still works, and notes what it may do. `status` tells the outcome."""
    tenant = Tenant(principal.account_id, tenant_id)
    known = await services.connections.get(tenant, principal.workspace_ids)
    return serializers.connection(
        services, principal, await services.verification.verify(principal.account_id, known, caller)
    )


@router.delete("/api/connections/{tenant_id}/", responses=problems(401, 403, 404, 422))
async def remove_connection(
    principal: CanDisconnect, tenant_id: TenantId, services: InjectedServices, caller: CallingClient
) -> Removal:
    """Destroys what is stored, and revokes it at Notion unless another tenant uses it. Service tokens lose a workspace
    that no other connection has, at once.
    """
    revoked = await services.connections.remove(Tenant(principal.account_id, tenant_id), caller)
    return Removal(revoked_upstream=revoked)

"""Service tokens."""

from dataclasses import replace
from typing import Annotated

from fastapi import Path, Response

from ivgraph_auth.api.dependencies import CallingClient, InjectedServices
from ivgraph_auth.api.resolvers import CanMintTokens
from ivgraph_auth.api.schemas import serializers
from ivgraph_auth.api.schemas.models import TokenCreate, TokenCreated, TokenOut, TokenRename
from ivgraph_auth.api.schemas.responses import BODY, problems
from ivgraph_auth.web.policy import API
from ivgraph_auth.web.routing import Router

router = Router(tags=["Service tokens"])

TokenId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.post(
    "/api/tokens/",
    policy=replace(API, fast=True),
    status_code=201,
    response_model=TokenCreated,
    responses=problems(401, 403, 409, *BODY),
)
async def create_token(
    principal: CanMintTokens, body: TokenCreate, services: InjectedServices, caller: CallingClient
) -> Response:
    """A new service token. Its text is in this answer and never again. At most ten may be active."""
    minted = await services.tokens.mint(principal.account_id, body.to_request(), caller)
    return Response(serializers.created_token(minted), 201, media_type="application/json")


@router.get("/api/tokens/", responses=problems(401, 403))
async def list_tokens(principal: CanMintTokens, services: InjectedServices) -> list[TokenOut]:
    """Your service tokens, the newest first; expired ones are not active, revoked ones not shown."""
    now = services.clock.now()
    return [
        serializers.token(item, active=item.active(now))
        for item in await services.tokens.list_tokens(principal.account_id)
    ]


@router.patch("/api/tokens/{token_id}/", responses=problems(401, 403, 404, *BODY))
async def rename_token(
    principal: CanMintTokens, token_id: TokenId, body: TokenRename, services: InjectedServices, caller: CallingClient
) -> TokenOut:
    """A new name."""
    token = await services.tokens.rename(principal.account_id, token_id, body.name, caller)
    return serializers.token(token, active=token.active(services.clock.now()))


@router.delete("/api/tokens/{token_id}/", status_code=204, responses=problems(401, 403, 404, 422))
async def revoke_token(
    principal: CanMintTokens, token_id: TokenId, services: InjectedServices, caller: CallingClient
) -> None:
    """Revokes it for good."""
    await services.tokens.revoke(principal.account_id, token_id, caller)

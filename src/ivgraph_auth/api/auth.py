"""Sessions: who am I, refresh, log out, and what else is signed in."""

import uuid
from dataclasses import replace
from typing import Annotated

from fastapi import Path, Response

from ivgraph_auth.api.dependencies import BrowserSession, CallingClient, Context, Cursor, InjectedServices, Limit
from ivgraph_auth.api.resolvers import CanLeave, CanManageSessions, CredentialToValidate, CredentialWithProfile, bearer
from ivgraph_auth.api.schemas import serializers
from ivgraph_auth.api.schemas.models import (
    AccessToken,
    BrowserAccess,
    Detail,
    EndedSessions,
    ExchangeRequest,
    LogoutRequest,
    Me,
    RefreshRequest,
    RotatedTokens,
    SessionPage,
    SessionTokensOut,
    Validation,
)
from ivgraph_auth.api.schemas.responses import BODY, problems
from ivgraph_auth.web.cookies import forget_session
from ivgraph_auth.web.policy import API, CrossOrigin, RateLimit
from ivgraph_auth.web.routing import Router

router = Router(tags=["Sessions"])

_FAST = replace(API, fast=True)
_ATTEMPT = replace(API, rate_limit=RateLimit.FAILURE)
_FAST_ATTEMPT = replace(_ATTEMPT, fast=True)
_OWN_PAGES = replace(API, cross_origin=CrossOrigin.NONE)
JSON = "application/json"

SessionId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="`id` of the list")]


@router.get("/api/auth/me/", policy=_FAST, response_model=Me, responses=problems(401, 403))
async def me(principal: CredentialWithProfile) -> Response:
    """Who the credential belongs to, as of now."""
    return Response(serializers.me(principal), media_type=JSON)


@router.get(
    "/api/auth/validate/",
    policy=_FAST,
    response_model=Validation,
    responses=problems(401, invalid="InvalidCredential"),
)
async def validate_credential(principal: CredentialToValidate) -> Response:
    """What the credential is worth now. Scopes and workspaces may be empty lists."""
    return Response(serializers.validation(principal), media_type=JSON)


@router.post(
    "/api/auth/refresh/",
    response_model=RotatedTokens | AccessToken,
    responses=problems(401, 429, *BODY),
    policy=_FAST_ATTEMPT,
)
async def refresh_session(body: RefreshRequest, services: InjectedServices, caller: CallingClient) -> Response:
    """A new access token. With `rotate`, a new refresh token too; the old one gives the same answer for 30 seconds
    (a lost answer, two tabs), and after that its use ends the whole session.
    """
    pair = await services.sessions.refresh(body.refresh.get_secret_value(), rotate=body.rotate, caller=caller)
    return Response(serializers.token_pair(pair), media_type=JSON)


@router.post(
    "/api/auth/logout/",
    responses=problems(401, 403, *BODY),
    openapi_extra={"security": [{}, {"session": []}]},
)
async def log_out(body: LogoutRequest, context: Context, services: InjectedServices, caller: CallingClient) -> Detail:
    """Ends the refresh token's session and every access token of it. The Authorization header may be left out."""
    await services.sessions.logout(body.refresh.get_secret_value(), bearer(context), caller)
    return Detail(detail="Logged out.")


@router.post("/api/auth/exchange/", policy=_ATTEMPT, responses=problems(429, *BODY))
async def exchange_code(body: ExchangeRequest, services: InjectedServices) -> SessionTokensOut:
    """The tokens for a sign-in's one-use code, with PKCE (RFC 7636); where the hand-off is by code."""
    pair = await services.handoff.exchange(body.code.get_secret_value(), body.code_verifier.get_secret_value())
    # A sign-in always brings one; the type is also that of a refresh, which may keep the old one.
    refresh = pair.refresh.reveal() if pair.refresh else ""
    return SessionTokensOut(access=pair.access.reveal(), refresh=refresh, expires_in=pair.expires_in)


@router.post("/api/auth/session/", policy=_OWN_PAGES, responses=problems(401))
async def access_for_browser(browser_session: BrowserSession, services: InjectedServices) -> BrowserAccess:
    """For pages of this service's own origin: an access token for whoever is signed in in this browser."""
    pair = await services.sessions.access_for_browser(browser_session)
    return BrowserAccess(access=pair.access.reveal(), expires_in=pair.expires_in)


@router.get("/api/auth/sessions/", responses=problems(400, 401, 403, 422))
async def list_sessions(
    principal: CanManageSessions, services: InjectedServices, limit: Limit = 100, cursor: Cursor = None
) -> SessionPage:
    """Living sessions, the newest first."""
    page, next_cursor = await services.sessions.page(principal.account_id, cursor=cursor, most=limit)
    return SessionPage(
        results=[serializers.session(item, principal.credential_id) for item in page], next_cursor=next_cursor
    )


@router.delete("/api/auth/sessions/{session_id}/", status_code=204, responses=problems(401, 403, 404, 422))
async def end_session(
    principal: CanManageSessions, session_id: SessionId, services: InjectedServices, caller: CallingClient
) -> None:
    """Ends one session of yours, with every access token of it."""
    await services.sessions.end(principal.account_id, uuid.UUID(hex=session_id), caller)


@router.post("/api/auth/logout-all/", responses=problems(401, 403))
async def log_out_everywhere(
    principal: CanManageSessions, services: InjectedServices, caller: CallingClient
) -> EndedSessions:
    """Ends every session of yours. Service tokens stay."""
    ended = await services.sessions.end_all(principal.account_id, caller)
    return EndedSessions(detail="Logged out everywhere.", sessions=ended)


@router.delete("/api/auth/me/", status_code=204, responses=problems(401, 403))
async def delete_account(
    principal: CanLeave, services: InjectedServices, caller: CallingClient, response: Response
) -> None:
    """Revokes your connections at Notion and removes everything of yours. Needs a sign-in of the last ten minutes."""
    await services.leave.leave(principal.account_id, uuid.UUID(hex=principal.credential_id), caller)
    forget_session(response, services.settings)

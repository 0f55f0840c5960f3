"""Who the person behind an access token is (OpenID Connect Core §5.3)."""

from dataclasses import replace

from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.dependencies import Context
from ivgraph_auth.api.provider.token import TokenError
from ivgraph_auth.api.resolvers import verify_app_token
from ivgraph_auth.api.schemas.models import Out
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.provider.scopes import OPENID
from ivgraph_auth.provider.tokens import person_claims
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.policy import OAUTH
from ivgraph_auth.web.routing import Router

router = Router(policy=replace(OAUTH, fast=True), tags=["OAuth"])


class UserInfo(Out):
    """OpenID Connect Core §5.1; what no scope opens, and what Notion does not tell, is left out."""

    sub: str
    name: str | None = None
    preferred_username: str | None = None
    picture: str | None = None
    roles: list[str] | None = None
    email: str | None = None
    email_verified: bool | None = None


_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {"model": UserInfo},
    401: {"model": TokenError, "description": "`invalid_token`"},
    403: {"model": TokenError, "description": "`insufficient_scope`: the token lacks `openid`."},
    413: {"model": TokenError, "description": "The form is too large."},
    503: {"model": TokenError, "description": "`temporarily_unavailable`"},
}


@router.get("/oauth2/userinfo", responses=_ANSWERS)
async def get_userinfo(context: Context) -> Response:
    """The claims that the token's scopes open."""
    return await _userinfo(context)


@router.post("/oauth2/userinfo", responses=_ANSWERS)
async def post_userinfo(context: Context) -> Response:
    """The same, for clients that post."""
    return await _userinfo(context)


async def _userinfo(context: RequestContext) -> Response:
    found = await verify_app_token(context)
    if OPENID not in found.scopes:
        raise InsufficientScope(OPENID)
    return JSONResponse(person_claims(found.snapshot, found.scopes), headers={"Cache-Control": "no-store"})

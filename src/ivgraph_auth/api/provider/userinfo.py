"""Who the person behind an access token is (OpenID Connect Core §5.3)."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.dependencies import Context
from ivgraph_auth.api.resolvers import verify_app_token
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.provider.scopes import OPENID
from ivgraph_auth.provider.tokens import person_claims
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.policy import OAUTH
from ivgraph_auth.web.routing import Router

router = Router(policy=OAUTH, tags=["OAuth"])


@router.get("/oauth2/userinfo")
async def get_userinfo(context: Context) -> Response:
    """The claims that the token's scopes open."""
    return await _userinfo(context)


@router.post("/oauth2/userinfo")
async def post_userinfo(_request: Request, context: Context) -> Response:
    """The same, for clients that post."""
    return await _userinfo(context)


async def _userinfo(context: RequestContext) -> Response:
    found = await verify_app_token(context)
    if OPENID not in found.scopes:
        raise InsufficientScope(OPENID)
    return JSONResponse(person_claims(found.snapshot, found.scopes), headers={"Cache-Control": "no-store"})

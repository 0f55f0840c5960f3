"""The token endpoint (RFC 6749 §3.2), and the keys that verify what it answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.dependencies import CallingClient, Context, InjectedServices
from ivgraph_auth.api.provider.forms import Form, read_authorization
from ivgraph_auth.api.schemas.models import Out
from ivgraph_auth.core.clock import epoch
from ivgraph_auth.provider.access import VerifiedAccess
from ivgraph_auth.provider.introspection import VerifiedRefresh
from ivgraph_auth.web.policy import OAUTH, WELL_KNOWN, RateLimit
from ivgraph_auth.web.routing import Router

router = Router(policy=OAUTH, tags=["OAuth"])


class TokenError(Out):
    """RFC 6749 §5.2."""

    error: str
    error_description: str


class TokenAnswer(Out):
    """RFC 6749 §5.1; `id_token` with the scope `openid`."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None


REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": TokenError, "description": text}
    for status, text in {
        400: "`invalid_request`, `invalid_grant`, `invalid_scope`, `invalid_target`, ...",
        401: "`invalid_client`",
        413: "The form is too large.",
        429: "Too many failures from this address.",
        503: "`temporarily_unavailable`",
    }.items()
}

_FAST_ATTEMPT = replace(OAUTH, rate_limit=RateLimit.FAILURE, fast=True)
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_JSON = "application/json"
_MOST_BODIES = 1_000
_INACTIVE = b'{"active": false}'
_KEPT = {"Cache-Control": "public, max-age=300"}


@router.post(
    "/oauth2/token",
    policy=_FAST_ATTEMPT,
    responses={200: {"model": TokenAnswer}, **REFUSALS},
)
async def issue_tokens(form: Form, context: Context, services: InjectedServices, caller: CallingClient) -> Response:
    """Tokens for a code, a refresh token, a device or another token."""
    authorization = read_authorization(context)
    proofs = [value.decode("latin-1") for name, value in context.headers if name == b"dpop"]
    answer = await services.provider.token_endpoint.answer(form, authorization, proofs, caller)
    return JSONResponse(answer, headers=_NEVER_KEPT)


@router.get("/.well-known/jwks.json", policy=WELL_KNOWN)
async def get_jwks(services: InjectedServices) -> Response:
    """RFC 7517 §5: the keys that verify access and ID tokens of apps."""
    keys: Mapping[str, Any] = await services.provider.signing_keys.jwks()
    return JSONResponse(keys, headers=_KEPT)


class Introspection(Out):
    """RFC 7662 §2.2; with `active` false nothing else."""

    active: bool
    scope: str | None = None
    client_id: str | None = None
    token_type: str | None = None
    exp: int | None = None
    iat: int | None = None
    sub: str | None = None
    aud: str | list[str] | None = None
    iss: str | None = None
    jti: str | None = None


@router.post(
    "/oauth2/introspect",
    policy=_FAST_ATTEMPT,
    responses={200: {"model": Introspection}, **REFUSALS},
)
async def introspect_token(form: Form, context: Context, services: InjectedServices, caller: CallingClient) -> Response:
    """What a token of this app is good for. Any other is not active."""
    authorization = read_authorization(context)
    provider = services.provider
    found = await provider.inspection.introspect(form, authorization, caller)
    return Response(_describe(found, provider.tokens.issuer), media_type=_JSON, headers=_NEVER_KEPT)


def _describe(found: VerifiedAccess | VerifiedRefresh | None, issuer: str) -> bytes:
    match found:
        case VerifiedAccess():
            return _describe_access(found, issuer)
        case VerifiedRefresh():
            living = found.authorization
            return _dump(scope=found.scopes, client_id=living.client_id, sub=str(living.account_id), iss=issuer)
        case None:
            return _INACTIVE


@lru_cache(maxsize=_MOST_BODIES)
def _describe_access(found: VerifiedAccess, issuer: str) -> bytes:
    """Made once for what is remembered of a token."""
    claims, audience = found.claims, found.claims.audience
    return _dump(
        scope=found.scopes,
        client_id=claims.client_id,
        token_type="Bearer",  # noqa: S106 -- the name of a type
        exp=epoch(claims.expires_at),
        iat=epoch(claims.issued_at),
        sub=str(claims.account_id),
        aud=audience[0] if len(audience) == 1 else list(audience),
        iss=issuer,
        jti=claims.jti,
    )


def _dump(*, scope: Sequence[str], **members: str | int | list[str]) -> bytes:
    return json.dumps({"active": True, "scope": " ".join(scope), **members}).encode()


@router.post("/oauth2/revoke", policy=_FAST_ATTEMPT, response_class=Response, responses=REFUSALS)
async def revoke_app_token(form: Form, context: Context, services: InjectedServices, caller: CallingClient) -> Response:
    """Ends a token of this app; a refresh token with all that belongs to it. 200 also when there is none."""
    authorization = read_authorization(context)
    await services.provider.inspection.revoke(form, authorization, caller)
    return Response(headers=_NEVER_KEPT)

"""Apps that register themselves (RFC 7591)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.dependencies import CallingClient, Context, InjectedServices
from ivgraph_auth.api.provider.token import TokenError
from ivgraph_auth.api.schemas.models import Out
from ivgraph_auth.core.clock import epoch
from ivgraph_auth.provider.errors import InvalidClientMetadata
from ivgraph_auth.provider.models import AuthMethod
from ivgraph_auth.provider.redirect_uris import AppType
from ivgraph_auth.provider.registration_service import RegisteredClient
from ivgraph_auth.provider.scopes import SCOPES
from ivgraph_auth.web.policy import OAUTH, CrossOrigin, RateLimit
from ivgraph_auth.web.routing import Router

router = Router(policy=OAUTH, tags=["OAuth"])


class RefusedRedirectUri(Out):
    """`index` counts from 0 in what was sent."""

    index: int
    reason: str


class RegistrationAnswer(Out):
    """RFC 7591 §3.2.1: what is kept of what was sent. `refused_redirect_uris` are those that are not."""

    client_id: str
    client_id_issued_at: int
    client_name: str
    application_type: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    grant_types: list[str]
    response_types: list[str]
    token_endpoint_auth_method: str
    scope: str
    refused_redirect_uris: list[RefusedRedirectUri]


_REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": TokenError, "description": text}
    for status, text in {
        400: "`invalid_redirect_uri`, `invalid_client_metadata`",
        404: "Registration is switched off here.",
        413: "The metadata is too large.",
        429: "This address has registered too many apps within an hour.",
        503: "`temporarily_unavailable`",
    }.items()
}
_METADATA = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@router.post(
    "/oauth2/register",
    policy=replace(OAUTH, cross_origin=CrossOrigin.ANY, rate_limit=RateLimit.FAILURE),
    status_code=201,
    responses={201: {"model": RegistrationAnswer}, **_REFUSALS},
    openapi_extra=_METADATA,
)
async def register_client(
    request: Request, context: Context, services: InjectedServices, caller: CallingClient
) -> Response:
    """Registers a public app that nobody has verified, where `IVGRAPH_DYNAMIC_REGISTRATION` allows it."""
    services.provider.registration.check_open()
    made = await services.provider.registration.register(_read(context.media_type, await request.body()), caller)
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return JSONResponse(_describe(made).model_dump(), 201, headers)


def _read(media_type: str, body: bytes) -> Mapping[str, Any]:
    if media_type != "application/json":
        raise InvalidClientMetadata("Send the metadata as JSON, with Content-Type: application/json.")
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidClientMetadata("The body is not well-formed JSON.") from None
    if not isinstance(members, dict):
        raise InvalidClientMetadata("The body should be a JSON object.")
    return members


def _describe(made: RegisteredClient) -> RegistrationAnswer:
    metadata = made.metadata
    return RegistrationAnswer(
        client_id=made.client_id,
        client_id_issued_at=epoch(made.issued_at),
        client_name=metadata.name,
        application_type="native" if metadata.app_type is AppType.NATIVE else "web",
        redirect_uris=list(metadata.callbacks),
        post_logout_redirect_uris=list(metadata.logouts),
        grant_types=[kind.value for kind in metadata.grant_types],
        response_types=["code"],
        token_endpoint_auth_method=AuthMethod.NONE.value,
        scope=" ".join(SCOPES),
        refused_redirect_uris=[RefusedRedirectUri(index=item.index, reason=item.reason) for item in metadata.refused],
    )

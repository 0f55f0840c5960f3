"""Apps of other people: registered by admins, with their redirect URIs and secrets."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import AfterValidator, Field

from ivgraph_auth.api.dependencies import CallingClient, Cursor, InjectedServices, Limit
from ivgraph_auth.api.resolvers import CanManageApps
from ivgraph_auth.api.schemas.models import In, Moment, Name, Out
from ivgraph_auth.api.schemas.responses import BODY, problems
from ivgraph_auth.provider.client_metadata import read_keys
from ivgraph_auth.provider.errors import InvalidClientMetadata, KeysRefused
from ivgraph_auth.provider.models import App, AppSecret, Registration
from ivgraph_auth.provider.redirect_uris import AppType, UriType
from ivgraph_auth.provider.scopes import SCOPES
from ivgraph_auth.web.routing import Router

router = Router(tags=["Apps"])

AppId = Annotated[int, Path(ge=1, le=2**63 - 1)]
UriId = Annotated[int, Path(ge=1, le=2**63 - 1)]
AppScope = Literal[SCOPES]  # type: ignore[valid-type]
Known = Annotated[
    Registration | None,
    Query(
        description="`admin`: one has registered it. `dynamic`: it has registered itself. `metadata_document`: it "
        "brought its own description. `service`: it is part of the service"
    ),
]
Uri = Annotated[str, Field(min_length=1, max_length=2000)]


def _check_jwks(jwks: dict[str, Any] | None) -> dict[str, Any] | None:
    if jwks is None:
        return None
    try:
        return read_keys(jwks)
    except InvalidClientMetadata:
        raise ValueError(KeysRefused.detail) from None


class AppCreate(In):
    name: Name
    app_type: AppType
    scopes: Annotated[tuple[AppScope, ...], Field(max_length=len(SCOPES))] = SCOPES
    jwks: Annotated[dict[str, Any] | None, AfterValidator(_check_jwks)] = None


class AppChange(In):
    name: Name | None = None
    scopes: Annotated[tuple[AppScope, ...], Field(max_length=len(SCOPES))] | None = None


class RedirectUriCreate(In):
    uri: Uri
    uri_type: UriType


class SecretRotation(In):
    """For how long those there are stay good, in hours."""

    overlap_hours: Annotated[int, Field(ge=0, le=72)] = 24


class RedirectUriOut(Out):
    id: int
    uri: str
    uri_type: UriType


class AppOut(Out):
    id: int
    client_id: str
    name: str
    app_type: AppType
    registration: str
    scopes: list[str]
    redirect_uris: list[RedirectUriOut]
    created_at: Moment
    last_used_at: Moment | None


class AppCreated(AppOut):
    """`client_secret` is in this answer and never again; public apps have none."""

    client_secret: str | None


class SecretCreated(Out):
    client_secret: str


@router.post("/api/oauth/apps/", status_code=201, responses=problems(401, 403, *BODY))
async def register_app(
    admin: CanManageApps, body: AppCreate, services: InjectedServices, caller: CallingClient, response: Response
) -> AppCreated:
    """Registers an app. A `regular_web` app gets a secret, which is shown once."""
    made = await services.provider.apps.register(admin, body.name, body.app_type, body.scopes, body.jwks, caller)
    response.headers["Cache-Control"] = "no-store"
    return AppCreated.of(made.app, redirect_uris=[], client_secret=made.secret.reveal() if made.secret else None)


class AppPage(Out):
    results: list[AppOut]
    next_cursor: str | None


class SecretOut(Out):
    """One that is good now."""

    prefix: str
    created_at: Moment
    expires_at: Moment | None


class AppDetails(AppOut):
    secrets: list[SecretOut]


@router.get("/api/oauth/apps/", responses=problems(400, 401, 403, 422))
async def list_apps(
    _admin: CanManageApps,
    services: InjectedServices,
    registration: Known = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AppPage:
    """All apps, the newest first; or those alone that came to be known in one way."""
    found, following = await services.provider.apps.list_apps(registration, cursor, limit)
    return AppPage(results=[AppOut.of(app) for app in found], next_cursor=following)


@router.get("/api/oauth/apps/{app_id}/", responses=problems(401, 403, 404, 422))
async def get_app(_admin: CanManageApps, app_id: AppId, services: InjectedServices) -> AppDetails:
    """One of them, with its secrets' beginnings."""
    return _details(*await services.provider.apps.get(app_id))


@router.patch("/api/oauth/apps/{app_id}/", responses=problems(401, 403, 404, 409, *BODY))
async def change_app(
    admin: CanManageApps, app_id: AppId, body: AppChange, services: InjectedServices, caller: CallingClient
) -> AppOut:
    """A new name, or other scopes. What it loses is gone from its tokens at once."""
    app = await services.provider.apps.change(admin, app_id, name=body.name, scopes=body.scopes, caller=caller)
    return AppOut.of(app)


@router.delete("/api/oauth/apps/{app_id}/", status_code=204, responses=problems(401, 403, 404, 409, 422))
async def remove_app(admin: CanManageApps, app_id: AppId, services: InjectedServices, caller: CallingClient) -> None:
    """Removes it, and ends all that people have let it in for."""
    await services.provider.apps.remove(admin, app_id, caller)


@router.post("/api/oauth/apps/{app_id}/redirect-uris/", status_code=201, responses=problems(401, 403, 404, 409, *BODY))
async def add_redirect_uri(
    admin: CanManageApps, app_id: AppId, body: RedirectUriCreate, services: InjectedServices, caller: CallingClient
) -> RedirectUriOut:
    """https, http on loopback, or for native apps a private-use scheme; matched to the letter."""
    added = await services.provider.apps.add_uri(admin, app_id, body.uri, body.uri_type, caller)
    return RedirectUriOut.of(added)


@router.delete(
    "/api/oauth/apps/{app_id}/redirect-uris/{uri_id}/", status_code=204, responses=problems(401, 403, 404, 409, 422)
)
async def remove_redirect_uri(
    admin: CanManageApps, app_id: AppId, uri_id: UriId, services: InjectedServices, caller: CallingClient
) -> None:
    """Nobody is sent there any more."""
    await services.provider.apps.remove_uri(admin, app_id, uri_id, caller)


@router.post("/api/oauth/apps/{app_id}/secret/", status_code=201, responses=problems(401, 403, 404, *BODY))
async def rotate_secret(
    admin: CanManageApps,
    app_id: AppId,
    body: SecretRotation,
    services: InjectedServices,
    caller: CallingClient,
    response: Response,
) -> SecretCreated:
    """A new secret, shown once. Those there are stay good for the overlap."""
    overlap = timedelta(hours=body.overlap_hours)
    secret = await services.provider.apps.rotate_secret(admin, app_id, overlap, caller)
    response.headers["Cache-Control"] = "no-store"
    return SecretCreated(client_secret=secret.reveal())


def _details(app: App, secrets: list[AppSecret]) -> AppDetails:
    return AppDetails.of(app, secrets=[SecretOut.of(secret) for secret in secrets])

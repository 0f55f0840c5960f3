"""Swagger UI and OpenAPI, from here alone: nothing is fetched from elsewhere."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ivgraph_auth.api.dependencies import Context
from ivgraph_auth.api.resolvers import SERVICE_TOKEN_SCHEME, SESSION_SCHEME
from ivgraph_auth.api.schemas.notion_calls import describe_drop_in
from ivgraph_auth.api.schemas.responses import InvalidCredential, Problem
from ivgraph_auth.api.tools import ToolFailure
from ivgraph_auth.provider.docs_client import DOCS_CLIENT_ID, DOCS_REDIRECT_PATH, DOCS_SCOPES
from ivgraph_auth.provider.scopes import NEVER_TICKED, WORDS
from ivgraph_auth.web.context import context_of
from ivgraph_auth.web.pages import PAGE_POLICY, render_page
from ivgraph_auth.web.policy import API, HEALTH, OAUTH, PAGE, WELL_KNOWN, Area
from ivgraph_auth.web.routing import Router

router = Router(policy=PAGE)

_BEARERS = {"session": SESSION_SCHEME, "service_token": SERVICE_TOKEN_SCHEME}
_OAUTH2 = "oauth2"
_ABOUT = """\
Sign in with Notion, sessions, and service tokens for agents.

Press **Authorize**, choose scopes under *oauth2*, and press **Authorize** there: you sign in with Notion, allow this
page what you ticked, and try the routes that take an app's token. A service token goes under *service_token*. What only
a person may do (tokens, sessions, apps) takes a *session*: `/dashboard/` shows your access token under Account.
"""


_TAGS = [
    {"name": "Sessions", "description": "Who am I, refresh, log out, and what else is signed in."},
    {"name": "Service tokens", "description": "Credentials for programs: made, listed and revoked by their owner."},
    {"name": "Tools", "description": "Notion for agents: paced, retried and recorded, in an envelope."},
    {"name": "Agents", "description": "What a credential may do, and what a call would meet."},
    {"name": "Audit", "description": "What happened, for those it is about."},
    {"name": "Connections", "description": "One Notion authorization each, held for one tenant."},
    {"name": "Sign in with Notion", "description": "The browser goes out to Notion, and comes back."},
    {"name": "Apps", "description": "Other people's apps: registered by admins, let in by each person, and withdrawn."},
    {"name": "OAuth", "description": "What apps call as clients of OAuth 2.1 and OpenID Connect."},
    {"name": "Discovery", "description": "For agents that know nothing but an address: what is here, and where."},
    {"name": "Operations", "description": "For whoever runs the service."},
    {"name": "Notion", "description": "A drop-in base URL for Notion's own clients: `/notion` in place of Notion's."},
]


class _Files(StaticFiles):
    """Files of a package, for pages of this service."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        return response


@router.get("/", include_in_schema=False)
async def redirect_to_dashboard(request: Request) -> Response:
    return RedirectResponse(f"{context_of(request.scope).services.settings.public_path}/dashboard/", 302)


FILES = (
    # Not with the router, which would answer for `/dashboard/` too.
    Route("/dashboard", redirect_to_dashboard),
    Mount("/docs/assets", _Files(packages=[("fastapi_swagger", "resources")])),
    Mount("/static", _Files(packages=[("ivgraph_auth.web", "static")])),
    Mount("/dashboard", _Files(packages=[("ivgraph_auth", "dashboard")], html=True)),
)


# What holds where no route is.
AREAS = (
    Area("/docs/assets/", PAGE, template="/docs/assets/"),
    Area("/static/", PAGE, template="/static/"),
    Area("/dashboard/", PAGE, template="/dashboard/"),
    Area("/api/", API),
    Area("/oauth2/", OAUTH),
    Area("/.well-known/", WELL_KNOWN),
    Area("/health/", HEALTH),
)


@router.get("/docs", include_in_schema=False)
async def swagger_ui(context: Context) -> Response:
    return render_page(
        context,
        "docs.html",
        client_id=DOCS_CLIENT_ID,
        redirect_uri=context.services.settings.public_url + DOCS_REDIRECT_PATH,
        scopes=" ".join(scope for scope in DOCS_SCOPES if scope not in NEVER_TICKED),
    )


@router.get(DOCS_REDIRECT_PATH, include_in_schema=False)
async def return_to_docs(context: Context) -> Response:
    """Where the consent page sends a person who signs in from Swagger UI: its script hands the code to that page."""
    return render_page(context, "docs_redirect.html")


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    return JSONResponse(describe(request.app))


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document (made once), with every kind of credential where any is taken."""
    if app.openapi_schema:
        return app.openapi_schema
    app.openapi_schema = document = get_openapi(
        title=app.title, version=app.version, description=_ABOUT, routes=app.routes, tags=_TAGS,
        license_info={"name": "MIT License", "identifier": "MIT"},
        servers=app.servers,
    )  # fmt: skip
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        name: scheme.model_dump(mode="json", by_alias=True, exclude_none=True) for name, scheme in _BEARERS.items()
    } | {_OAUTH2: _describe_oauth2(app.servers[0]["url"])}
    for model in (Problem, InvalidCredential, ToolFailure):
        shape = model.model_json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= shape.pop("$defs", {}) | {model.__name__: shape}
    describe_drop_in(document)
    for path in document["paths"].values():
        for operation in path.values():
            operation["security"] = _describe_security(operation.get("security", []))
    return document


def _describe_security(found: list[dict[str, list[str]]]) -> list[dict[str, list[str]]]:
    """For `any` each kind of credential, with the scope that an app needs for it, where it is one."""
    kind, _, scope = next((name for item in found for name in item), "").partition(" ")
    if kind != "any":
        return found
    bearers: list[dict[str, list[str]]] = [{name: []} for name in _BEARERS]
    return [*bearers, {_OAUTH2: [scope] if scope else []}]


def _describe_oauth2(public_url: str) -> dict[str, Any]:
    flow = {
        "authorizationUrl": f"{public_url}/oauth2/authorize",
        "tokenUrl": f"{public_url}/oauth2/token",
        "scopes": {scope: WORDS[scope] for scope in DOCS_SCOPES},
    }
    about = (
        "An app's access token (OAuth 2.1: authorization code with PKCE). Swagger UI gets one here by signing you in."
    )
    return {"type": "oauth2", "description": about, "flows": {"authorizationCode": flow}}

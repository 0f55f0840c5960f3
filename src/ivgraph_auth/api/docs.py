"""Swagger UI and OpenAPI, from here alone: nothing is fetched from elsewhere."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ivgraph_auth.api.dependencies import Context
from ivgraph_auth.api.notion import describe_drop_in
from ivgraph_auth.api.resolvers import SERVICE_TOKEN_SCHEME, SESSION_SCHEME
from ivgraph_auth.api.schemas.responses import InvalidCredential, Problem
from ivgraph_auth.api.tools import ToolFailure
from ivgraph_auth.web.context import context_of
from ivgraph_auth.web.pages import PAGE_POLICY, render_page
from ivgraph_auth.web.policy import API, HEALTH, OAUTH, PAGE, WELL_KNOWN, Area
from ivgraph_auth.web.routing import Router

router = Router(policy=PAGE)

_BEARERS = {"session": SESSION_SCHEME, "service_token": SERVICE_TOKEN_SCHEME}
_ABOUT = """\
Sign in with Notion, sessions, and service tokens for agents.

1. Open `/dashboard/` and sign in with Notion; copy the access token.
2. Press **Authorize** here and paste it as *session* (a service token as *service_token*).
3. Try any route.
"""


_TAGS = [
    {"name": "Sessions", "description": "Who am I, refresh, log out, and what else is signed in."},
    {"name": "Service tokens", "description": "Credentials for programs: made, listed and revoked by their owner."},
    {"name": "Tools", "description": "Notion for agents: paced, retried and recorded, in an envelope."},
    {"name": "Audit", "description": "What happened, for those it is about."},
    {"name": "Connections", "description": "One Notion authorization each, held for one tenant."},
    {"name": "Sign in with Notion", "description": "The browser goes out to Notion, and comes back."},
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
    return render_page(context, "docs.html")


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    return JSONResponse(describe(request.app))


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document (made once), with both kinds of credential where both are taken."""
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
    }
    for model in (Problem, InvalidCredential, ToolFailure):
        shape = model.model_json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= shape.pop("$defs", {}) | {model.__name__: shape}
    describe_drop_in(document)
    for path in document["paths"].values():
        for operation in path.values():
            if operation.setdefault("security", []) == [{"any": []}]:
                operation["security"] = [{name: []} for name in _BEARERS]
    return document

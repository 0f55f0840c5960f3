"""Where agents look for what this service is: open to every origin, the same for everybody, and kept by caches."""

from typing import Any

from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.dependencies import InjectedServices
from ivgraph_auth.api.discovery.cards import (
    AI_CATALOG_TYPE,
    API_CATALOG_TYPE,
    CARD_TYPE,
    ai_catalog,
    api_catalog,
    server_card,
)
from ivgraph_auth.api.discovery.llms_txt import write_llms_txt
from ivgraph_auth.api.discovery.pages import PAGES, read_page
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.web.policy import WELL_KNOWN
from ivgraph_auth.web.routing import Router

router = Router(policy=WELL_KNOWN, tags=["Discovery"])
# Left out where IVGRAPH_MCP is off.
card_router = Router(policy=WELL_KNOWN, tags=["Discovery"])

_API_CATALOG = "/.well-known/api-catalog"
# As long as the drafts of MCP's discovery say.
_KEPT = {"Cache-Control": "public, max-age=3600"}


def _answers(media_type: str) -> dict[str, Any]:
    """For OpenAPI."""
    shape = {"type": "object" if "json" in media_type else "string"}
    content = {media_type.partition(";")[0]: {"schema": shape}}
    good: dict[int | str, dict[str, Any]] = {200: {"description": "The same for everybody", "content": content}}
    return {"response_class": Response, "responses": {**good, **problems()}}


def _text(content: str, media_type: str = "text/plain") -> Response:
    return Response(content, headers=_KEPT, media_type=media_type)


def _json(content: dict[str, Any], media_type: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(content, headers={**_KEPT, **(headers or {})}, media_type=media_type)


@router.get("/llms.txt", **_answers("text/plain"))
async def read_llms_txt(services: InjectedServices) -> Response:
    """What this service is, and where to go on, for a model (llmstxt.org)."""
    return _text(write_llms_txt(services.settings.public_url, mcp=services.settings.mcp))


@router.get("/.well-known/ai-catalog.json", **_answers(AI_CATALOG_TYPE))
async def describe_ai_catalog(services: InjectedServices) -> Response:
    """The MCP server of this domain, for clients that know the domain alone (AI Catalog 1.0)."""
    return _json(ai_catalog(services.settings.public_url, mcp=services.settings.mcp), AI_CATALOG_TYPE)


@router.get(_API_CATALOG, **_answers(API_CATALOG_TYPE))
async def describe_api_catalog(services: InjectedServices) -> Response:
    """The API of this domain, and its descriptions (RFC 9727)."""
    url = services.settings.public_url
    # §2: what HEAD answers, too.
    link = {"Link": f'<{url}{_API_CATALOG}>; rel="api-catalog"'}
    return _json(api_catalog(url), API_CATALOG_TYPE, link)


@card_router.get("/mcp/server-card", **_answers(CARD_TYPE))
async def describe_mcp_server(services: InjectedServices) -> Response:
    """Identity, address and revisions of `/mcp`, before anything is sent there (SEP-2127)."""
    return _json(server_card(services.settings.public_url), CARD_TYPE)


def _add_page(name: str) -> None:
    async def read_docs_page() -> Response:
        return _text(read_page(name), "text/markdown")

    router.get(f"/docs/{name}.md", include_in_schema=False)(read_docs_page)


for _name in PAGES:
    _add_page(_name)

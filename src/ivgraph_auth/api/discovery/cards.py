"""What can be known of this service before it is called: an MCP server card, and the catalogs that lead to it.

server card   SEP-2127 (final, extensions track) and modelcontextprotocol/ext-server-card
AI catalog    Agent-Card/ai-catalog, specification 1.0, at the address that ext-server-card names for discovery
API catalog   RFC 9727, a linkset of RFC 9264
"""

import ipaddress
from functools import lru_cache
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

# Newest first. A test asks `/mcp` in each of them.
REVISIONS = ("2026-07-28", "2025-11-25", "2025-06-18")
CARD_TYPE = "application/mcp-server-card+json"
AI_CATALOG_TYPE = "application/ai-catalog+json"
API_CATALOG_TYPE = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
_CARD_SCHEMA = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"
_ABOUT = "Notion workspaces for agents: search, read, follow links, query tables, and write where allowed."
_TOKEN = "A service token, ivg_…, as `Bearer ivg_…`. Not needed where the client signs its person in by OAuth."  # noqa: S105 -- words about one


@lru_cache(maxsize=4)
def server_card(url: str) -> dict[str, Any]:
    """`url` is the public one."""
    return {
        "$schema": _CARD_SCHEMA,
        "name": f"{'.'.join(reversed(_domain(url).split('.')))}/ivgraph",
        "title": "IVGraph",
        "description": _ABOUT,
        "version": version("ivgraph-auth"),
        "websiteUrl": f"{url}/docs/agents.md",
        "remotes": [
            {
                "type": "streamable-http",
                "url": f"{url}/mcp",
                "supportedProtocolVersions": list(REVISIONS),
                "headers": [
                    {"name": "Authorization", "description": _TOKEN, "isSecret": True, "isRequired": False},
                ],
            }
        ],
    }


@lru_cache(maxsize=4)
def ai_catalog(url: str, *, mcp: bool) -> dict[str, Any]:
    card = {"identifier": f"urn:air:{_domain(url)}:mcp:ivgraph", "type": CARD_TYPE, "url": f"{url}/mcp/server-card"}
    host = {"displayName": "IVGraph", "identifier": _domain(url), "documentationUrl": f"{url}/llms.txt"}
    return {"specVersion": "1.0", "host": host, "entries": [card] if mcp else []}


@lru_cache(maxsize=4)
def api_catalog(url: str) -> dict[str, Any]:
    return {
        "linkset": [
            {
                "anchor": f"{url}/api/v1",
                "service-desc": [{"href": f"{url}/openapi.json", "type": "application/json"}],
                "service-doc": [
                    {"href": f"{url}/docs", "type": "text/html"},
                    {"href": f"{url}/llms.txt", "type": "text/plain"},
                ],
                "status": [{"href": f"{url}/health/ready", "type": "application/json"}],
            }
        ]
    }


def _domain(url: str) -> str:
    """Names of publishers are domains. An address without one is of somebody who tries this out."""
    host = urlsplit(url).hostname or "localhost"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return "localhost"

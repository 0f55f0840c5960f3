"""fastmcp serving the same tool: a search of titles in the same database, behind a bearer check, without sessions."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

SEARCH = os.environ["PEER_SEARCH"]
pool: Any = None


@asynccontextmanager
async def keep_pool(_: FastMCP) -> AsyncIterator[None]:
    global pool
    async with asyncpg.create_pool(min_size=10, max_size=10, max_inactive_connection_lifetime=0) as pool:
        yield


verifier = StaticTokenVerifier({os.environ["PEER_TOKEN"]: {"client_id": "bench", "scopes": ["graph:search"]}})
server = FastMCP("bench", auth=verifier, lifespan=keep_pool)


@server.tool(annotations={"readOnlyHint": True})  # type: ignore[untyped-decorator, unused-ignore]
async def search(query: str, limit: int = 10) -> dict[str, Any]:
    """Find pages by the words of their titles."""
    rows = await pool.fetch(SEARCH, f"'1.{query}'", query, limit)
    return {"results": [{"id": str(row["notion_id"]), "title": row["title"], "url": row["url"]} for row in rows]}


app = server.http_app(path="/mcp", stateless_http=True, json_response=True)

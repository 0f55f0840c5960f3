"""MCP's own client (`pip install "mcp>=2"`): lists the tools, finds a page, reads it."""

import asyncio
import os

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

URL = os.environ.get("IVGRAPH_URL", "http://127.0.0.1:8000")
HEADERS = {"Authorization": f"Bearer {os.environ['IVGRAPH_TOKEN']}"}


async def main() -> None:
    http = httpx2.AsyncClient(headers=HEADERS, timeout=60)
    async with http, Client(streamable_http_client(f"{URL}/mcp", http_client=http)) as client:
        print("Tools:", *[tool.name for tool in (await client.list_tools()).tools])
        found = (await client.call_tool("search", {"query": "Roadmap"})).structured_content["results"][0]
        page = (await client.call_tool("fetch", {"id": found["id"]})).structured_content
        print(page["title"], page["url"], page["text"], sep="\n")


asyncio.run(main())

"""LangChain (`pip install "langchain[mcp]>=1.4"`): MCP's tools as LangChain's."""

import asyncio
import os

from fastmcp import Client
from langchain.mcp import MCPAdapter

URL = os.environ.get("IVGRAPH_URL", "http://127.0.0.1:8000")


async def main() -> None:
    async with MCPAdapter(Client(f"{URL}/mcp", auth=os.environ["IVGRAPH_TOKEN"])) as adapter:
        tools = {tool.name: tool for tool in await adapter.list_tools()}
        print("Tools:", *tools)
        # create_agent("anthropic:…", list(tools.values()), system_prompt=…) lets a model call them.
        print(await tools["search"].ainvoke({"query": "Roadmap"}))


asyncio.run(main())

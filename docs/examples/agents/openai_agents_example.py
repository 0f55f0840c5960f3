"""OpenAI's Agents SDK (`pip install "openai-agents>=0.20"`): MCP's tools for an agent of it."""

import asyncio
import os

from agents import Agent
from agents.mcp import MCPServerStreamableHttp

URL = os.environ.get("IVGRAPH_URL", "http://127.0.0.1:8000")
HEADERS = {"Authorization": f"Bearer {os.environ['IVGRAPH_TOKEN']}"}


async def main() -> None:
    at = {"url": f"{URL}/mcp", "headers": HEADERS, "timeout": 60}
    async with MCPServerStreamableHttp(name="ivgraph", params=at, client_session_timeout_seconds=60) as server:
        agent = Agent(name="Notion", instructions="Answer from Notion.", mcp_servers=[server])
        print(agent.name, "has:", *[tool.name for tool in await server.list_tools()])
        # await Runner.run(agent, "How does our roadmap begin?") lets a model call them, with OPENAI_API_KEY.
        print((await server.call_tool("search", {"query": "Roadmap"})).content[0].text)


asyncio.run(main())

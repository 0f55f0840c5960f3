"""pydantic-ai (`pip install "pydantic-ai-slim[mcp]>=2.45"`): an agent with MCP's tools, and a scripted model."""

import os

from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

URL = os.environ.get("IVGRAPH_URL", "http://127.0.0.1:8000")
HEADERS = {"Authorization": f"Bearer {os.environ['IVGRAPH_TOKEN']}"}


def scripted(messages: list[ModelMessage], about: AgentInfo) -> ModelResponse:
    """Stands in for a model: searches once, and says what it was told."""
    if len(messages) > 1:
        return ModelResponse([TextPart(str(messages[-1].parts[0].content))])
    print("Tools:", *[tool.name for tool in about.function_tools])
    return ModelResponse([ToolCallPart("search", {"query": "Roadmap"})])


model = os.environ.get("MODEL") or FunctionModel(scripted)  # such as anthropic:… or openai:…
agent = Agent(model, toolsets=[MCPToolset(f"{URL}/mcp", headers=HEADERS)])
print(agent.run_sync("Where is our roadmap?").output)

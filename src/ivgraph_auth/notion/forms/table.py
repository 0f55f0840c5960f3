"""By the value of `GET /api/v1/tools?for=`: how a tool is written for whom."""

from collections.abc import Callable
from typing import Any

from ivgraph_auth.notion.forms.anthropic import anthropic_tool
from ivgraph_auth.notion.forms.gemini import gemini_declaration
from ivgraph_auth.notion.forms.mcp import mcp_tool
from ivgraph_auth.notion.forms.openai import chat_tool, responses_tool
from ivgraph_auth.notion.published import PublishedTool

FORMS: dict[str, Callable[[PublishedTool], dict[str, Any]]] = {
    "openai": responses_tool,
    "openai-chat": chat_tool,
    "anthropic": anthropic_tool,
    "gemini": gemini_declaration,
    "mcp": mcp_tool,
}

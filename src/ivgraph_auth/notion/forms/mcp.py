"""Tools as the Model Context Protocol lists them (https://modelcontextprotocol.io/specification, server/tools)."""

from typing import Any

from ivgraph_auth.notion.published import PublishedTool


def mcp_tool(tool: PublishedTool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.parameters,
        "annotations": mcp_annotations(tool),
    }


def mcp_annotations(tool: PublishedTool) -> dict[str, Any]:
    return {
        "title": tool.title,
        "readOnlyHint": not tool.writes,
        "destructiveHint": tool.destructive,
        "idempotentHint": tool.idempotent,
        # A workspace is a world of its own, but what stands there was written by anybody.
        "openWorldHint": True,
    }

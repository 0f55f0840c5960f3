"""Tools as Anthropic's Messages API takes them: https://platform.claude.com/docs/en/agents-and-tools/tool-use.

`input_schema` is JSON Schema with an object at the top, no `anyOf`, `oneOf` or `allOf` there and no reference anywhere:
what is published is that.
"""

from typing import Any

from ivgraph_auth.notion.published import PublishedTool


def anthropic_tool(tool: PublishedTool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}

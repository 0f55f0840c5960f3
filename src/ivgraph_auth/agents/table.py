"""The tools for agents, in the order in which they are listed."""

from ivgraph_auth.agents.models import AgentTool
from ivgraph_auth.agents.tools.search import SEARCH

_ALL: tuple[AgentTool, ...] = (SEARCH,)
AGENT_TOOLS = {tool.name: tool for tool in _ALL}

"""Which tools a credential may use, and one call of one of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.agents.errors import UnknownAgentTool
from ivgraph_auth.agents.models import ListedTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.notion_tool import notion_tools
from ivgraph_auth.agents.resources import ResourceTemplate, ResourceText, list_templates, read_resource
from ivgraph_auth.agents.table import AGENT_TOOLS
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.notion.endpoints import ENDPOINTS

# Opens the tools that are one call of Notion's each, too.
ALL = "all"


@dataclass(frozen=True, slots=True)
class AgentToolService:
    toolbox: Toolbox

    def list(self, principal: Principal, names: Collection[str] = ()) -> Sequence[ListedTool]:
        """Those that the credential may use: of `names`, or the few that are listed unless told."""
        return [tool for tool in self.among(names).values() if not _lacks(principal, tool)]

    def find(self, principal: Principal, name: str, names: Collection[str] = ()) -> ListedTool:
        """Raises UnknownAgentTool, InsufficientScope with all scopes that the call needs."""
        tool = self._named(name, names)
        if _lacks(principal, tool):
            raise InsufficientScope(" ".join(tool.scopes))
        return tool

    async def check(self, caller: ToolCaller, name: str, names: Collection[str] = ()) -> None:
        """As `find`; the refusal of a call to Notion stands in the audit trail, as at every other door."""
        tool = self._named(name, names)
        if not _lacks(caller.principal, tool):
            return
        refusal = InsufficientScope(" ".join(tool.scopes))
        if tool.endpoint:
            await self.toolbox.gateway.refuse(caller.principal, ENDPOINTS[tool.endpoint], caller.client, refusal)
        raise refusal

    async def call(self, caller: ToolCaller, tool: ListedTool, arguments: Mapping[str, Any]) -> ToolAnswer:
        """Raises InvalidArguments, and what the services below raise."""
        return await tool.call(self.toolbox, caller, arguments)

    def resource_templates(self, principal: Principal) -> Sequence[ResourceTemplate]:
        return list_templates(principal)

    async def read_resource(self, caller: ToolCaller, uri: str) -> ResourceText:
        """`notion://page/<id>`. Raises UnknownObject, InsufficientScope, and what the services below raise."""
        return await read_resource(self.toolbox, caller, uri)

    def _named(self, name: str, names: Collection[str]) -> ListedTool:
        tools = self.among(names)
        if name not in tools:
            raise UnknownAgentTool.near(name, tools)
        return tools[name]

    def among(self, names: Collection[str]) -> Mapping[str, ListedTool]:
        """By name, whoever may use them: those of `names`, or the few that are listed unless told."""
        if not names:
            return AGENT_TOOLS
        every = {**AGENT_TOOLS, **notion_tools(self.toolbox.version)}
        return every if ALL in names else {name: tool for name, tool in every.items() if name in names}


def _lacks(principal: Principal, tool: ListedTool) -> bool:
    return any(scope not in principal.scopes for scope in tool.scopes)

"""Which tools a credential may use, and one call of one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ivgraph_auth.agents.arguments import Arguments
from ivgraph_auth.agents.errors import InvalidArguments, UnknownAgentTool
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.resources import ResourceTemplate, ResourceText, list_templates, read_resource
from ivgraph_auth.agents.table import AGENT_TOOLS
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.core.principal import Principal

ALL = "all"


@dataclass(frozen=True, slots=True)
class AgentToolService:
    toolbox: Toolbox

    def list(self, principal: Principal, names: Iterable[str] = ()) -> Sequence[AgentTool]:
        """Those that the credential may use; of `names`, where some are given."""
        wanted = set(names)
        return [
            tool
            for tool in AGENT_TOOLS.values()
            if (not wanted or tool.name in wanted or ALL in wanted) and _lacking(principal, tool) == ()
        ]

    def find(self, principal: Principal, name: str, names: Iterable[str] = ()) -> AgentTool:
        """Raises UnknownAgentTool, InsufficientScope with all scopes that the call needs."""
        wanted = set(names)
        tool = AGENT_TOOLS.get(name)
        if tool is None or not (not wanted or name in wanted or ALL in wanted):
            raise UnknownAgentTool
        if _lacking(principal, tool):
            raise InsufficientScope(" ".join(tool.scopes))
        return tool

    async def call(self, caller: ToolCaller, tool: AgentTool, arguments: Mapping[str, Any]) -> ToolAnswer:
        """Raises InvalidArguments, and what the services below raise."""
        return await tool.run(self.toolbox, caller, read_arguments(tool, arguments))

    def resource_templates(self, principal: Principal) -> Sequence[ResourceTemplate]:
        return list_templates(principal)

    async def read_resource(self, caller: ToolCaller, uri: str) -> ResourceText:
        """`notion://page/<id>`. Raises UnknownObject, InsufficientScope, and what the services below raise."""
        return await read_resource(self.toolbox, caller, uri)


def read_arguments(tool: AgentTool, arguments: Mapping[str, Any]) -> Arguments:
    """Raises InvalidArguments."""
    try:
        return tool.takes.model_validate(arguments)
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidArguments(
            [{"loc": list(item["loc"]), "msg": item["msg"], "type": item["type"]} for item in errors]
        ) from None


def _lacking(principal: Principal, tool: AgentTool) -> tuple[str, ...]:
    return tuple(scope for scope in tool.scopes if scope not in principal.scopes)

"""The tools for agents."""

from ivgraph_auth.agents.service import AgentToolService
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.app.compose.connecting import Connecting
from ivgraph_auth.app.compose.foundation import Foundation
from ivgraph_auth.app.compose.graphs import Graphs
from ivgraph_auth.authz.service import ExplainService
from ivgraph_auth.gateway.service import Gateway


def compose_agent_tools(
    foundation: Foundation, connecting: Connecting, gateway: Gateway, graphs: Graphs, explain: ExplainService
) -> AgentToolService:
    toolbox = Toolbox(
        clock=foundation.base.clock,
        graph=graphs.reading,
        lookup=graphs.lookup,
        content=graphs.content,
        gateway=gateway,
        explain=explain,
        grant_lookup=connecting.grant_lookup,
        rate_limiter=foundation.rate_limiter,
        cursors=foundation.cursors,
        public_url=foundation.settings.public_url,
        version=foundation.settings.notion_version,
    )
    return AgentToolService(toolbox)

"""What is known of one request to `/mcp` before its message is looked at."""

import dataclasses
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ivgraph_auth.agents.models import ToolCaller
from ivgraph_auth.connect.errors import WorkspaceNotAllowed
from ivgraph_auth.core.errors import InsufficientScope, InvalidRequest, ServiceError
from ivgraph_auth.core.principal import Principal
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.gateway.models import Progress
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.next_steps.advice import next_steps

_MOST_NAMES = 100
_MOST_FIELDS = 20


@dataclass(slots=True)
class McpCall:
    """`tools` are those that the address names; empty: the few that are listed unless told. `seconds` is for
    everything. `refusal`: a scope that is missing after all, as only the work itself could know; told by HTTP's status.
    """

    principal: Principal
    tools: frozenset[str]
    context: RequestContext
    progress: Progress
    seconds: float
    refusal: InsufficientScope | None = None

    @property
    def caller(self) -> ToolCaller:
        tools = self.context.services.agent_tools.among(self.tools)
        return ToolCaller(self.principal, self.context.client, self.progress, self.seconds, self.advise, tools)

    def advise(self, refusal: ServiceError) -> list[dict[str, Any]]:
        return [step.as_json() for step in next_steps(self.context, refusal)]


@dataclass(frozen=True, slots=True)
class Selection:
    """What `?tools=…&workspace=…` leaves: for clients that cannot set headers."""

    principal: Principal
    tools: frozenset[str]

    @classmethod
    def read(cls, query: bytes, principal: Principal) -> "Selection":
        """Raises InvalidRequest, WorkspaceNotAllowed."""
        if not query:
            return cls(principal, frozenset())
        try:
            given = parse_qs(query.decode("latin-1"), max_num_fields=_MOST_FIELDS)
        except ValueError:
            raise InvalidRequest(f"At most {_MOST_FIELDS} members in the query.") from None
        names = [name.strip() for part in given.get("tools", ()) for name in part.split(",")]
        if len(names) > _MOST_NAMES:
            raise InvalidRequest(f"At most {_MOST_NAMES} names of tools.")
        wanted = [_read_workspace(text) for text in given.get("workspace", ())]
        if not wanted:
            return cls(principal, frozenset(filter(None, names)))
        kept = tuple(workspace for workspace in principal.workspaces if workspace.id in wanted)
        if len(kept) != len(set(wanted)):
            raise WorkspaceNotAllowed
        return cls(dataclasses.replace(principal, workspaces=kept), frozenset(filter(None, names)))


def _read_workspace(text: str) -> uuid.UUID:
    found = parse_notion_id(text)
    if found is None:
        raise InvalidRequest("workspace should be the id of a workspace.")
    return found

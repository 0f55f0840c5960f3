"""A tool for agents: what it is called, what it takes, what it answers. Nothing here knows how it is asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ivgraph_auth.agents.arguments import Arguments
from ivgraph_auth.agents.schemas import schema_of
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import ClientInfo, Principal, Scope
from ivgraph_auth.gateway.models import Progress

MARKDOWN = "text/markdown"


@dataclass(frozen=True, slots=True)
class ToolCaller:
    """Who calls. `deadline` is in seconds, for everything; `progress` is filled in by the calls to Notion."""

    principal: Principal
    client: ClientInfo
    progress: Progress
    deadline: float


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """Something that can be read by itself: `notion://page/<id>`."""

    uri: str
    name: str
    title: str
    media_type: str = MARKDOWN


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """`text` is for a model, `structured` says the same to a program, by the tool's output schema."""

    text: str
    structured: Mapping[str, Any] = field(repr=False)
    links: tuple[ResourceLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTool:
    """`scopes` are all that a call needs. `destructive`: may undo what is there; `idempotent`: twice is as once;
    `open_world`: asks Notion, where others write meanwhile (MCP's `ToolAnnotations`).
    """

    name: str
    title: str
    description: str
    scopes: tuple[Scope, ...]
    takes: type[Arguments]
    answers: type[BaseModel]
    run: Callable[[Toolbox, ToolCaller, Any], Awaitable[ToolAnswer]]
    writes: bool = False
    destructive: bool = False
    idempotent: bool = False
    open_world: bool = False

    @property
    def input_schema(self) -> Mapping[str, Any]:
        """JSON Schema; an object at the top, nothing by reference."""
        return schema_of(self.takes)

    @property
    def output_schema(self) -> Mapping[str, Any]:
        """Of `ToolAnswer.structured`."""
        return schema_of(self.answers)

"""A tool for agents: what it is called, what it takes, what it answers. Nothing here knows how it is asked for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from ivgraph_auth.agents.arguments import Arguments
from ivgraph_auth.agents.errors import InvalidArguments
from ivgraph_auth.agents.schemas import schema_of
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.principal import ClientInfo, Principal, Scope
from ivgraph_auth.gateway.models import Progress

MARKDOWN = "text/markdown"
_Arguments = TypeVar("_Arguments", bound=Arguments)


def _no_advice(_: ServiceError) -> Sequence[Mapping[str, Any]]:
    return ()


@dataclass(frozen=True, slots=True)
class ToolCaller:
    """Who calls. `deadline` is in seconds, for everything; `progress` is filled in by the calls to Notion. `advise`
    tells what to do after a refusal, as the members of `next`; `tools` are those of the address, whoever may use them.
    """

    principal: Principal
    client: ClientInfo
    progress: Progress
    deadline: float
    advise: Callable[[ServiceError], Sequence[Mapping[str, Any]]] = _no_advice
    tools: Mapping[str, "ListedTool"] = field(default_factory=dict, repr=False)


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


class ListedTool(Protocol):
    """`scopes` are all that a call needs. `endpoint` is the one of Notion's that its audit rows are named for, where
    its scopes are those of calls to Notion. `destructive`: may undo what is there; `idempotent`: twice is as once;
    `open_world`: asks Notion, where others write meanwhile (MCP's `ToolAnnotations`).
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def scopes(self) -> tuple[Scope, ...]: ...
    @property
    def endpoint(self) -> str | None: ...
    @property
    def input_schema(self) -> Mapping[str, Any]:
        """JSON Schema; an object at the top, nothing by reference."""

    @property
    def output_schema(self) -> Mapping[str, Any] | None:
        """Of `ToolAnswer.structured`."""

    @property
    def writes(self) -> bool: ...
    @property
    def destructive(self) -> bool: ...
    @property
    def idempotent(self) -> bool: ...
    @property
    def open_world(self) -> bool: ...
    async def call(self, box: Toolbox, caller: ToolCaller, arguments: Mapping[str, Any]) -> ToolAnswer:
        """Raises InvalidArguments, and what the services below raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTool:
    """A ListedTool of this package's own."""

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
    endpoint: str | None = None

    async def call(self, box: Toolbox, caller: ToolCaller, arguments: Mapping[str, Any]) -> ToolAnswer:
        return await self.run(box, caller, read_arguments(self, arguments))

    @property
    def input_schema(self) -> Mapping[str, Any]:
        return schema_of(self.takes)

    @property
    def output_schema(self) -> Mapping[str, Any]:
        return schema_of(self.answers)


def read_arguments(tool: AgentTool, arguments: Mapping[str, Any]) -> Arguments:
    """Raises InvalidArguments."""
    return read_as(tool.takes, arguments)


def read_as(kind: type[_Arguments], arguments: Mapping[str, Any]) -> _Arguments:
    """Raises InvalidArguments."""
    try:
        return kind.model_validate(arguments)
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_context=False, include_input=False)
        told = [{"loc": list(item["loc"]), "msg": item["msg"], "type": item["type"]} for item in errors]
        raise InvalidArguments(told) from None

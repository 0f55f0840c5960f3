"""The tools as models are told of them: each with its name, words, parameters and what it does to the workspace."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ivgraph_auth.notion.endpoints import Endpoint
from ivgraph_auth.notion.operations import description_of, schema_of
from ivgraph_auth.notion.tools import TOOLS, Tool


@dataclass(frozen=True, slots=True)
class PublishedTool:
    """`parameters`: JSON Schema, an object at the top, without references or combinators there. `destructive`: it may
    change or remove what is there; `idempotent`: doing it twice leaves no more than doing it once.
    """

    endpoint: Endpoint
    name: str
    title: str
    description: str
    parameters: dict[str, Any]
    writes: bool
    destructive: bool
    idempotent: bool


@lru_cache(maxsize=4)
def published_tools(version: str) -> tuple[PublishedTool, ...]:
    """In the table's order. What is answered is shared: nobody changes it."""
    return tuple(_published(tool, version) for tool in TOOLS.values())


def _published(tool: Tool, version: str) -> PublishedTool:
    parameters = {name: value for name, value in schema_of(tool.id, version).items() if name != "$schema"}
    # The tool's own description says the same, where every API shows it.
    parameters.pop("description", None)
    return PublishedTool(
        endpoint=tool.endpoint,
        name=tool.name,
        title=tool.title,
        description=description_of(tool.id, version),
        parameters=parameters,
        writes=tool.endpoint.writes,
        destructive=tool.destructive,
        idempotent=tool.idempotent,
    )

"""The tools of `notion/tools.py`, one call of Notion's each, as tools for agents: for who asks for the whole table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ivgraph_auth.agents.arguments import Arguments, IdempotencyKey, MaxChars, Workspace
from ivgraph_auth.agents.connections import choose, connections_of
from ivgraph_auth.agents.models import ListedTool, ToolAnswer, ToolCaller, read_as
from ivgraph_auth.agents.schemas import schema_of
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.models import ToolCall
from ivgraph_auth.gateway.policy import operation_of
from ivgraph_auth.graph.content.cutting import DEFAULT_CHARS
from ivgraph_auth.notion.published import PublishedTool, published_tools

_CUT = "\n[Cut here: %d of %d characters. Ask for less, for example by page_size, or raise max_chars.]"


class _Own(Arguments):
    """What each takes beside Notion's parameters."""

    workspace: Workspace = ""
    max_chars: MaxChars = DEFAULT_CHARS


class _OwnOfWrites(_Own):
    idempotency_key: IdempotencyKey = ""


@dataclass(frozen=True, slots=True)
class NotionTool:
    published: PublishedTool
    input_schema: Mapping[str, Any]
    scopes: tuple[Scope, ...]
    output_schema: None = None
    open_world: bool = True

    @property
    def name(self) -> str:
        return self.published.name

    @property
    def title(self) -> str:
        return self.published.title

    @property
    def description(self) -> str:
        return self.published.description

    @property
    def endpoint(self) -> str:
        return self.published.endpoint.name

    @property
    def writes(self) -> bool:
        return self.published.writes

    @property
    def destructive(self) -> bool:
        return self.published.destructive

    @property
    def idempotent(self) -> bool:
        return self.published.idempotent

    async def call(self, box: Toolbox, caller: ToolCaller, arguments: Mapping[str, Any]) -> ToolAnswer:
        kind: type[_Own] = _OwnOfWrites if self.writes else _Own
        own = read_as(kind, {name: value for name, value in arguments.items() if name in kind.model_fields})
        parameters = {name: value for name, value in arguments.items() if name not in kind.model_fields}
        tenant = None
        if own.workspace:
            grants = await connections_of(box, caller.principal, own.workspace)
            tenant = choose(caller.principal, grants).tenant.tenant_id
        key = getattr(own, "idempotency_key", "") or None
        asked = ToolCall(self.name, tenant, parameters, caller.deadline, key)
        reply = await box.gateway.invoke(caller.principal, asked, caller.client, caller.progress)
        return _answer(reply.body, own.max_chars)


@lru_cache(maxsize=4)
def notion_tools(version: str) -> Mapping[str, ListedTool]:
    """By name, in the table's order."""
    return {tool.name: _tool(tool) for tool in published_tools(version)}


def _tool(published: PublishedTool) -> NotionTool:
    own = schema_of(_OwnOfWrites if published.writes else _Own)["properties"]
    properties = {**published.parameters.get("properties", {}), **own}
    schema = {**published.parameters, "properties": properties}
    return NotionTool(published, schema, (operation_of(published.endpoint).scope,))


def _answer(body: bytes, max_chars: int) -> ToolAnswer:
    """Notion's object as it is; what is too long is cut, and then is told as text alone."""
    found: dict[str, Any] = json.loads(body) if body else {}
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= max_chars:
        return ToolAnswer(text, found)
    return ToolAnswer(text[:max_chars] + _CUT % (max_chars, len(text)), {"cut": True, "characters": len(text)})

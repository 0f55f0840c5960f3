"""A data source by its own id, or by that of its database."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ivgraph_auth.agents.errors import InvalidArguments, problem
from ivgraph_auth.agents.objects import READ_BY, load
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.json_values import as_list, as_object, encodable_text, member
from ivgraph_auth.graph.lookup import Seen
from ivgraph_auth.graph.models import NodeType


@dataclass(slots=True)
class Source:
    """`known` is the data source as Notion tells it, once it has been asked for."""

    call: RecordedCall
    id: str
    known: Mapping[str, Any] | None = field(default=None)

    async def columns(self) -> Mapping[str, Any]:
        """Its properties by name, each with its type and what belongs to that."""
        if self.known is None:
            tool_id, place = READ_BY[NodeType.DATA_SOURCE]
            self.known = await self.call.invoke(tool_id, {place: self.id})
        return as_object(self.known.get("properties"))


async def find_source(
    box: Toolbox, call: RecordedCall, node_id: uuid.UUID, seen: Seen | None, *, argument: str = "data_source"
) -> Source:
    """Where the graph knows it, without a question to Notion. `argument` is what the caller named it by. Raises
    InvalidArguments for what is none, and for a database with several; NotionSaidNo.
    """
    if seen is None:
        return source_of(call, *await load(call, node_id, [NodeType.DATA_SOURCE, NodeType.DATABASE]), argument=argument)
    node = seen.node.summary
    if node.type is NodeType.DATA_SOURCE:
        return Source(call, str(node.id))
    if node.type is NodeType.PAGE:
        raise InvalidArguments([problem((argument,), "This is a page; fetch reads it", "wrong_type")])
    sources = await box.lookup.sources(seen.grant, node.id)
    if sources:
        return Source(call, _only([(str(each.id), each.title) for each in sources], argument))
    return source_of(call, *await load(call, node_id, [NodeType.DATABASE]), argument=argument)


def source_of(call: RecordedCall, kind: NodeType, value: Mapping[str, Any], *, argument: str = "data_source") -> Source:
    """Of what Notion has told. Raises InvalidArguments."""
    own_id = encodable_text(value.get("id"))
    # Until 2022-06-28 a database is its only data source.
    if kind is NodeType.DATA_SOURCE or "data_sources" not in value:
        return Source(call, own_id, value)
    listed = as_list(value.get("data_sources"))
    named = [(encodable_text(member(each, "id")), encodable_text(member(each, "name"))) for each in listed]
    return Source(call, _only(named, argument))


def _only(sources: list[tuple[str, str]], argument: str) -> str:
    if len(sources) == 1:
        return sources[0][0]
    there = "; ".join(f"{title or 'Untitled'} {source_id}" for source_id, title in sources)
    message = f"This database has several data sources; give the id of one: {there}" if sources else "It has none"
    raise InvalidArguments([problem((argument,), message, "unclear_data_source")])

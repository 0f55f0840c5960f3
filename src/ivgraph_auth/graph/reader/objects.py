"""Pages, databases and data sources of every version of Notion's API."""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from ivgraph_auth.graph.json_values import JsonObject, Plain, as_id, as_list, as_name, as_object
from ivgraph_auth.graph.models import GapReason, Node, NodeType, Parent
from ivgraph_auth.graph.reader.collector import Collector
from ivgraph_auth.graph.reader.header import read_icon, read_parent, read_time, read_url
from ivgraph_auth.graph.reader.properties import read_columns, read_properties
from ivgraph_auth.graph.reader.readings import ObjectReading, TruncatedProperty
from ivgraph_auth.graph.reader.rich_text import read_rich_text

MOST_TITLE = 2000
_TYPES = {each.value: each for each in NodeType}
# A partial object has no others.
_PARTIAL = {"object", "id", "request_id"}


class _Body(NamedTuple):
    title: str
    properties: Mapping[str, Plain] = {}
    sources: tuple[UUID, ...] = ()
    truncated: tuple[TruncatedProperty, ...] = ()


def read_object(value: object) -> ObjectReading | None:
    """A page, database or data source as Notion answers it, whole or partial. None for any other JSON, and where the
    id is none.

    A database's rows and columns are of its data sources since 2025-09-03 (`sources`); before, they were its own. Where
    there are columns, `properties` has the type of each.
    """
    holder = as_object(value)
    kind, node_id = _TYPES.get(as_name(holder.get("object"))), as_id(holder.get("id"))
    if kind is None or node_id is None:
        return None
    found = Collector(node_id)
    partial = holder.keys() <= _PARTIAL
    body = _Body("") if partial else _BODIES[kind](holder, found)
    if partial:
        found.gap(GapReason.TRUNCATED, "object")
    node = _node(node_id, kind, holder, body, found)
    return ObjectReading(node, found.edges, body.sources, body.truncated, found.gaps, partial)


def _node(node_id: UUID, kind: NodeType, holder: JsonObject, body: _Body, found: Collector) -> Node:
    parent: Parent | None = read_parent(holder.get("parent"), found)
    return Node(
        id=node_id,
        type=kind,
        title=body.title,
        url=read_url(holder.get("url"), found),
        icon=read_icon(holder.get("icon"), found),
        parent=parent,
        created_at=read_time(holder.get("created_time"), found),
        edited_at=read_time(holder.get("last_edited_time"), found),
        in_trash=holder.get("in_trash", holder.get("archived")) is True,
        properties=body.properties,
    )


def _page(holder: JsonObject, found: Collector) -> _Body:
    title, values, truncated = read_properties(holder.get("properties"), found)
    return _Body(title, values, truncated=truncated)


def _database(holder: JsonObject, found: Collector) -> _Body:
    told = holder.get("data_sources")
    sources = [as_id(as_object(each).get("id")) for each in as_list(told)]
    if None in sources or not isinstance(told, list | None):
        found.malformed("data sources")
    distinct = dict.fromkeys(each for each in sources if each)
    return _Body(_heading(holder, found), _columns(holder, found), tuple(distinct))


def _data_source(holder: JsonObject, found: Collector) -> _Body:
    return _Body(_heading(holder, found), _columns(holder, found))


def _heading(holder: JsonObject, found: Collector) -> str:
    """What a description mentions stands beside the title."""
    if "description" in holder and holder["description"] is not None:
        read_rich_text(holder["description"], found, 0)
    return read_rich_text(holder["title"], found, MOST_TITLE) if "title" in holder else ""


def _columns(holder: JsonObject, found: Collector) -> dict[str, Plain]:
    return read_columns(holder["properties"], found) if "properties" in holder else {}


_BODIES: Mapping[NodeType, Callable[[JsonObject, Collector], _Body]] = {
    NodeType.PAGE: _page,
    NodeType.DATABASE: _database,
    NodeType.DATA_SOURCE: _data_source,
}

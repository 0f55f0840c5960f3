"""What was read of one answer of Notion."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from ivgraph_auth.graph.json_values import Plain
from ivgraph_auth.graph.models import Edge, Gap, GapReason, Node, NodeType


class TruncatedProperty(NamedTuple):
    """A property that holds more than the page tells. `id` is Notion's, percent-encoded, for the path of
    GET /v1/pages/{page}/properties/{id}. `type` is empty where the page does not tell it.
    """

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ObjectReading:
    """`edges` come from the properties, each once; the hierarchy is in `node.parent` and, for a database, in `sources`:
    the ids of its data sources. For each of `truncated` a gap stands in `gaps` (`truncation`), to be taken out once the
    property has been read whole. `partial`: Notion told the id alone.
    """

    node: Node
    edges: tuple[Edge, ...]
    sources: tuple[UUID, ...]
    truncated: tuple[TruncatedProperty, ...]
    gaps: tuple[Gap, ...]
    partial: bool


class Child(NamedTuple):
    id: UUID
    type: NodeType


@dataclass(frozen=True, slots=True)
class BlockReading:
    """`walk` is the id of the block when its own children must be listed. A synced copy is walked as it is: what it
    repeats gives the page the same edges as if it stood there.
    """

    edges: tuple[Edge, ...]
    children: tuple[Child, ...]
    walk: UUID | None
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class PropertyReading:
    """One answer of the property endpoint. `values` are what people see, in order: of `title` and `rich_text` pieces of
    one text. `type` is the property's, empty where it is unknown; `next_cursor` is None when there is no more.
    """

    type: str
    edges: tuple[Edge, ...]
    values: tuple[Plain, ...]
    next_cursor: str | None
    gaps: tuple[Gap, ...]


def truncation(node: UUID, property_id: str) -> Gap:
    """The gap of a truncated property; the id as in `TruncatedProperty`."""
    return Gap(node, GapReason.TRUNCATED, f"property {property_id or '?'}")

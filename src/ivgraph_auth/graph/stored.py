"""A reading as its rows hold it: without what PostgreSQL cannot store, and with a digest that tells of changes."""

import hashlib
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ivgraph_auth.graph.models import Edge, EdgeKind, Node, NodeType, Parent
from ivgraph_auth.graph.rows import NodeReading
from ivgraph_auth.graph.words import node_lexemes, title_key

_DIGEST_BYTES = 16
_ROW_PARENTS = ("data_source_id", "database_id")


@dataclass(frozen=True, slots=True)
class StoredNode:
    """`words` are lexemes with blanks between, `properties` is JSON."""

    notion_id: uuid.UUID
    type: str
    title: str
    title_key: str
    words: str
    url: str | None
    icon: str | None
    parent_type: str | None
    parent_id: uuid.UUID | None
    properties: str
    created_at: datetime | None
    edited_at: datetime | None
    digest: bytes


def stored_node(reading: NodeReading, edges: Sequence[Edge], graph_id: int) -> StoredNode:
    node, parent = reading.node, _answered_parent(reading)
    title = storable_text(node.title)
    properties = json.dumps(_storable(node.properties), ensure_ascii=False, sort_keys=True)
    return StoredNode(
        notion_id=node.id,
        type=node.type.value,
        title=title,
        title_key=title_key(title),
        words=" ".join(node_lexemes(node.id, node.type.value, title, graph_id)),
        url=None if node.url is None else storable_text(node.url),
        icon=None if node.icon is None else storable_text(node.icon),
        parent_type=parent and storable_text(parent.type),
        parent_id=parent and parent.id,
        properties=properties,
        created_at=node.created_at,
        edited_at=node.edited_at,
        digest=_digest(replace(node, parent=parent), title, properties, edges),
    )


def _answered_parent(reading: NodeReading) -> Parent | None:
    """A block is no node, so what stands in a column or a toggle is told to stand on the page of that block."""
    parent = reading.node.parent
    if parent is not None and parent.type == "block_id" and reading.parent is not None:
        return Parent("page_id", reading.parent)
    return parent


def _digest(node: Node, title: str, properties: str, edges: Sequence[Edge]) -> bytes:
    answered = [
        node.type,
        title,
        node.url,
        node.icon,
        node.parent,
        properties,
        node.created_at and node.created_at.timestamp(),
        node.edited_at and node.edited_at.timestamp(),
        sorted((edge.kind, str(edge.source), str(edge.target), edge.property) for edge in edges),
    ]
    return hashlib.blake2b(json.dumps(answered, default=str).encode(), digest_size=_DIGEST_BYTES).digest()


def owned_edges(reading: NodeReading) -> list[Edge]:
    """The edge from its parent, and those out of it; each once."""
    node = reading.node
    edges = [edge._replace(property=storable_text(edge.property)) for edge in reading.edges if edge.source == node.id]
    if reading.parent is not None and reading.parent != node.id:
        edges.append(Edge(_kind_below(node), reading.parent, node.id))
    return list(dict.fromkeys(edges))


def _kind_below(node: Node) -> EdgeKind:
    if node.type is NodeType.DATA_SOURCE:
        return EdgeKind.SOURCE
    is_row = node.type is NodeType.PAGE and node.parent is not None and node.parent.type in _ROW_PARENTS
    return EdgeKind.ROW if is_row else EdgeKind.CHILD


def storable_text(text: str) -> str:
    """PostgreSQL has no NUL, and UTF-8 no lone surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _storable(value: Any) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, Mapping):
        return {storable_text(str(key)): _storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

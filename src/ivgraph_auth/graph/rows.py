"""What is written to the graph's tables, and what is read from them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple, TypeAlias

from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason, Node, NodeType, Parent

Direction: TypeAlias = Literal["in", "out"]
# Why an edge leads nowhere.
UNRESOLVED = "Links, mentions or relations to what this connection does not see."


class Change(StrEnum):
    APPEARED = "appeared"
    CHANGED = "changed"
    WENT = "went"


@dataclass(frozen=True, slots=True)
class NodeReading:
    """One object, read whole. `parent` is the node above it, found through blocks; `edges` are links, mentions and
    relations out of it.
    """

    node: Node
    parent: uuid.UUID | None
    edges: tuple[Edge, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphRow:
    """`as_of` is when a run that saw everything began; None before the first."""

    id: int
    grant_id: int
    workspace_id: uuid.UUID
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class GraphCounts:
    nodes: int
    hidden: int
    edges: int
    unresolved: int
    gaps: int


@dataclass(frozen=True, slots=True)
class NodeSummary:
    id: uuid.UUID
    type: NodeType
    title: str
    url: str | None
    icon: str | None
    parent: Parent | None
    workspace_id: uuid.UUID
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class GapTotal:
    """`detail` is empty where totals are of the reason alone."""

    reason: GapReason
    detail: str
    count: int


@dataclass(frozen=True, slots=True)
class NodeGap:
    node: uuid.UUID
    reason: GapReason
    detail: str
    count: int


@dataclass(frozen=True, slots=True)
class GapPage:
    """`next` is a position for `after`; None at the end."""

    gaps: tuple[NodeGap, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class NodeRow:
    summary: NodeSummary
    properties: Mapping[str, Any]
    created_at: datetime | None
    read_at: datetime
    counts_in: Mapping[EdgeKind, int]
    counts_out: Mapping[EdgeKind, int]
    gaps: tuple[GapTotal, ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """`next` is a position for `after`; None at the end. `truncated`: there were more hits than are ranked."""

    hits: tuple[NodeSummary, ...]
    next: str | None
    truncated: bool


@dataclass(frozen=True, slots=True)
class Neighbor:
    direction: Direction
    edge: Edge
    node: NodeSummary


@dataclass(frozen=True, slots=True)
class NeighborPage:
    neighbors: tuple[Neighbor, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Path:
    """`edges[i]` connects `nodes[i]` and `nodes[i + 1]`, in either direction."""

    nodes: tuple[uuid.UUID, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class PathsFound:
    """`cut_neighbors`: a node had more neighbours than were followed. `cut_visited`: the search ended before its depth,
    since it had come to more nodes than are visited. In both cases there may be more, or shorter, paths.
    """

    paths: tuple[Path, ...]
    cut_neighbors: bool
    cut_visited: bool


class ChangeRow(NamedTuple):
    seq: int
    graph_id: int
    node: uuid.UUID
    what: Change
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """`positions` are for the next call. `lost`: a graph of the positions given is gone, and what it had seen with it,
    or changes behind them have been removed: who keeps a copy begins anew.
    """

    changes: tuple[ChangeRow, ...]
    positions: Mapping[int, int]
    more: bool
    lost: bool

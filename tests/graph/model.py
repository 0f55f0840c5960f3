"""The graph in plain Python: dictionaries, and breadth-first search."""

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ivgraph_auth.graph.models import Edge, EdgeKind, Node, NodeType, Parent
from ivgraph_auth.graph.rows import Change, NodeReading
from ivgraph_auth.graph.stored import owned_edges

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
KINDS_BELOW = {EdgeKind.CHILD, EdgeKind.ROW, EdgeKind.SOURCE}


@dataclass
class Model:
    """One grant's graph."""

    readings: dict[uuid.UUID, NodeReading] = field(default_factory=dict)
    seen: dict[uuid.UUID, int] = field(default_factory=dict)
    hidden: set[uuid.UUID] = field(default_factory=set)
    changes: list[tuple[uuid.UUID, Change]] = field(default_factory=list)

    def save(self, readings: Iterable[NodeReading], run: int) -> None:
        latest = {reading.node.id: reading for reading in readings}
        self.hide(node_id for node_id, reading in latest.items() if reading.node.in_trash)
        for node_id, reading in sorted(latest.items()):
            if reading.node.in_trash:
                if node_id in self.readings:
                    self.seen[node_id] = max(self.seen[node_id], run)
                continue
            before = self.readings.get(node_id) if node_id not in self.hidden else None
            if before is None:
                self.changes.append((node_id, Change.APPEARED))
            elif (before.node, set(owned_edges(before))) != (reading.node, set(owned_edges(reading))):
                self.changes.append((node_id, Change.CHANGED))
            self.readings[node_id] = reading
            self.hidden.discard(node_id)
            self.seen[node_id] = max(self.seen.get(node_id, 0), run)

    def hide(self, node_ids: Iterable[uuid.UUID], *, seen_before: int | None = None) -> None:
        below = list(node_ids)
        gone: list[uuid.UUID] = []
        while below:
            node_id = below.pop()
            if node_id in self.nodes and node_id not in gone:
                # What this run has seen is there, and so is what is below it.
                if seen_before is not None and self.seen[node_id] >= seen_before:
                    continue
                gone.append(node_id)
                below += [edge.target for edge in self.edges if edge.source == node_id and edge.kind in KINDS_BELOW]
        self.hidden |= set(gone)
        self.changes += [(node_id, Change.WENT) for node_id in gone]

    def touch(self, node_ids: Iterable[uuid.UUID], run: int) -> None:
        for node_id in node_ids:
            if node_id in self.nodes:
                self.seen[node_id] = max(self.seen[node_id], run)

    def remove_gone(self, node_ids: Iterable[uuid.UUID], run: int) -> None:
        unseen = [node_id for node_id in node_ids if node_id in self.seen and self.seen[node_id] < run]
        self.hide(unseen, seen_before=run)
        for node_id in unseen:
            del self.readings[node_id], self.seen[node_id]
            self.hidden.discard(node_id)

    @property
    def nodes(self) -> dict[uuid.UUID, Node]:
        return {key: reading.node for key, reading in self.readings.items() if key not in self.hidden}

    @property
    def all_edges(self) -> set[Edge]:
        return {edge for key in self.nodes for edge in owned_edges(self.readings[key])}

    @property
    def edges(self) -> set[Edge]:
        nodes = self.nodes
        return {edge for edge in self.all_edges if edge.source in nodes and edge.target in nodes}

    @property
    def unresolved(self) -> set[Edge]:
        return {edge for edge in self.all_edges if edge.target not in self.nodes}


def union(models: Iterable[Model]) -> tuple[dict[uuid.UUID, Node], set[Edge], set[Edge]]:
    """What a principal with all of these grants sees: nodes, edges, and edges that lead to nothing."""
    nodes: dict[uuid.UUID, Node] = {}
    edges: set[Edge] = set()
    missing: set[Edge] = set()
    for model in models:
        edges |= model.edges
        missing |= model.unresolved
        for key, node in model.nodes.items():
            if key not in nodes or _edited(nodes[key]) <= _edited(node):
                nodes[key] = node
    return nodes, edges, missing - edges


def _edited(node: Node) -> datetime:
    return node.edited_at or datetime.min.replace(tzinfo=UTC)


def shortest(edges: set[Edge], source: uuid.UUID, target: uuid.UUID) -> tuple[int, int] | None:
    """Length, and how many paths of nodes have it; None without any."""
    around: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for edge in edges:
        around[edge.source].add(edge.target)
        around[edge.target].add(edge.source)
    level, ways, visited, length = [source], {source: 1}, {source}, 0
    while level:
        if target in level:
            return length, ways[target]
        following: dict[uuid.UUID, int] = defaultdict(int)
        for node in level:
            for other in around[node] - visited:
                following[other] += ways[node]
        visited |= following.keys()
        level, ways, length = list(following), following, length + 1
    return None


WORDS = ("road", "map", "Über", "plan", "会议", "ноты", "a")


@dataclass
class Generator:
    """Random readings of a few objects, which are pages, databases and data sources."""

    random: random.Random
    ids: list[uuid.UUID]

    @classmethod
    def seeded(cls, seed: int, size: int) -> "Generator":
        own = random.Random(seed)  # noqa: S311 -- made to be repeated
        return cls(own, [uuid.UUID(int=own.getrandbits(128), version=4) for _ in range(size)])

    def reading(self, node_id: uuid.UUID | None = None, *, in_trash: bool = False) -> NodeReading:
        node_id = node_id or self.random.choice(self.ids)
        parent = self.random.choice([*self.ids, None])
        kind = list(NodeType)[self.ids.index(node_id) % 3]
        node = Node(
            id=node_id,
            type=kind,
            title=" ".join(self.random.choices(WORDS, k=self.random.randint(0, 3))),
            url=None,
            icon=None,
            parent=Parent(self.random.choice(["page_id", "data_source_id"]), parent) if parent else None,
            created_at=EPOCH,
            edited_at=self.random.choice([None, EPOCH + timedelta(seconds=self.random.randint(0, 5))]),
            in_trash=in_trash,
        )
        return NodeReading(node, parent, tuple(self.edge(node_id) for _ in range(self.random.randint(0, 3))))

    def edge(self, source: uuid.UUID) -> Edge:
        kind = self.random.choice([EdgeKind.LINK, EdgeKind.MENTION, EdgeKind.RELATION])
        name = self.random.choice(["Author", "Ärger 1"]) if kind is EdgeKind.RELATION else ""
        return Edge(kind, source, self.random.choice(self.ids), name)

"""Edges and gaps of one object, in the order in which they were found, each once."""

from dataclasses import dataclass, field
from uuid import UUID

from ivgraph_auth.graph.json_values import safe_name
from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason


@dataclass(slots=True)
class Collector:
    node: UUID
    depth: int = 0  # of results inside results
    _edges: dict[Edge, None] = field(default_factory=dict)
    _gaps: dict[Gap, None] = field(default_factory=dict)

    @property
    def edges(self) -> tuple[Edge, ...]:
        return tuple(self._edges)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return tuple(self._gaps)

    def link(self, target: UUID) -> None:
        """A link within the page itself (to one of its headings) leads nowhere else."""
        if target != self.node:
            self._edges[Edge(EdgeKind.LINK, self.node, target)] = None

    def mention(self, target: UUID) -> None:
        self._edges[Edge(EdgeKind.MENTION, self.node, target)] = None

    def relation(self, target: UUID, name: str) -> None:
        self._edges[Edge(EdgeKind.RELATION, self.node, target, name)] = None

    def gap(self, reason: GapReason, detail: str) -> None:
        self._gaps[Gap(self.node, reason, detail)] = None

    def malformed(self, what: str) -> None:
        self.gap(GapReason.MALFORMED, what)

    def unknown(self, what: str, name: object) -> None:
        self.gap(GapReason.UNKNOWN_TYPE, f"{what} {safe_name(name)}")

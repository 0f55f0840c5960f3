"""How far somebody is who keeps a copy of graphs."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

NOTHING_COPIED = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class CopyPlace:
    """`positions`: up to which change of each graph. `start`: those from when it was begun, and nodes with ids before
    this one, have been read; None once all have.
    """

    positions: Mapping[int, int]
    start: uuid.UUID | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """From what `str` makes of it."""
        found = json.loads(text)
        start = found.pop("start", None)
        return cls({int(graph): int(seq) for graph, seq in found.items()}, uuid.UUID(start) if start else None)

    def __str__(self) -> str:
        start = {"start": self.start.hex} if self.start is not None else {}
        return json.dumps({**{str(graph): seq for graph, seq in sorted(self.positions.items())}, **start})

import uuid
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServingProcess:
    """`keys` are those it has loaded: the one that seals is first. A transit key is its family."""

    id: uuid.UUID
    keys: Sequence[str]
    seconds_ago: int

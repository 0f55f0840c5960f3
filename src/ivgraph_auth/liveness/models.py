from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invalidation:
    """Something of this account changed."""

    id: int
    account_id: int

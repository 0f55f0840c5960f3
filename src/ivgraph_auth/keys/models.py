from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyStates:
    """Ids of keys: those of the keyring by what their stored check says, and those with a check and not in it."""

    right: Sequence[str]
    wrong: Sequence[str]
    new: Sequence[str]
    dropped: Sequence[str]

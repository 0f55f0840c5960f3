"""What is known of accounts and their credentials. Pure: no clock, no database."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

_MOST_ENTRIES = 20_000
_MOST_REMEMBERED = 10_000


class AccountCache:
    """Every entry belongs to an account and goes with it. An app owns what is known of the app itself: its number is
    below zero, so that it is no account's.

    A fill notes a mark before it reads the database, and is thrown away when its account was dropped since: what was
    read may be older than the change.
    """

    def __init__(self, *, most: int = _MOST_ENTRIES) -> None:
        self._most = most
        self._entries: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._keys_of: dict[int, set[Hashable]] = {}
        self._counter = 0
        # When each account was last dropped; fills older than the floor are thrown away whoever they are of.
        self._dropped: OrderedDict[int, int] = OrderedDict()
        self._floor = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Any | None:  # noqa: ANN401 -- a cache holds anything
        entry = self._entries.get(key)
        return entry[1] if entry else None

    def mark(self) -> int:
        """To be taken before the read that a fill comes from."""
        return self._counter

    def fill(self, mark: int, account_id: int, key: Hashable, value: object) -> None:
        if mark < self._floor or mark < self._dropped.get(account_id, 0):
            return
        if key not in self._entries and len(self._entries) >= self._most:
            self._forget(next(iter(self._entries)))
        self._entries[key] = (account_id, value)
        self._keys_of.setdefault(account_id, set()).add(key)

    def drop(self, account_id: int) -> None:
        self._counter += 1
        self._dropped[account_id] = self._counter
        self._dropped.move_to_end(account_id)
        if len(self._dropped) > _MOST_REMEMBERED:
            _, self._floor = self._dropped.popitem(last=False)
        for key in self._keys_of.pop(account_id, ()):
            del self._entries[key]

    def clear(self) -> None:
        self._counter += 1
        self._floor = self._counter
        self._entries.clear()
        self._keys_of.clear()
        self._dropped.clear()

    def _forget(self, key: Hashable) -> None:
        account_id, _ = self._entries.pop(key)
        keys = self._keys_of[account_id]
        keys.discard(key)
        if not keys:
            del self._keys_of[account_id]

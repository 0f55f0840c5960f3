"""How the cache is used: `liveness.get(key) or await load(liveness, key, read)`, so that a hit waits for nothing.

A credential is two entries, since an account has many and they all stand under what it is now.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Protocol, TypeVar

from ivgraph_auth.liveness.service import Liveness


class OfAccount(Protocol):
    @property
    def account_id(self) -> int: ...


_Entry = TypeVar("_Entry", bound=OfAccount)
_Account = TypeVar("_Account", bound=OfAccount)


async def load(liveness: Liveness, key: Hashable, read: Callable[[], Awaitable[_Entry | None]]) -> _Entry | None:
    """What `read` answers. None is not cached."""
    mark = liveness.mark()
    found = await read()
    if found is not None:
        liveness.fill(mark, found.account_id, key, found)
    return found


def get_with_account(liveness: Liveness, key: Hashable) -> tuple[Any, Any] | None:
    """An entry, and what its account is now."""
    entry = liveness.get(key)
    account = liveness.get(entry.account_id) if entry is not None else None
    return (entry, account) if account is not None else None


async def load_with_account(
    liveness: Liveness, key: Hashable, read: Callable[[], Awaitable[tuple[_Entry, _Account] | None]]
) -> tuple[_Entry, _Account] | None:
    """As `load`, for what `get_with_account` gets."""
    mark = liveness.mark()
    found = await read()
    if found is not None:
        entry, account = found
        liveness.fill(mark, entry.account_id, key, entry)
        liveness.fill(mark, entry.account_id, entry.account_id, account)
    return found

"""Lists, and the three ways in which Notion counts through them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ivgraph_auth.core.secrets import random_uuid, sha256
from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.v1.call_input import Paging
from ivgraph_auth.sandbox.v1.refusals import bad_cursor
from ivgraph_auth.sandbox.v1.view import dashed

T = TypeVar("T")
_SESSION_PARTS = 3


def told(kind: str, results: list[Json], cursor: str | None, **more: object) -> Json:
    listed = {"object": "list", "results": results, "next_cursor": cursor, "has_more": cursor is not None}
    return {**listed, "type": kind, kind: {}, **more}


def by_id(
    items: Sequence[T], paging: Paging, where: str, identify: Callable[[T], str]
) -> tuple[Sequence[T], str | None]:
    """The cursor is the id of the next item."""
    start = 0
    if paging.cursor is not None:
        start = _index(items, dashed(paging.cursor, where), paging.cursor, identify)
    end = start + paging.size
    return items[start:end], identify(items[end]) if end < len(items) else None


def by_session(items: Sequence[T], paging: Paging, identify: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """The cursor names a session and the next row: `s:<uuid>:<row>`."""
    start, session = 0, str(random_uuid())
    if paging.cursor is not None:
        parts = paging.cursor.split(":")
        if len(parts) != _SESSION_PARTS or parts[0] != "s":
            raise bad_cursor(paging.cursor)
        session = parts[1]
        start = _index(items, parts[2], paging.cursor, identify)
    end = start + paging.size
    return items[start:end], f"s:{session}:{identify(items[end])}" if end < len(items) else None


def by_sign(items: Sequence[T], paging: Paging, seed: str) -> tuple[Sequence[T], str | None]:
    """The cursor is a short word that tells nothing."""

    def sign(index: int) -> str:
        return sha256(f"{seed} {index}").hex()[:6]

    start = 0
    if paging.cursor is not None:
        found = [index for index in range(len(items)) if sign(index) == paging.cursor]
        if not found:
            raise bad_cursor(paging.cursor)
        start = found[0]
    end = start + paging.size
    return items[start:end], sign(end) if end < len(items) else None


def _index(items: Sequence[T], wanted: str, cursor: str, identify: Callable[[T], str]) -> int:
    for index, item in enumerate(items):
        if identify(item) == wanted:
            return index
    raise bad_cursor(cursor)

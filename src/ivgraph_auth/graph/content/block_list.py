"""A page's blocks as their own JSON, one after the other."""

import uuid
from collections.abc import Iterator

from ivgraph_auth.graph.content.file_urls import without_signed_values
from ivgraph_auth.graph.content.outline import CHILDREN, DEEPEST, has_more
from ivgraph_auth.graph.json_values import as_list, is_object, member, type_name
from ivgraph_auth.graph.models import Gap, GapReason

FlatBlock = tuple[object, tuple[Gap, ...]]


def flat_blocks(blocks: object, *, page: uuid.UUID | None) -> list[FlatBlock]:
    """Those inside another one behind it, each without `children` and without signed URLs of files."""
    return list(_flat(as_list(blocks), page, 0))


def _flat(blocks: list[object], page: uuid.UUID | None, depth: int) -> Iterator[FlatBlock]:
    for block in blocks:
        children = as_list(member(block, CHILDREN)) if depth < DEEPEST else []
        bare = {name: value for name, value in block.items() if name != CHILDREN} if is_object(block) else block
        yield without_signed_values(bare), _gaps(block, page, seen=bool(children))
        yield from _flat(children, page, depth + 1)


def _gaps(block: object, page: uuid.UUID | None, *, seen: bool) -> tuple[Gap, ...]:
    kind = type_name(member(block, "type"))
    if seen or not (has_more(block) or member(block, CHILDREN)):
        return ()
    return (Gap(page, GapReason.TRUNCATED, f"What is inside a block of the type {kind}."),)

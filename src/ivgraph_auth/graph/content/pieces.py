"""A page's content in pieces, in each of the forms in which it is answered."""

import json
import uuid
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from ivgraph_auth.graph.content.block_list import flat_blocks
from ivgraph_auth.graph.content.cutting import Place, take, whole_units
from ivgraph_auth.graph.content.layout import Unit
from ivgraph_auth.graph.content.mentions import Titles
from ivgraph_auth.graph.content.notion_markdown import enhanced_markdown_units
from ivgraph_auth.graph.content.outline import markdown_units
from ivgraph_auth.graph.content.positions import BlockPosition, PageChanged, TextPosition
from ivgraph_auth.graph.json_values import as_id, member
from ivgraph_auth.graph.models import Gap

PositionT = TypeVar("PositionT", BlockPosition, TextPosition)


class MarkdownPiece(NamedTuple, Generic[PositionT]):
    """`following`: where to go on, None at the end; its `str` is for a cursor, and `read` of its class takes that back.
    `gaps` are those of this piece.
    """

    markdown: str
    following: PositionT | None
    gaps: tuple[Gap, ...]


class BlockPiece(NamedTuple):
    """Blocks in the order of the page, those inside another one behind it: `parent` in their JSON tells where."""

    blocks: list[object]
    following: BlockPosition | None
    gaps: tuple[Gap, ...]


def markdown_of_blocks(
    blocks: object, max_chars: int, start: BlockPosition | None = None, *, page: uuid.UUID | None, titles: Titles
) -> MarkdownPiece[BlockPosition] | PageChanged:
    """`blocks`: the JSON of a page's blocks in order, of any API version, each with its own under `children`.
    `titles`: of pages that are linked without one. Never raises, whatever the JSON.
    """
    units = markdown_units(blocks, page=page, titles=titles)
    begin = Place() if start is None else start.find(units)
    if isinstance(begin, PageChanged):
        return begin
    taken = take(units, begin, max_chars)
    return MarkdownPiece(taken.text, BlockPosition.of(units, taken.end), taken.gaps)


def markdown_of_answer(
    answer: object, max_chars: int, start: TextPosition | None = None, *, page: uuid.UUID | None
) -> MarkdownPiece[TextPosition] | PageChanged:
    """`answer`: of GET /v1/pages/{id}/markdown. Its gaps are of the whole page. Never raises, whatever the JSON."""
    units, gaps = enhanced_markdown_units(answer, page=page)
    begin = Place() if start is None else start.find(units)
    if isinstance(begin, PageChanged):
        return begin
    taken = take(units, begin, max_chars)
    return MarkdownPiece(taken.text, TextPosition.of(units, taken.end), gaps)


def blocks_as_json(
    blocks: object, max_chars: int, start: BlockPosition | None = None, *, page: uuid.UUID | None
) -> BlockPiece | PageChanged:
    """As many blocks as have `max_chars` characters of JSON at most; a block is never cut, and one that is longer
    comes alone. `blocks` as for `markdown_of_blocks`. Never raises, whatever the JSON.
    """
    flat = flat_blocks(blocks, page=page)
    units = [_json_unit(block, gaps) for block, gaps in flat]
    begin = Place() if start is None else start.find(units)
    if isinstance(begin, PageChanged) or begin.offset:
        return PageChanged()
    end = max(whole_units(units, begin.unit, max_chars), min(begin.unit + 1, len(units)))
    following = BlockPosition.of(units, Place(end))
    return BlockPiece([block for block, _ in flat[begin.unit : end]], following, _gaps(units[begin.unit : end]))


def _json_unit(block: object, gaps: tuple[Gap, ...]) -> Unit:
    written = json.dumps(block, ensure_ascii=False, separators=(",", ":"))
    return Unit(written, as_id(member(block, "id")), gaps=gaps)


def _gaps(units: Sequence[Unit]) -> tuple[Gap, ...]:
    return tuple(gap for each in units for gap in each.gaps)

"""A page's blocks one after the other, each with the Markdown that is its own: put together they are the whole page."""

import uuid
from collections.abc import Iterator
from typing import NamedTuple

from ivgraph_auth.graph.content.block_shapes import Block, Row, Shape, shape_of
from ivgraph_auth.graph.content.layout import Draft, Indent, Unit, indented, laid_out
from ivgraph_auth.graph.content.mentions import Titles
from ivgraph_auth.graph.json_values import as_id, as_list, member, type_name
from ivgraph_auth.graph.models import Gap, GapReason

# Under this name of a block's JSON stand its children, which Notion answers apart.
CHILDREN = "children"
# What is deeper is told as a gap; pages that people write hardly go beyond ten.
DEEPEST = 64
# CommonMark's numbers have nine digits at most.
_LARGEST_NUMBER = 10**8
_OTHER_NODES = ("child_page", "child_database")


class _Place(NamedTuple):
    indents: tuple[Indent, ...] = ()
    depth: int = 0

    def inside(self, shape: Shape, container: int) -> "_Place":
        indent = (Indent(container, shape.inner),) if shape.inner else ()
        return _Place(self.indents + indent, self.depth + 1)


class _Outline:
    def __init__(self, page: uuid.UUID | None, titles: Titles) -> None:
        self.page = page
        self.titles = titles
        self.containers = 0

    def drafts(self, blocks: list[object], place: _Place, first: Row) -> Iterator[Draft]:
        """`first`: the first row, where they are rows."""
        number: int | None = None
        for at, raw in enumerate(blocks):
            block = _block(raw, self.titles)
            number = _number(block, number)
            yield from self._with_children(block._replace(number=number, row=first._replace(at=at)), place)

    def _with_children(self, block: Block, place: _Place) -> Iterator[Draft]:
        shape = shape_of(block)
        self.containers += 1
        inside = place.inside(shape, self.containers)
        around = inside if shape.quoted else place
        if shape.text or shape.marker:
            gaps = () if shape.gap is None else (Gap(self.page, shape.gap, f"A block of the type {block.type}."),)
            yield Draft(_id(block), indented(shape, around.indents), around.indents, shape.close, shape.apart, gaps)
        yield from self._children(block, inside)

    def _children(self, block: Block, place: _Place) -> Iterator[Draft]:
        children = member(block.raw, CHILDREN)
        if isinstance(children, list) and children and place.depth < DEEPEST:
            yield from self.drafts(children, place, _first_row(block, children, self.containers))
        elif children or has_more(block.raw):
            gap = Gap(self.page, GapReason.TRUNCATED, f"What is inside a block of the type {block.type}.")
            words = indented(Shape(f"[not read: what is inside this {block.type} block]"), place.indents)
            yield Draft(_id(block), words, place.indents, gaps=(gap,))


def markdown_units(blocks: object, *, page: uuid.UUID | None, titles: Titles) -> list[Unit]:
    """`blocks`: the JSON of a page's blocks in order, each with its own under `children`. `titles`: of pages that
    are linked without one.
    """
    return laid_out(list(_Outline(page, titles).drafts(as_list(blocks), _Place(), Row())))


def _block(raw: object, titles: Titles) -> Block:
    kind = type_name(member(raw, "type"))
    return Block(raw, kind, member(raw, kind), titles)


def _id(block: Block) -> uuid.UUID | None:
    return as_id(member(block.raw, "id"))


def _number(block: Block, before: int | None) -> int | None:
    """Of an item in its numbered list, which ends with any other block."""
    if block.type != "numbered_list_item":
        return None
    start = member(block.payload, "list_start_index")
    first = start if isinstance(start, int) and not isinstance(start, bool) and 0 <= start < _LARGEST_NUMBER else 1
    return first if before is None else before + 1


def _first_row(block: Block, children: list[object], table: int) -> Row:
    if block.type != "table":
        return Row()
    width = max(len(as_list(member(each, "table_row", "cells"))) for each in children)
    return Row(table, 0, width, member(block.payload, "has_column_header") is True)


def has_more(block: object) -> bool:
    """Whether there is something inside of it that belongs to this page."""
    return member(block, "has_children") is True and member(block, "type") not in _OTHER_NODES

"""Blocks as lines of Markdown: indented by what they are inside of, and separated."""

import uuid
from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from ivgraph_auth.graph.content.block_shapes import Shape
from ivgraph_auth.graph.content.file_urls import without_signed_urls
from ivgraph_auth.graph.models import Gap


class Unit(NamedTuple):
    """What is not cut where it can be helped: one block. `text` ends with what separates it from the next one, the
    last `separator` characters of it. `block` is None where nothing names it.
    """

    text: str
    block: uuid.UUID | None = None
    separator: int = 0
    gaps: tuple[Gap, ...] = ()


class Indent(NamedTuple):
    """What stands before each line inside a container; `container` tells neighbours apart that are indented alike."""

    container: int
    text: str


class Draft(NamedTuple):
    """A block's lines. Neighbours that are `close` in the same way have no blank line between, unless it is `apart`."""

    block: uuid.UUID | None
    text: str
    indents: tuple[Indent, ...]
    close: str = ""
    apart: bool = False
    gaps: tuple[Gap, ...] = ()


def indented(shape: Shape, indents: Iterable[Indent]) -> str:
    before = "".join(each.text for each in indents)
    first, *others = without_signed_urls(shape.text).split("\n")
    inner = "" if shape.quoted else shape.inner
    return "\n".join([_line(before + shape.marker, first), *(_line(before + inner, each) for each in others)])


def laid_out(drafts: Sequence[Draft]) -> list[Unit]:
    units = [_unit(draft, _separator(draft, following)) for draft, following in pairwise(drafts)]
    return [*units, *(_unit(draft, "") for draft in drafts[-1:])]


def _line(before: str, text: str) -> str:
    return before + text if text else before.rstrip()


def _unit(draft: Draft, separator: str) -> Unit:
    return Unit(draft.text + separator, draft.block, len(separator), draft.gaps)


def _separator(draft: Draft, following: Draft) -> str:
    """A blank line, quoted where both are in the same quote."""
    pairs = zip(draft.indents, following.indents, strict=False)
    common = [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    nested = len(common) == min(len(draft.indents), len(following.indents))
    if draft.close and draft.close == following.close and nested and not following.apart:
        return "\n"
    return f"\n{''.join(each.text for each in common).rstrip()}\n"

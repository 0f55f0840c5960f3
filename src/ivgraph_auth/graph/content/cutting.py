"""Long content in pieces, cut between blocks. The pieces put together are the whole."""

from collections.abc import Sequence
from typing import NamedTuple

from ivgraph_auth.graph.content.layout import Unit
from ivgraph_auth.graph.models import Gap

DEFAULT_CHARS = 20_000
MOST_CHARS = 200_000


class Place(NamedTuple):
    """Behind `offset` characters of a unit; the end of all is the unit behind the last."""

    unit: int = 0
    offset: int = 0


class Taken(NamedTuple):
    text: str
    end: Place
    gaps: tuple[Gap, ...]


def take(units: Sequence[Unit], begin: Place, max_chars: int) -> Taken:
    """At most `max_chars` characters (but one, where something is left): whole units, or a part of one that is longer
    than that by itself, cut at the end of a line or of a word.
    """
    end = _end(units, begin, max(1, max_chars))
    shown = units[begin.unit : end.unit + (end.offset > 0)]
    texts = [each.text for each in shown]
    if end.offset:
        texts[-1] = texts[-1][: end.offset]
    if begin.offset:
        texts[0] = texts[0][begin.offset :]
    return Taken("".join(texts), end, tuple(gap for each in shown for gap in each.gaps))


def whole_units(units: Sequence[Unit], index: int, max_chars: int) -> int:
    """The first unit that does not fit from `index` on."""
    room = max_chars
    while index < len(units) and len(units[index].text) <= room:
        room -= len(units[index].text)
        index += 1
    return index


def _end(units: Sequence[Unit], begin: Place, room: int) -> Place:
    if begin.unit >= len(units):
        return begin
    unit = units[begin.unit]
    rest = len(unit.text) - begin.offset
    if rest > room:
        part = _part(unit.text[begin.offset :], unit.separator, room)
        return Place(begin.unit, begin.offset + part)
    return Place(whole_units(units, begin.unit + 1, room - rest))


def _part(text: str, separator: int, room: int) -> int:
    """How much of a text that is too long fits, and ends well: a block without what separates it, lines, words."""
    if len(text) - separator <= room:
        return max(1, len(text) - separator)
    line = text.rfind("\n", 0, room) + 1
    word = text.rfind(" ", 0, room) + 1
    if line > room // 2:
        return line
    return max(line, word) or room

"""Where to go on in content that was cut. A position says so itself when the page has changed under it."""

import hashlib
import re
import uuid
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from ivgraph_auth.graph.content.cutting import Place
from ivgraph_auth.graph.content.layout import Unit

_BLOCK = re.compile(r"([0-9a-f]{32}|-)\.(\d{1,9})\.(\d{1,9})\.([0-9a-f]{16}|-)", re.ASCII)
_TEXT = re.compile(r"(\d{1,9})\.([0-9a-f]{16})", re.ASCII)


class PageChanged(NamedTuple):
    """The position does not fit the page any more."""

    detail: str = "The page has changed: start again."


class BlockPosition(NamedTuple):
    """At the `nth` block (from 0) with this id, since synced blocks may show one twice, behind `offset` characters of
    it. `check` is of that block's text where the id alone does not tell that it is the same.
    """

    block: uuid.UUID | None
    nth: int
    offset: int
    check: str

    def __str__(self) -> str:
        return f"{self.block.hex if self.block else '-'}.{self.nth}.{self.offset}.{self.check or '-'}"

    @classmethod
    def read(cls, written: str) -> "BlockPosition | None":
        """None for what `str` of a position never gives."""
        match = _BLOCK.fullmatch(written)
        if match is None:
            return None
        block = None if match[1] == "-" else uuid.UUID(match[1])
        return cls(block, int(match[2]), int(match[3]), "" if match[4] == "-" else match[4])

    @classmethod
    def of(cls, units: Sequence[Unit], place: Place) -> "BlockPosition | None":
        """None at the end."""
        if place.unit >= len(units):
            return None
        unit = units[place.unit]
        nth = sum(each.block == unit.block for each in units[: place.unit])
        sure = unit.block is not None and not place.offset
        return cls(unit.block, nth, place.offset, "" if sure else _check(unit))

    def find(self, units: Sequence[Unit]) -> Place | PageChanged:
        same = [index for index, each in enumerate(units) if each.block == self.block]
        if self.nth >= len(same):
            return PageChanged()
        unit = units[same[self.nth]]
        needs_check = self.block is None or self.offset > 0
        if (needs_check and self.check != _check(unit)) or self.offset > len(unit.text):
            return PageChanged()
        return Place(same[self.nth] + 1) if self.offset == len(unit.text) > 0 else Place(same[self.nth], self.offset)


class TextPosition(NamedTuple):
    """Behind `offset` characters of a text; `check` is of all of it."""

    offset: int
    check: str

    def __str__(self) -> str:
        return f"{self.offset}.{self.check}"

    @classmethod
    def read(cls, written: str) -> "TextPosition | None":
        match = _TEXT.fullmatch(written)
        return None if match is None else cls(int(match[1]), match[2])

    @classmethod
    def of(cls, units: Sequence[Unit], place: Place) -> "TextPosition | None":
        if place.unit >= len(units):
            return None
        return cls(sum(len(each.text) for each in units[: place.unit]) + place.offset, _check_all(units))

    def find(self, units: Sequence[Unit]) -> Place | PageChanged:
        starts = list(accumulate((len(each.text) for each in units), initial=0))
        if self.offset > starts[-1] or self.check != _check_all(units):
            return PageChanged()
        index = bisect_right(starts, self.offset) - 1
        return Place(index, self.offset - starts[index])


def _check(unit: Unit) -> str:
    """What separates a block belongs to its neighbour as well."""
    return _digest(unit.text[: len(unit.text) - unit.separator])


def _check_all(units: Sequence[Unit]) -> str:
    return _digest("".join(each.text for each in units))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]

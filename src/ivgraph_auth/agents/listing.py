"""Notion's lists, page by page, and where to go on when only a part of what was read is shown."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.graph.json_values import as_list, encodable_text

LARGEST_PAGE = 100
Ask = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Place:
    """Behind `skip` items of the page that begins at Notion's cursor `start`; empty for the first."""

    start: str = ""
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.skip} {self.start}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """From what `str` makes of it."""
        skip, _, start = text.partition(" ")
        return cls(start, int(skip))


@dataclass(frozen=True, slots=True)
class Listed:
    """`places` are where each item stands; `end` is behind all, None where there is no more. `incomplete`: Notion ends
    the list before its end (10,000 rows of a query).
    """

    items: Sequence[Mapping[str, Any]]
    places: Sequence[Place]
    end: Place | None
    incomplete: bool

    def after(self, count: int) -> Place | None:
        """Where to go on when so many have been shown."""
        return self.places[count] if count < len(self.items) else self.end


async def read_list(ask: Ask, begin: Place, most: int, is_enough: Callable[[Sequence[Any]], bool]) -> Listed:
    """At most `most` items, and no further page once there are enough."""
    items: list[Mapping[str, Any]] = []
    places: list[Place] = []
    here: Place | None = begin
    incomplete = False
    while here is not None and len(items) < most and not is_enough(items):
        size = min(LARGEST_PAGE, here.skip + most - len(items))
        answer = await ask({"page_size": size, **({"start_cursor": here.start} if here.start else {})})
        results = [each for each in as_list(answer.get("results")) if isinstance(each, dict)]
        found = results[here.skip :]
        items += found
        places += [Place(here.start, here.skip + index) for index, _ in enumerate(found)]
        incomplete = "request_status" in answer
        following = encodable_text(answer.get("next_cursor"))
        here = Place(following) if following else None
    return Listed(items, places, here, incomplete)


def count_fitting(lines: Sequence[str], room: int) -> int:
    """How many lines fit, each with its line break; one at least, where there is one."""
    for count, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return max(1, count)
    return len(lines)

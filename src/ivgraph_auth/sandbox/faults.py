"""Scripted faults: which call is to go wrong, how, and how often. `fault_injection.py` plays them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

Kind = Literal["success", "async_task", "status", "html", "hang", "drip", "garbage", "redirect", "huge", "gzip", "drop"]
Garbage = Literal["text", "truncated", "list", "number", "empty", "deep", "binary"]

_TYPES: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "kind": (str,),
    "method": (str, type(None)),
    "times": (int, type(None)),
    "carry_out": (bool,),
    "status": (int, type(None)),
    "code": (str, type(None)),
    "message": (str, type(None)),
    "retry_after": (int, str, type(None)),
    "garbage": (str,),
    "body": (str, type(None)),
    "location": (str, type(None)),
    "interval": (int, float),
    "size": (int,),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted fault.

    `success`   the call takes effect, and its own answer comes with another `status` (201)
    `async_task` the call takes effect, and 202 (`status`) tells that it will be done later
    `status`    Notion's error body with any status (`status`, `code`, `message`, `retry_after`)
    `html`      the edge proxy's HTML (403, 502, 503 ...): `cf-ray`, no `x-notion-request-id`
    `hang`      never answers
    `drip`      200 and then one blank every `interval` seconds, for ever
    `garbage`   200 whose body is not what it should be: `garbage` says in which way, or it is `body`
    `redirect`  302 to `location`
    `huge`      200 with `size` bytes of blanks before `{}`
    `gzip`      the same, compressed although that was not asked for: a thousandth of the size on the wire
    `drop`      the connection is closed without an answer
    """

    path: str  # `*` stands for one segment, `**` at the end for all that follow
    kind: Kind
    method: str | None = None  # None: any
    times: int | None = 1  # None: until cleared
    carry_out: bool = False  # the call takes effect first; only its answer is lost
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: int | str | None = None
    garbage: Garbage = "text"
    body: str | None = None
    location: str | None = None
    interval: float = 1.0
    size: int = 200 * 1024 * 1024

    def __post_init__(self) -> None:
        for name, types in _TYPES.items():
            value = getattr(self, name)
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                raise ValueError(f"{name} has the wrong type")
        self._check_words()
        self._check_figures()

    def _check_words(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind should be one of {', '.join(get_args(Kind))}")
        if self.garbage not in get_args(Garbage):
            raise ValueError(f"garbage should be one of {', '.join(get_args(Garbage))}")
        if not self.path.startswith("/"):
            raise ValueError("path should begin with /")
        if self.kind == "redirect" and not self.location:
            raise ValueError("a redirect needs a location")
        if not all(text.isascii() and text.isprintable() for text in (self.location or "", str(self.retry_after))):
            raise ValueError("location and retry_after should be fit for a header")

    def _check_figures(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError("times should be at least 1")
        if self.status is not None and not 200 <= self.status <= 599:  # noqa: PLR2004 - HTTP's own range
            raise ValueError("status should be between 200 and 599")
        if self.kind in {"success", "async_task"} and not 200 <= (self.status or 200) <= 299:  # noqa: PLR2004 - as above
            raise ValueError("status should be a success")
        if self.interval < 0 or self.size < 0:
            raise ValueError("interval and size should not be negative")

    @classmethod
    def parse(cls, members: Mapping[str, Any]) -> "Fault":
        """From JSON. ValueError says what is wrong with it."""
        unknown = sorted(set(members) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"unknown members: {', '.join(unknown)}")
        missing = sorted({"path", "kind"} - set(members))
        if missing:
            raise ValueError(f"missing members: {', '.join(missing)}")
        return cls(**members)


class Faults:
    """First in, first out, for each path."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        self._waiting.clear()

    @property
    def waiting(self) -> tuple[Fault, ...]:
        return tuple(fault for fault, _ in self._waiting)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault this call is to meet, counted down."""
        for index, (fault, left) in enumerate(self._waiting):
            if not _meets(fault.path, path) or fault.method not in {None, method}:
                continue
            if left == 1:
                del self._waiting[index]
            elif left is not None:
                self._waiting[index] = (fault, left - 1)
            return fault
        return None


def _meets(pattern: str, path: str) -> bool:
    wanted, found = pattern.split("/"), path.split("/")
    if wanted[-1] == "**":
        wanted, found = wanted[:-1], found[: len(wanted) - 1]
    return len(wanted) == len(found) and all(one in {"*", other} for one, other in zip(wanted, found, strict=True))

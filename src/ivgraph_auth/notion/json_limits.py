"""What can be sent to Notion as JSON at all, whoever it comes from."""

import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TypedDict

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# How credentials begin; nobody names a property so.
_CREDENTIAL = re.compile(r"(?:ivg_|ntn_|nrt_|secret_|eyJ)")
_LONGEST_NAME = 100
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_DEEPEST = 50
_LARGEST = 2**53  # beyond it a JSON reader may lose digits (RFC 8259 §6)
PROBLEMS_TOLD = 20

Location = tuple[str | int, ...]


class Problem(TypedDict):
    """What is wrong and where, without what was sent."""

    loc: list[str | int]
    msg: str
    type: str


def problem(location: Location, message: str, kind: str) -> Problem:
    """Names are repeated as they came, so that whoever sent them knows them again; long ones are cut."""
    return {"loc": [part if isinstance(part, int) else _shown(part) for part in location], "msg": message, "type": kind}


def _shown(name: str) -> str:
    if _CONTROL.search(name) or _CREDENTIAL.match(name):
        return "?"
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def find_problems(value: object, at: Location = ()) -> list[Problem]:
    """What in it is no JSON, or is what no server takes: NUL, lone surrogates, endless depth. The first of them.
    `at`: where it stands.
    """
    return list(islice(_problems(value, at), PROBLEMS_TOLD))


def _problems(value: object, at: Location) -> Iterator[Problem]:
    if len(at) > _DEEPEST:
        yield problem(at[:3], f"Should not be nested deeper than {_DEEPEST} levels", "too_deep")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _member(name, item, at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _problems(item, (*at, index))
    else:
        yield from _scalar(value, at)


def _member(name: object, item: object, at: Location) -> Iterator[Problem]:
    if not isinstance(name, str):
        yield problem(at, "Should have names that are strings", "json_type")
        return
    # The name itself may be what is wrong, so it does not stand in its own place.
    yield from _scalar(name, (*at, "?"))
    yield from _problems(item, (*at, name))


def _scalar(value: object, at: Location) -> Iterator[Problem]:
    if isinstance(value, str):
        if _UNSENDABLE.search(value):
            yield problem(at, "Should hold no NUL and no lone surrogate", "text_not_valid")
    elif isinstance(value, int):
        if abs(value) > _LARGEST:
            yield problem(at, "Should be a number that JSON carries without loss", "number_too_large")
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield problem(at, "Should be a finite number", "number_not_finite")
    elif value is not None:
        yield problem(at, "Should be JSON: an object, a list, a string, a number, true, false or null", "json_type")

"""Filters and sorts of a query."""

from collections.abc import Callable

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.content.text import plain
from ivgraph_auth.sandbox.v1.call_input import Members, members
from ivgraph_auth.sandbox.v1.objects import same_property
from ivgraph_auth.sandbox.v1.refusals import RefusedError, invalid, unfit
from ivgraph_auth.sandbox.v1.values import property_value

Fits = Callable[[Node], bool]
Order = tuple[float, str]
_Test = Callable[[object, object], bool]
_DEPTH = 2  # how deep `and` and `or` may stand in one another
_TEXTS = ("title", "rich_text", "url", "email", "phone_number")
_TIMES = ("created_time", "last_edited_time")


def _text(value: object) -> str:
    return str(value).casefold()


_ON_TEXT: dict[str, _Test] = {
    "equals": lambda have, want: _text(have) == _text(want),
    "does_not_equal": lambda have, want: _text(have) != _text(want),
    "contains": lambda have, want: _text(want) in _text(have),
    "does_not_contain": lambda have, want: _text(want) not in _text(have),
    "starts_with": lambda have, want: _text(have).startswith(_text(want)),
    "ends_with": lambda have, want: _text(have).endswith(_text(want)),
}
_ON_NUMBER: dict[str, _Test] = {
    "equals": lambda have, want: have == want,
    "does_not_equal": lambda have, want: have != want,
    "greater_than": lambda have, want: have is not None and _number(have) > _number(want),
    "less_than": lambda have, want: have is not None and _number(have) < _number(want),
    "greater_than_or_equal_to": lambda have, want: have is not None and _number(have) >= _number(want),
    "less_than_or_equal_to": lambda have, want: have is not None and _number(have) <= _number(want),
}
_ON_CHOICE: dict[str, _Test] = {
    "equals": lambda have, want: have == want or (isinstance(want, list) and have in want),
    "does_not_equal": lambda have, want: have != want and not (isinstance(want, list) and have in want),
}
_ON_MANY: dict[str, _Test] = {
    "contains": lambda have, want: isinstance(have, list) and want in have,
    "does_not_contain": lambda have, want: isinstance(have, list) and want not in have,
}
_ON_DATE: dict[str, _Test] = {
    "equals": lambda have, want: _day(have, want) == str(want),
    "before": lambda have, want: have is not None and _day(have, want) < str(want),
    "after": lambda have, want: have is not None and _day(have, want) > str(want),
    "on_or_before": lambda have, want: have is not None and _day(have, want) <= str(want),
    "on_or_after": lambda have, want: have is not None and _day(have, want) >= str(want),
}
_ON_FLAG: dict[str, _Test] = {
    "equals": lambda have, want: have is want,
    "does_not_equal": lambda have, want: have is not want,
}
_TESTS: dict[str, dict[str, _Test]] = {
    **dict.fromkeys(_TEXTS, _ON_TEXT),
    **dict.fromkeys(("select", "status"), _ON_CHOICE),
    **dict.fromkeys(("multi_select", "people", "relation", "created_by", "last_edited_by"), _ON_MANY),
    **dict.fromkeys(("date", *_TIMES), _ON_DATE),
    "number": _ON_NUMBER,
    "checkbox": _ON_FLAG,
}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _day(have: object, want: object) -> str:
    """Compared as far as what is wanted goes."""
    return str(have)[: len(str(want))] if have is not None else ""


def filtered(source: Node, wish: Members, depth: int = 0) -> Fits:
    """RefusedError 400 for a property that is not there or a condition that does not fit it."""
    for junction, combine in (("and", all), ("or", any)):
        if wish.has(junction):
            if depth >= _DEPTH:
                raise unfit(wish.at(junction), "not present", wish.raw[junction])
            inner = [members(each, f"{wish.at(junction)}[{index}]") for index, each in enumerate(wish.items(junction))]
            fits = [filtered(source, each, depth + 1) for each in inner]
            return lambda row, fits=fits, combine=combine: combine(fit(row) for fit in fits)  # type: ignore[misc]
    if wish.has("timestamp"):
        kind = wish.one_of("timestamp", *_TIMES)
        return _condition({"type": kind}, wish.inner(kind))
    kept = column(source, wish.text("property"))
    kind = kept["type"]
    if not wish.has(kind):
        raise _mismatched(wish, kind)
    return _condition(kept, wish.inner(kind))


def _mismatched(wish: Members, kind: str) -> RefusedError:
    named = next((name for name in wish.raw if name in _TESTS), None)
    if named is None:
        return unfit(wish.at(kind), "defined")
    return invalid(f"database property {kind} does not match filter {named}")


def column(source: Node, wanted: str) -> Json:
    """By name or by id."""
    for name, kept in source.data["schema"].items():
        if wanted == name or same_property(kept["id"], wanted):
            found: Json = kept
            return found
    raise invalid(f"Could not find property with name or id: {wanted}")


def _condition(kept: Json, wish: Members) -> Fits:
    tests = _TESTS.get(kept["type"])
    if tests is None or not wish.raw:
        raise unfit(wish.where, "a condition that this property knows", dict(wish.raw))
    name, want = next(iter(wish.raw.items()))
    if name in {"is_empty", "is_not_empty"}:
        if want is not True:
            raise unfit(wish.at(name), "`true`", want)
        return lambda row: (_plain(row, kept) in (None, "", [])) is (name == "is_empty")
    test = tests.get(name)
    if test is None:
        raise unfit(wish.at(name), "not present", want)
    _check(kept["type"], want, wish.at(name))
    return lambda row: test(_plain(row, kept), want)


def _check(kind: str, want: object, where: str) -> None:
    if kind == "number" and (isinstance(want, bool) or not isinstance(want, int | float)):
        raise unfit(where, "a number", want)
    if kind == "checkbox" and not isinstance(want, bool):
        raise unfit(where, "a boolean", want)
    if kind in {"select", "status"} and isinstance(want, list):
        return
    if kind not in {"number", "checkbox"} and not isinstance(want, str):
        raise unfit(where, "a string", want)


def _plain(row: Node, kept: Json) -> object:
    """The value that a condition or a sort looks at."""
    kind = kept["type"]
    held = next((each for each in row.data["properties"].values() if each["id"] == kept.get("id")), kept)
    value = property_value(row, held, cut=False)
    if kind in {"title", "rich_text"}:
        return plain(value) if isinstance(value, list) else ""
    if kind in {"people", "relation"}:
        return [each["id"] for each in value] if isinstance(value, list) else []
    if kind == "multi_select":
        return [each["name"] for each in value] if isinstance(value, list) else []
    if not isinstance(value, dict):
        return "" if value is None and kind in _TEXTS else value
    if kind in {"created_by", "last_edited_by"}:
        return [value["id"]]
    return value["start"] if kind == "date" else value["name"]


def sort_key(source: Node, sort: Members) -> Callable[[Node], Order | None]:
    """None for what is empty. A choice is sorted by the order of its options."""
    if sort.has("timestamp"):
        kept: Json = {"type": sort.one_of("timestamp", *_TIMES)}
    else:
        kept = column(source, sort.text("property"))
    ranks = [each["name"] for each in kept.get("config", {}).get("options", [])]

    def key(row: Node) -> Order | None:
        value = _plain(row, kept)
        if value is None or value in ("", []):
            return None
        if isinstance(value, int | float):
            return float(value), ""
        if isinstance(value, str) and value in ranks:
            return float(ranks.index(value)), ""
        return 0.0, _text(value)

    return key

"""Rich text as it is sent, made into rich text as it is kept."""

from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.content.text import PLAIN, equation, mention, text
from ivgraph_auth.sandbox.v1.call_input import TEXT, URL, Members, as_array, members
from ivgraph_auth.sandbox.v1.refusals import unfit
from ivgraph_auth.sandbox.v1.view import dashed

_EXPRESSION = 1000
_COLORS = ("gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
COLORS = ("default", *_COLORS, *(f"{color}_background" for color in (*_COLORS, "default")))
_KINDS = ("text", "mention", "equation")


def rich_text(value: object, where: str) -> list[Json]:
    """RefusedError 400 for more than a hundred pieces, or more than 2000 characters in one."""
    return [_piece(members(each, f"{where}[{index}]")) for index, each in enumerate(as_array(value, where))]


def _piece(given: Members) -> Json:
    kind = next((kind for kind in _KINDS if given.has(kind)), None)
    if kind is None:
        raise unfit(given.at("text"), "defined")
    marks = _marks(given)
    inner = given.inner(kind)
    if kind == "equation":
        return equation(inner.text("expression", _EXPRESSION), marks)
    if kind == "mention":
        return _mention(inner, marks)
    return text(inner.text("content", TEXT), _link(inner), **marks)


def _link(inner: Members) -> str | None:
    if inner.raw.get("link") is None:
        return None
    return inner.inner("link").text("url", URL)


def _marks(given: Members) -> Json:
    if not given.has("annotations"):
        return {}
    wanted = given.inner("annotations")
    wanted.only(*PLAIN)
    marks: Json = {name: wanted.flag(name) or False for name in PLAIN if name != "color"}
    if wanted.has("color"):
        marks["color"] = wanted.one_of("color", *COLORS)
    return marks


def _mention(inner: Members, marks: Json) -> Json:
    for kind in ("page", "database", "data_source", "user"):
        if inner.has(kind):
            target = inner.inner(kind)
            found = {"id": target.uuid("id")}
            return mention(kind, {"object": "user", **found} if kind == "user" else found, marks)
    if inner.has("date"):
        return mention("date", date(inner.inner("date")), marks)
    raise unfit(inner.at("user"), "defined")


def date(given: Members) -> Json:
    found: Json = {"start": given.text("start", 40), "end": None, "time_zone": None}
    for name in ("end", "time_zone"):
        if given.raw.get(name) is not None:
            found[name] = given.text(name, 40)
    return found


def icon(value: object, where: str) -> Json | None:
    if value is None:
        return None
    given = members(value, where)
    if given.has("emoji"):
        return {"type": "emoji", "emoji": given.text("emoji", 40)}
    return file(given)


def cover(value: object, where: str) -> Json | None:
    return None if value is None else file(members(value, where))


def file(given: Members) -> Json:
    """One elsewhere, or one that was uploaded."""
    if given.has("file_upload"):
        return {"type": "file_upload", "file_upload": {"id": given.inner("file_upload").uuid("id")}}
    return {"type": "external", "external": {"url": given.inner("external").text("url", URL)}}


def user(value: object, where: str) -> Json:
    return {"object": "user", "id": dashed(members(value, where).raw.get("id"), f"{where}.id")}

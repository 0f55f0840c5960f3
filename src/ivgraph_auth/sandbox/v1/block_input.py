"""Blocks as they are sent, made into pieces that can be planted."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.v1.call_input import ARRAY, URL, Members, members
from ivgraph_auth.sandbox.v1.refusals import invalid, not_allowed, unfit
from ivgraph_auth.sandbox.v1.text_input import COLORS, file, icon, rich_text
from ivgraph_auth.sandbox.v1.view import View, dashed

_BLOCKS = 1000  # in one call
_DEPTH = 2  # how deep one call may nest
_LANGUAGE = "plain text"
_FILES = ("image", "video", "pdf", "file", "audio")
_HEADINGS = ("heading_1", "heading_2", "heading_3", "heading_4")
_TEXTS = ("paragraph", "bulleted_list_item", "numbered_list_item", "quote", "to_do", "toggle", "template", "callout")
_BARE = ("divider", "breadcrumb", "column_list", "table_of_contents")
# In the order in which Notion asks for one of them.
TYPES = (
    "embed",
    "bookmark",
    *_FILES,
    "code",
    "equation",
    "divider",
    "breadcrumb",
    "table_of_contents",
    "link_to_page",
    "table_row",
    "table",
    "column_list",
    "column",
    *_HEADINGS,
    *_TEXTS,
    "synced_block",
)
_PARENTS = (*_TEXTS, *_HEADINGS, "synced_block", "column_list", "column", "table")


@dataclass(frozen=True, slots=True)
class Draft:
    type: str
    payload: Json
    inside: list["Draft"] = field(default_factory=list)

    @property
    def size(self) -> int:
        return 1 + sum(draft.size for draft in self.inside)


def drafts(body: Members, name: str = "children") -> list[Draft]:
    """RefusedError 400 for more than 100 in an array, 1000 in all, or two levels below the first."""
    found = _drafts(body, name, 0)
    total = sum(draft.size for draft in found)
    if total > _BLOCKS:
        raise invalid(f"body failed validation: body.{name} should have at most {_BLOCKS} blocks, instead had {total}.")
    return found


def _drafts(holder: Members, name: str, depth: int) -> list[Draft]:
    items = holder.items(name, ARRAY)
    return [_draft(members(each, f"{holder.at(name)}[{index}]"), depth) for index, each in enumerate(items)]


def _draft(given: Members, depth: int) -> Draft:
    kind = next((kind for kind in TYPES if given.has(kind)), None)
    if kind is None:
        lines = "\n".join(f"{given.at(each)} should be defined, instead was `undefined`." for each in TYPES)
        raise invalid(f"body failed validation. Fix one:\n{lines}")
    if given.has("type"):
        given.one_of("type", kind)
    inner = given.inner(kind)
    payload = _payload(kind, inner)
    if not inner.has("children"):
        return Draft(kind, payload)
    if kind not in _PARENTS or depth >= _DEPTH:
        raise not_allowed(inner.at("children"), inner.raw["children"])
    return Draft(kind, payload, _drafts(inner, "children", depth + 1))


def changed(node: Node, given: Members) -> Json:
    """The payload of a block with what is sent written over it."""
    kept: Json = {name: value for name, value in node.data[node.type].items() if name != "type"}
    sent = given.inner(node.type)
    if sent.has("external"):
        kept.pop("file_upload", None)
    if node.type == "table":
        sent.only("has_column_header", "has_row_header")
    merged = Members(sent.where, {**kept, **sent.raw})
    return _payload(node.type, merged)


def _payload(kind: str, given: Members) -> Json:
    if kind in _TEXTS or kind in _HEADINGS:
        return _worded(kind, given)
    if kind in _FILES:
        return {"caption": _words(given, "caption"), **file(given)}
    if kind in _BARE:
        return {"color": _color(given)} if kind == "table_of_contents" else {}
    return _SPECIAL[kind](given)


def _worded(kind: str, given: Members) -> Json:
    found: Json = {"rich_text": _words(given, "rich_text", needed=True)}
    if kind in _HEADINGS:
        found["is_toggleable"] = given.flag("is_toggleable") or False
    if kind == "to_do":
        found["checked"] = given.flag("checked") or False
    if kind == "callout":
        bulb = {"type": "emoji", "emoji": "💡"}
        found["icon"] = icon(given.raw["icon"], given.at("icon")) if given.has("icon") else bulb
    return found if kind == "template" else {**found, "color": _color(given)}


def _words(given: Members, name: str, *, needed: bool = False) -> list[Json]:
    if not needed and not given.has(name):
        return []
    return rich_text(given.items(name), given.at(name))


def _color(given: Members) -> str:
    return given.one_of("color", *COLORS) if given.has("color") else "default"


def _code(given: Members) -> Json:
    language = given.text("language", 40) if given.has("language") else _LANGUAGE
    return {
        "caption": _words(given, "caption"),
        "rich_text": _words(given, "rich_text", needed=True),
        "language": language,
    }


def _linked(given: Members) -> Json:
    return {"caption": _words(given, "caption"), "url": given.text("url", URL)}


def _link_to_page(given: Members) -> Json:
    for kind in ("page_id", "database_id", "comment_id"):
        if given.has(kind):
            return {"type": kind, kind: given.uuid(kind)}
    raise unfit(given.at("page_id"), "defined")


def _synced(given: Members) -> Json:
    if given.raw.get("synced_from") is None:
        return {"synced_from": None}
    return {"synced_from": {"type": "block_id", "block_id": given.inner("synced_from").uuid("block_id")}}


def _table(given: Members) -> Json:
    width = given.raw.get("table_width")
    if isinstance(width, bool) or not isinstance(width, int) or not 0 < width <= ARRAY:
        raise unfit(given.at("table_width"), "a number", width)
    heads = {name: given.flag(name) or False for name in ("has_column_header", "has_row_header")}
    return {"table_width": width, **heads}


def _table_row(given: Members) -> Json:
    cells = given.items("cells")
    return {"cells": [rich_text(cell, f"{given.at('cells')}[{index}]") for index, cell in enumerate(cells)]}


def _column(given: Members) -> Json:
    ratio = given.raw.get("width_ratio")
    return {"width_ratio": float(ratio)} if isinstance(ratio, int | float) and 0 < ratio <= 1 else {}


_SPECIAL: dict[str, Callable[[Members], Json]] = {
    "code": _code,
    "embed": _linked,
    "bookmark": _linked,
    "equation": lambda given: {"expression": given.text("expression", 1000)},
    "link_to_page": _link_to_page,
    "synced_block": _synced,
    "table": _table,
    "table_row": _table_row,
    "column": _column,
}


def plant(view: View, parent: Node, wanted: list[Draft], index: int | None = None) -> list[Node]:
    planted: list[Node] = []
    for offset, draft in enumerate(wanted):
        node = view.new("block", parent, {draft.type: draft.payload}, draft.type)
        view.content.add(node, None if index is None else index + offset)
        plant(view, node, draft.inside)
        planted.append(node)
    return planted


def place(view: View, node: Node, body: Members) -> int | None:
    """Where among the children of `node` new ones go: `position`, or before 2026-03-11 `after`."""
    if body.has("after"):
        if not view.with_archived:
            raise not_allowed(body.at("after"), body.raw["after"])
        return _after(node, dashed(body.raw["after"], body.at("after")), body.at("after"))
    if not body.has("position"):
        return None
    position = body.inner("position")
    kind = position.one_of("type", "after_block", "start", "end", "page_start", "page_end")
    if kind == "after_block":
        return _after(node, position.inner("after_block").uuid("id"), position.at("after_block.id"))
    return 0 if kind.endswith("start") else None


def _after(node: Node, sibling: str, where: str) -> int:
    if sibling not in node.children:
        raise unfit(where, "the id of a child of this block", sibling)
    return node.children.index(sibling) + 1

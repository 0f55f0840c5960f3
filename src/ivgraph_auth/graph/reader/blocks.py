"""Blocks of a page: where they link to, what stands below them."""

from collections.abc import Callable, Mapping
from uuid import UUID

from ivgraph_auth.graph.json_values import JsonObject, as_id, as_list, as_name, as_object, safe_name
from ivgraph_auth.graph.models import GapReason, NodeType
from ivgraph_auth.graph.reader.collector import Collector
from ivgraph_auth.graph.reader.readings import BlockReading, Child
from ivgraph_auth.graph.reader.rich_text import read_rich_text, read_url

Read = Callable[[JsonObject, Collector], None]

_CHILDREN = {"child_page": NodeType.PAGE, "child_database": NodeType.DATABASE}
# Before 2022-02-22 `rich_text` was called `text`; meeting notes have a title; a caption stands under code and media.
_TEXTS = ("rich_text", "text", "caption", "title")


def read_block(value: object, page: UUID) -> BlockReading:
    """A block as Notion answers it. `page` is the page on which it stands, however deep: edges begin there, and gaps
    are told there.
    """
    found = Collector(page)
    holder = as_object(value)
    kind, block_id = as_name(holder.get("type")), as_id(holder.get("id"))
    if not kind or block_id is None or holder.get("object", "block") != "block":
        # A partial block has its id alone.
        partial = block_id is not None and "type" not in holder and holder.get("object") == "block"
        found.gap(GapReason.TRUNCATED if partial else GapReason.MALFORMED, "block")
        return BlockReading(found.edges, (), None, found.gaps)
    if kind in _CHILDREN:
        return BlockReading((), (Child(block_id, _CHILDREN[kind]),), None, ())
    _read_payload(kind, holder, found)
    walk = block_id if holder.get("has_children") is True else None
    return BlockReading(found.edges, (), walk, found.gaps)


def _read_payload(kind: str, holder: JsonObject, found: Collector) -> None:
    read, payload = _BLOCKS.get(kind), holder.get(kind)
    if read is None:
        found.unknown("block", kind)
    elif not isinstance(payload, dict):
        found.malformed(f"block of type {kind}")
    # What an unknown block says is read where others have it.
    if isinstance(payload, dict):
        (read or _texts)(payload, found)


def _texts(payload: JsonObject, found: Collector) -> None:
    for member in _TEXTS:
        if payload.get(member) is not None and not isinstance(payload[member], str):
            read_rich_text(payload[member], found, 0)


def _address(payload: JsonObject, found: Collector) -> None:
    """Bookmarks, embeds and previews of a page of Notion are links to it."""
    read_url(payload.get("url"), found)
    _texts(payload, found)


def _table_row(payload: JsonObject, found: Collector) -> None:
    cells = payload.get("cells")
    if not isinstance(cells, list):
        found.malformed("block of type table_row")
    for cell in as_list(cells):
        read_rich_text(cell, found, 0)


def _link_to_page(payload: JsonObject, found: Collector) -> None:
    kind = as_name(payload["type"]) if "type" in payload else next((each for each in _TARGETS if each in payload), "")
    if kind not in _TARGETS:
        found.unknown("link_to_page", kind)
        return
    target = as_id(payload.get(kind))
    if target is None:
        found.malformed("block of type link_to_page")
    elif _TARGETS[kind]:
        found.link(target)


def _unsupported(payload: JsonObject, found: Collector) -> None:
    """Newer versions tell what it is."""
    told = payload.get("block_type")
    found.gap(GapReason.UNSUPPORTED_BLOCK, "block" if told is None else f"block {safe_name(told)}")


def _empty(_payload: JsonObject, _found: Collector) -> None:
    """Says nothing itself."""


# Whether what is linked to is in the graph.
_TARGETS = {"page_id": True, "database_id": True, "data_source_id": True, "comment_id": False}
_WITH_TEXT = (
    *("paragraph", "heading_1", "heading_2", "heading_3", "heading_4", "quote", "callout", "toggle", "to_do"),
    *("bulleted_list_item", "numbered_list_item", "template", "button", "meeting_notes", "transcription"),
    *("code", "image", "video", "file", "pdf", "audio"),
)
_EMPTY = (
    *("divider", "breadcrumb", "table_of_contents", "equation", "table"),
    *("column_list", "column", "tab", "synced_block"),
)
_BLOCKS: Mapping[str, Read] = {
    **dict.fromkeys(_WITH_TEXT, _texts),
    **dict.fromkeys(_EMPTY, _empty),
    **dict.fromkeys(("bookmark", "embed", "link_preview"), _address),
    "table_row": _table_row,
    "link_to_page": _link_to_page,
    "unsupported": _unsupported,
}

from typing import Any

import pytest

from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason, NodeType
from ivgraph_auth.graph.reader.blocks import read_block
from ivgraph_auth.graph.reader.readings import Child
from tests.graph.reader.examples import OTHER, PAGE, THIRD, block, ident, mention, page_mention, text

LINK = Edge(EdgeKind.LINK, PAGE, OTHER)
MENTION = Edge(EdgeKind.MENTION, PAGE, OTHER)
WORDS = [text("See "), page_mention(), text(" and "), text("this", f"/{OTHER.hex}")]
RICH = (
    *("paragraph", "heading_1", "heading_2", "heading_3", "heading_4", "quote", "callout", "toggle", "to_do", "code"),
    *("bulleted_list_item", "numbered_list_item", "template", "button"),
)
MEDIA = ("image", "video", "file", "pdf", "audio", "bookmark", "embed", "code")
EMPTY = ("divider", "breadcrumb", "table_of_contents", "column_list", "column", "tab", "synced_block", "table")


@pytest.mark.parametrize("kind", RICH)
def test_text(kind: str) -> None:
    reading = read_block(block(kind, {"rich_text": WORDS, "color": "default"}), PAGE)
    assert (reading.edges, reading.gaps) == ((MENTION, LINK), ())
    assert (reading.walk, reading.children) == (None, ())


@pytest.mark.parametrize("kind", RICH)
def test_text_before_2022_02_22(kind: str) -> None:
    assert read_block(block(kind, {"text": WORDS}), PAGE).edges == (MENTION, LINK)


@pytest.mark.parametrize("kind", MEDIA)
def test_captions(kind: str) -> None:
    payload = {"caption": WORDS, "type": "external", "external": {"url": f"https://www.notion.so/{ident(9).hex}"}}
    reading = read_block(block(kind, payload), PAGE)
    assert (reading.edges, reading.gaps) == ((MENTION, LINK), ())


@pytest.mark.parametrize("kind", ["bookmark", "embed", "link_preview"])
def test_addresses_of_a_page(kind: str) -> None:
    assert read_block(block(kind, {"url": f"https://www.notion.so/{OTHER.hex}"}), PAGE).edges == (LINK,)
    assert read_block(block(kind, {"url": "https://beans.example/list"}), PAGE).edges == ()


@pytest.mark.parametrize("kind", ["meeting_notes", "transcription"])
def test_meeting_notes(kind: str) -> None:
    """Under either name; the tabs are its children."""
    parts = {"summary_block_id": str(ident(1)), "notes_block_id": str(ident(2))}
    payload = {"title": WORDS, "status": "notes_ready", "children": parts, "recording": {}}
    reading = read_block(block(kind, payload, has_children=True), PAGE)
    assert (reading.edges, reading.walk, reading.gaps) == ((MENTION, LINK), THIRD, ())


def test_cells() -> None:
    reading = read_block(block("table_row", {"cells": [[text("a")], WORDS, []]}), PAGE)
    assert (reading.edges, reading.gaps) == ((MENTION, LINK), ())


@pytest.mark.parametrize("kind", EMPTY)
def test_blocks_that_hold_others(kind: str) -> None:
    reading = read_block(block(kind, {}, has_children=True), PAGE)
    assert (reading.edges, reading.walk, reading.gaps) == ((), THIRD, ())


def test_a_synced_copy_is_walked_as_it_is() -> None:
    copy = block("synced_block", {"synced_from": {"type": "block_id", "block_id": str(OTHER)}}, has_children=True)
    reading = read_block(copy, PAGE)
    assert (reading.edges, reading.walk) == ((), THIRD)


@pytest.mark.parametrize(("kind", "of"), [("child_page", NodeType.PAGE), ("child_database", NodeType.DATABASE)])
def test_children(kind: str, of: NodeType) -> None:
    """They have children of their own, which are listed when they are read."""
    reading = read_block(block(kind, {"title": "Roadmap"}, has_children=True), PAGE)
    assert (reading.children, reading.walk, reading.edges, reading.gaps) == ((Child(THIRD, of),), None, (), ())


@pytest.mark.parametrize("kind", ["page_id", "database_id", "data_source_id"])
def test_links_to_pages(kind: str) -> None:
    assert read_block(block("link_to_page", {"type": kind, kind: str(OTHER)}), PAGE).edges == (LINK,)
    assert read_block(block("link_to_page", {kind: OTHER.hex}), PAGE).edges == (LINK,)


def test_a_link_to_a_comment_leads_to_no_node() -> None:
    reading = read_block(block("link_to_page", {"type": "comment_id", "comment_id": str(OTHER)}), PAGE)
    assert (reading.edges, reading.gaps) == ((), ())


@pytest.mark.parametrize(
    ("item", "edges"),
    [
        (mention("page", {"id": str(OTHER)}), (MENTION,)),
        (mention("database", {"id": OTHER.hex}), (MENTION,)),
        (mention("data_source", {"id": str(OTHER)}), (MENTION,)),
        # Not shared: the text and the link are gone, the id is not.
        (mention("page", {"id": str(OTHER)}, "Untitled", None), (MENTION,)),
        (mention("link_preview", {"url": f"https://www.notion.so/{OTHER.hex}"}), (LINK,)),
        (mention("link_mention", {"href": f"https://www.notion.so/{OTHER.hex}", "title": "x"}), (LINK,)),
        (mention("link_mention", {"href": "https://beans.example"}), ()),
        (mention("user", {"object": "user", "id": str(OTHER)}), ()),
        (mention("date", {"start": "2026-09-14"}), ()),
        (mention("template_mention", {"type": "template_mention_user", "template_mention_user": "me"}), ()),
        (mention("custom_emoji", {"id": str(OTHER), "name": "bufo"}), ()),
        ({"type": "equation", "equation": {"expression": "x"}, "plain_text": "x", "href": None}, ()),
        # As it is sent: no types, no plain text.
        ({"mention": {"page": {"id": str(OTHER)}}}, (MENTION,)),
        ({"text": {"content": "x", "link": {"url": f"/{OTHER.hex}"}}}, (LINK,)),
    ],
)
def test_rich_text(item: Any, edges: tuple[Edge, ...]) -> None:
    reading = read_block(block("paragraph", {"rich_text": [item, item]}), PAGE)
    assert (reading.edges, reading.gaps) == (edges, ())


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (block("unsupported", {}), GapReason.UNSUPPORTED_BLOCK, "block"),
        (block("unsupported", {"block_type": "form"}), GapReason.UNSUPPORTED_BLOCK, "block form"),
        (block("unsupported", {"block_type": "a b"}), GapReason.UNSUPPORTED_BLOCK, "block ?"),
        (block("hologram", {}), GapReason.UNKNOWN_TYPE, "block hologram"),
        (block("hologram", None), GapReason.UNKNOWN_TYPE, "block hologram"),
        (block("<script>", {}), GapReason.UNKNOWN_TYPE, "block ?"),
        (block("x" * 100, {}), GapReason.UNKNOWN_TYPE, "block ?"),
        (block("paragraph", None), GapReason.MALFORMED, "block of type paragraph"),
        (block("paragraph", "text"), GapReason.MALFORMED, "block of type paragraph"),
        (block("paragraph", {"rich_text": {}}), GapReason.MALFORMED, "rich text"),
        (block("paragraph", {"rich_text": ["x"]}), GapReason.MALFORMED, "rich text"),
        (block("paragraph", {"rich_text": [{"type": "hologram"}]}), GapReason.UNKNOWN_TYPE, "rich text hologram"),
        (block("paragraph", {"rich_text": [mention("agent", {})]}), GapReason.UNKNOWN_TYPE, "mention agent"),
        (block("paragraph", {"rich_text": [mention("page", {"id": "x"})]}), GapReason.MALFORMED, "mention"),
        (block("paragraph", {"rich_text": [mention("page", None)]}), GapReason.MALFORMED, "mention"),
        (block("table_row", {"cells": "x"}), GapReason.MALFORMED, "block of type table_row"),
        (block("link_to_page", {"type": "page_id"}), GapReason.MALFORMED, "block of type link_to_page"),
        (block("link_to_page", {"type": "view_id"}), GapReason.UNKNOWN_TYPE, "link_to_page view_id"),
        (block("link_to_page", {"type": []}), GapReason.UNKNOWN_TYPE, "link_to_page ?"),
        ({"object": "block", "id": str(THIRD)}, GapReason.TRUNCATED, "block"),
        ({"object": "page", "id": str(THIRD)}, GapReason.MALFORMED, "block"),
        ({"object": "block", "id": "x", "type": "divider"}, GapReason.MALFORMED, "block"),
        ({"object": "block", "id": str(THIRD), "type": ["divider"]}, GapReason.MALFORMED, "block"),
        ("block", GapReason.MALFORMED, "block"),
        (None, GapReason.MALFORMED, "block"),
    ],
)
def test_gaps(value: Any, reason: GapReason, detail: str) -> None:
    assert read_block(value, PAGE).gaps == (Gap(PAGE, reason, detail),)


def test_an_unknown_block_is_read_as_far_as_it_goes() -> None:
    reading = read_block(block("hologram", {"rich_text": WORDS}, has_children=True), PAGE)
    assert (reading.edges, reading.walk) == ((MENTION, LINK), THIRD)


def test_broken_items_do_not_hide_the_others() -> None:
    reading = read_block(block("paragraph", {"rich_text": [1, None, *WORDS, {}]}), PAGE)
    assert reading.edges == (MENTION, LINK)
    assert {gap.reason for gap in reading.gaps} == {GapReason.MALFORMED, GapReason.UNKNOWN_TYPE}


@pytest.mark.parametrize("has_children", ["true", 1, None, []])
def test_only_true_is_true(has_children: Any) -> None:
    assert read_block(block("toggle", {"rich_text": []}, has_children=has_children), PAGE).walk is None

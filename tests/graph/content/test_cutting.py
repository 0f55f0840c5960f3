"""Content in pieces: put together they are the whole, and a position knows whether it still fits."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivgraph_auth.graph.content.pieces import (
    BlockPiece,
    MarkdownPiece,
    blocks_as_json,
    markdown_of_answer,
    markdown_of_blocks,
)
from ivgraph_auth.graph.content.positions import BlockPosition, PageChanged, TextPosition
from tests.graph.content.kit import PAGE, SIGNED, Json, block, markdown, row, text

WORDS = st.text(st.sampled_from("ab *_`|#-\n"), max_size=60)
KINDS = st.sampled_from(
    ["paragraph", "bulleted_list_item", "numbered_list_item", "quote", "toggle", "heading_2", "code"]
)
BLOCKS = st.recursive(
    st.builds(lambda kind, words: block(kind, words=words), KINDS, WORDS),
    lambda inner: st.builds(
        lambda kind, words, children: block(kind, *children, words=words), KINDS, WORDS, st.lists(inner, max_size=4)
    ),
    max_leaves=6,
)
PAGES = st.lists(BLOCKS, max_size=5)


def pieces(blocks: Json, most: int) -> list[MarkdownPiece[BlockPosition]]:
    found = []
    start: BlockPosition | None = None
    while True:
        piece = markdown_of_blocks(blocks, most, start, page=PAGE, titles={})
        assert isinstance(piece, MarkdownPiece)
        found.append(piece)
        if piece.following is None:
            return found
        start = BlockPosition.read(str(piece.following))
        assert start == piece.following


@settings(deadline=None, max_examples=60)
@given(PAGES, st.integers(5, 300))
def test_pieces_together_are_the_whole(blocks: Json, most: int) -> None:
    whole = markdown(*blocks)
    found = pieces(blocks, most)
    assert "".join(each.markdown for each in found) == whole
    assert all(0 < len(each.markdown) <= most for each in found) or not whole


@settings(deadline=None, max_examples=60)
@given(PAGES, st.integers(400, 2_000))
def test_blocks_that_fit_are_never_cut(blocks: Json, most: int) -> None:
    """Sixty characters, each on a line of its own and indented, are shorter than 400."""
    for each in pieces(blocks, most):
        assert each.following is None or each.following.offset == 0


def paragraphs(*words: str) -> list[Json]:
    return [block("paragraph", words=each) for each in words]


def test_pieces_are_filled_with_whole_blocks() -> None:
    blocks = paragraphs("a" * 10, "b" * 10, "c" * 10)
    assert [each.markdown for each in pieces(blocks, 24)] == ["a" * 10 + "\n\n" + "b" * 10 + "\n\n", "c" * 10]
    assert [each.markdown for each in pieces(blocks, 23)] == ["a" * 10 + "\n\n", "b" * 10 + "\n\n" + "c" * 10]


def test_a_block_that_just_fits_is_not_cut() -> None:
    assert [each.markdown for each in pieces(paragraphs("a b c", "d"), 5)] == ["a b c", "\n\nd"]


def test_a_long_block_is_cut_at_lines_then_words_then_anywhere() -> None:
    assert [each.markdown for each in pieces(paragraphs("one two\nthree", "x"), 10)] == ["one two\n", "three\n\nx"]
    assert [each.markdown for each in pieces(paragraphs("one two three"), 9)] == ["one two ", "three"]
    assert [each.markdown for each in pieces(paragraphs("abcdefgh"), 3)] == ["abc", "def", "gh"]


def test_children_and_rows_are_blocks_of_their_own() -> None:
    table = block("table", row("a", "b"), row("c", "d"), has_column_header=True)
    assert [each.markdown for each in pieces([table], 32)] == ["| a | b |\n| --- | --- |\n", "| c | d |"]
    nested = block("bulleted_list_item", *paragraphs("in"), words="a")
    assert [each.markdown for each in pieces([nested], 6)] == ["- a\n\n", "  in"]


def test_gaps_come_with_their_piece() -> None:
    found = pieces([*paragraphs("a" * 30), block("unsupported")], 40)
    assert [len(each.gaps) for each in found] == [0, 1]


def next_of(blocks: list[Json], most: int) -> BlockPosition:
    following = pieces(blocks, most)[0].following
    assert following is not None
    return following


def test_a_position_fits_while_its_block_is_there() -> None:
    blocks = paragraphs("a" * 10, "b" * 10, "c" * 10)
    start = next_of(blocks, 15)
    more = [*paragraphs("new"), *blocks]
    on = markdown_of_blocks(more, 100, start, page=PAGE, titles={})
    assert isinstance(on, MarkdownPiece)
    assert on.markdown == "b" * 10 + "\n\n" + "c" * 10
    gone = markdown_of_blocks([blocks[0], blocks[2]], 100, start, page=PAGE, titles={})
    assert gone == PageChanged()
    assert "changed" in gone.detail


def test_inside_a_block_its_text_must_be_the_same() -> None:
    (long,) = paragraphs("one two three")
    start = next_of([long], 9)
    edited = {**long, "paragraph": {"rich_text": [text("one too three")]}}
    assert markdown_of_blocks([edited], 100, start, page=PAGE, titles={}) == PageChanged()
    on = markdown_of_blocks([long, *paragraphs("x")], 100, start, page=PAGE, titles={})
    assert isinstance(on, MarkdownPiece)
    assert on.markdown == "three\n\nx"


def test_blocks_without_ids_go_by_their_text() -> None:
    blocks = [{**each, "id": None} for each in paragraphs("a" * 10, "b" * 10)]
    assert [each.markdown for each in pieces(blocks, 12)] == ["a" * 10 + "\n\n", "b" * 10]
    start = next_of(blocks, 12)
    assert markdown_of_blocks([blocks[0]] * 2, 12, start, page=PAGE, titles={}) == PageChanged()


def test_one_block_twice() -> None:
    (twice,) = paragraphs("a" * 10)
    assert [each.markdown for each in pieces([twice] * 3, 12)] == ["a" * 10 + "\n\n"] * 2 + ["a" * 10]


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[0-9a-f-]{1,33}\.\d{1,10}\.\d{1,10}\.[0-9a-f-]{1,17}", fullmatch=True))
def test_anything_written_is_a_position_or_none(written: str) -> None:
    for kind in (BlockPosition, TextPosition):
        found = kind.read(written)
        assert found is None or str(found) == written
    position = BlockPosition.read(written)
    if position is not None:
        markdown_of_blocks(paragraphs("a"), 10, position, page=PAGE, titles={})


def json_pieces(blocks: Any, most: int) -> list[BlockPiece]:
    found = []
    start: BlockPosition | None = None
    while True:
        piece = blocks_as_json(blocks, most, start, page=PAGE)
        assert isinstance(piece, BlockPiece)
        found.append(piece)
        start = piece.following
        if start is None:
            return found


@settings(deadline=None, max_examples=60)
@given(PAGES, st.integers(1, 3_000))
def test_pieces_of_blocks_together_are_all_blocks(blocks: Json, most: int) -> None:
    found = json_pieces(blocks, most)
    (whole,) = json_pieces(blocks, 10**9)
    assert [each for piece in found for each in piece.blocks] == whole.blocks
    sizes = [sum(len(json.dumps(each, separators=(",", ":"))) for each in piece.blocks) for piece in found]
    assert all(size <= most or len(piece.blocks) == 1 for size, piece in zip(sizes, found, strict=True))


def test_blocks_come_flat_in_order() -> None:
    nested = block("toggle", *paragraphs("b", "c"), words="a")
    (found,) = json_pieces([nested, {**block("synced_block"), "has_children": True}], 10**6)
    assert [each["type"] for each in found.blocks if isinstance(each, dict)] == [
        "toggle",
        "paragraph",
        "paragraph",
        "synced_block",
    ]
    assert all("children" not in member for member in found.blocks if isinstance(member, dict))
    assert [gap.reason for gap in found.gaps] == ["truncated"]


def test_blocks_from_a_position_that_is_gone() -> None:
    start = BlockPosition(uuid.uuid4(), 0, 0, "")
    assert blocks_as_json(paragraphs("a"), 10, start, page=PAGE) == PageChanged()


LINES = st.sampled_from([*"ab \n\t`$<>-|", "```\n", "$$\n", "<table>\n", "</table>\n"])
MARKDOWN = st.lists(LINES, max_size=60).map("".join)


@settings(deadline=None)
@given(MARKDOWN, st.integers(1, 100))
def test_pieces_of_notions_markdown_together_are_the_whole(words: str, most: int) -> None:
    answer = {"markdown": words, "truncated": False, "unknown_block_ids": []}
    whole = markdown_of_answer(answer, 10**9, page=PAGE)
    assert isinstance(whole, MarkdownPiece)
    found = []
    start: TextPosition | None = None
    while True:
        piece = markdown_of_answer(answer, most, start, page=PAGE)
        assert isinstance(piece, MarkdownPiece)
        assert len(piece.markdown) <= most
        found.append(piece.markdown)
        if piece.following is None:
            break
        start = TextPosition.read(str(piece.following))
    assert "".join(found) == whole.markdown


@pytest.mark.parametrize("changed", ["other text", "one\ntwo\nthree ", ""])
def test_notions_markdown_changed(changed: str) -> None:
    answer = {"markdown": "one\ntwo\nthree"}
    first = markdown_of_answer(answer, 5, page=PAGE)
    assert isinstance(first, MarkdownPiece)
    assert first.markdown == "one\n"
    on = markdown_of_answer(answer, 100, first.following, page=PAGE)
    assert isinstance(on, MarkdownPiece)
    assert on.markdown == "two\nthree"
    assert markdown_of_answer({"markdown": changed}, 5, first.following, page=PAGE) == PageChanged()


def test_signed_urls_leave_blocks_with_their_expiry() -> None:
    hosted = block("image", type="file", file={"url": SIGNED, "expiry_time": "2026-01-01T00:00:00.000Z"}, name="b.png")
    external = block("image", type="external", external={"url": "https://example.com/a.png"})
    (found,) = json_pieces([hosted, external], 10**6)
    assert found.blocks == [{**hosted, "image": {"type": "file", "file": {}, "name": "b.png"}}, external]

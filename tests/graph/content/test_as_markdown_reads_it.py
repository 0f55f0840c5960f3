"""An independent parser of Markdown finds the words that were written, wherever it is installed."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.graph.content.kit import Json, block, inline, markdown, text

markdown_it = pytest.importorskip("markdown_it")
PARSER = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
CHARACTERS = st.sampled_from([*"ab1 \n*_`~[]()<>!&;#-+=.|\\\"'/:é€", "amp;", "- ", "1. ", "  "])
WORDS = st.lists(CHARACTERS, max_size=12).map("".join)
MARKS = st.sets(st.sampled_from(["bold", "italic", "strikethrough"])).map(tuple)


def words_of(tokens: Json) -> str:
    found = []
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            found.append(" ")
        found.append(words_of(token.children) if token.children else token.content)
        found.append(" " if token.type == "inline" else "")
    return "".join(found)


def even(words: str) -> str:
    return " ".join(re.sub("<br>", " ", words).split())


@settings(deadline=None)
@given(WORDS)
@example("a\n===")
@example("a | b\n- | -")
def test_words_are_read_as_they_were(words: str) -> None:
    found = PARSER.parse(inline(text(words)))
    assert {token.type for token in found} <= {"paragraph_open", "inline", "paragraph_close"}
    assert even(words_of(found)) == even(words)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, MARKS), max_size=4))
def test_marks_are_read_as_marks(parts: list[tuple[str, tuple[str, ...]]]) -> None:
    written = inline(*(text(words, *marks) for words, marks in parts))
    assert even(words_of(PARSER.parse(written))) == even("".join(words for words, _ in parts))


@settings(deadline=None)
@given(WORDS, MARKS)
def test_labels_of_links(words: str, marks: tuple[str, ...]) -> None:
    written = inline(text(words, *marks, href="https://x.test/(a)"))
    assert even(words_of(PARSER.parse(written))) == even(words)


KINDS = ["bulleted_list_item", "numbered_list_item", "quote", "toggle", "heading_1", "heading_4"]


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(KINDS), WORDS, WORDS)
def test_words_of_blocks_inside_blocks(outer: str, inner: str, first: str, second: str) -> None:
    written = markdown(block(outer, block(inner, words=second), words=first), block("paragraph", words="end"))
    assert even(words_of(PARSER.parse(written))) == even(f"{first} {second} end")


@settings(deadline=None)
@given(rows=st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=1, max_size=3), named=st.booleans())
def test_words_of_tables(rows: list[list[str]], *, named: bool) -> None:
    cells = [block("table_row", cells=[[text(cell)] for cell in each]) for each in rows]
    found = PARSER.parse(markdown(block("table", *cells, has_column_header=named)))
    assert found[0].type == "table_open"
    assert even(words_of(found)) == even(" ".join(cell for each in rows for cell in each))


@settings(deadline=None)
@given(st.text(st.sampled_from("a`~ \n"), max_size=20))
def test_code_is_read_as_it_was(words: str) -> None:
    (fence,) = PARSER.parse(markdown(block("code", words=words, language="python")))
    assert (fence.type, fence.content, fence.info) == ("fence", f"{words}\n", "python")

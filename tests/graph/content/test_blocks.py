"""Each type of block, with the Markdown that it should be."""

import uuid

import pytest

from ivgraph_auth.graph.models import Gap, GapReason
from tests.graph.content.kit import (
    OTHER_DASHED,
    OTHER_LINK,
    PAGE,
    SIGNED,
    Json,
    block,
    equation,
    markdown,
    piece,
    row,
    text,
)

EXTERNAL: Json = {"type": "external", "external": {"url": "https://example.com/a/chart.png"}}
HOSTED: Json = {"type": "file", "file": {"url": SIGNED, "expiry_time": "2026-01-01T00:00:00.000Z"}}

ONE = [
    (block("paragraph", words="Ships sail."), "Ships sail."),
    (block("paragraph", words="one\ntwo"), "one\ntwo"),
    (block("heading_1", words="One"), "# One"),
    (block("heading_2", words="Two"), "## Two"),
    (block("heading_3", words="Three\nlines"), "### Three lines"),
    (block("heading_4", words="Four"), "#### Four"),
    (block("heading_2", words="1. Sharp #"), "## 1. Sharp \\#"),
    (block("bulleted_list_item", words="a"), "- a"),
    (block("bulleted_list_item", words=""), "-"),
    (block("numbered_list_item", words="a"), "1. a"),
    (block("to_do", words="a", checked=True), "- [x] a"),
    (block("to_do", words="a", checked=False), "- [ ] a"),
    (block("toggle", words="a"), "- a"),
    (block("template", words="a"), "- a"),
    (block("quote", words="one\ntwo"), "> one\n> two"),
    (block("callout", words="Mind", icon={"type": "emoji", "emoji": "💡"}), "> 💡 Mind"),
    (block("callout", words="Mind", icon=None), "> Mind"),
    (block("code", words="x = 1\n\ny = 2", language="python", caption=[]), "```python\nx = 1\n\ny = 2\n```"),
    (block("code", words="*a*", language="plain text"), "```\n*a*\n```"),
    (block("code", words="````\nx\n````", language="markdown"), "`````markdown\n````\nx\n````\n`````"),
    (block("code", words="a", language="c", caption=[text("How")]), "```c\na\n```\n\nHow"),
    (block("equation", expression="e = mc^2"), "$$\ne = mc^2\n$$"),
    (block("divider"), "---"),
    (block("image", **EXTERNAL, caption=[text("A chart")]), "[image: A chart](https://example.com/a/chart.png)"),
    (block("image", **EXTERNAL, caption=[]), "[image: chart.png](https://example.com/a/chart.png)"),
    (block("image", **HOSTED, caption=[]), "[image: plan b.png]"),
    (block("file", **HOSTED, caption=[], name="plan_b.png"), "[file: plan_b.png]"),
    (block("video", **HOSTED, caption=[text("Launch")]), "[video: Launch]"),
    (block("pdf", **HOSTED), "[pdf: plan b.png]"),
    (block("audio", type="file_upload", file_upload={"id": OTHER_DASHED}), "[audio]"),
    (block("embed", url="https://example.com/map"), "[embed](https://example.com/map)"),
    (block("bookmark", url="https://example.com/", caption=[text("Home")]), "[bookmark: Home](https://example.com/)"),
    (block("bookmark", url=SIGNED), "[bookmark: plan b.png]"),
    (block("link_preview", url="https://example.com/1"), "[link preview](https://example.com/1)"),
    ({**block("child_page", title="Crew [old]"), "id": OTHER_DASHED}, f"[Crew \\[old\\]]({OTHER_LINK})"),
    ({**block("child_page", title="Crew"), "id": OTHER_DASHED, "has_children": True}, f"[Crew]({OTHER_LINK})"),
    ({**block("child_database", title=""), "id": OTHER_DASHED}, f"[Untitled]({OTHER_LINK})"),
    (block("link_to_page", type="page_id", page_id=OTHER_DASHED), f"[page]({OTHER_LINK})"),
    (block("link_to_page", type="database_id", database_id=OTHER_DASHED), f"[database]({OTHER_LINK})"),
    (block("link_to_page", type="comment_id", comment_id=OTHER_DASHED), "[link to a comment]"),
    (block("table_of_contents"), ""),
    (block("breadcrumb"), ""),
    (block("paragraph", words=""), ""),
    (block("meeting_notes", title=[text("Monday")]), "Meeting notes: Monday"),
    (block("transcription"), "Meeting notes"),
    (block("button", words="Go"), "[button: Go]"),
    # Before 2022-02-22 the words stood in `text`.
    (block("paragraph", text=[text("old")]), "old"),
]


@pytest.mark.parametrize(("one", "expected"), ONE, ids=[f"{index}-{one['type']}" for index, (one, _) in enumerate(ONE)])
def test_one_block(one: Json, expected: str) -> None:
    found = piece(one)
    assert found.markdown == expected
    assert found.gaps == ()


def test_numbers_are_counted_until_something_else_comes() -> None:
    def item(words: str) -> Json:
        return block("numbered_list_item", words=words)

    assert markdown(item("a"), item("b"), block("paragraph", words="x"), item("c")) == "1. a\n2. b\n\nx\n\n1. c"
    third = block("numbered_list_item", words="c", list_start_index=3)
    assert markdown(third, item("d")) == "3. c\n4. d"
    zeroth = block("numbered_list_item", words="c", list_start_index=0)
    assert markdown(zeroth, item("d"), item("e")) == "0. c\n1. d\n2. e"


def test_lists_are_nested_by_indentation() -> None:
    inner = block("numbered_list_item", block("paragraph", words="deep\nlines"), words="b")
    blocks = [block("bulleted_list_item", inner, words="a\nmore"), block("to_do", words="c", checked=False)]
    assert markdown(*blocks) == "- a\n  more\n  1. b\n\n     deep\n     lines\n\n- [ ] c"


def test_an_empty_item_does_not_become_part_of_what_is_above() -> None:
    """`- a` over an indented `-` would be a heading."""
    empty = block("bulleted_list_item", words="")
    assert markdown(block("toggle", empty, words="a")) == "- a\n\n  -"
    fourth = block("numbered_list_item", words="b", list_start_index=4)
    assert markdown(block("toggle", fourth, words="a")) == "- a\n\n  4. b"


def test_code_in_a_list_is_indented() -> None:
    code = block("code", words="x\n\ny", language="python")
    assert markdown(block("toggle", code, words="How")) == "- How\n\n  ```python\n  x\n\n  y\n  ```"


def test_what_is_in_a_quote_is_quoted_and_neighbours_stay_apart() -> None:
    quote = block("quote", block("paragraph", words="b"), block("bulleted_list_item", words="c"), words="a")
    assert markdown(quote, block("quote", words="d")) == "> a\n>\n> b\n>\n> - c\n\n> d"
    lists = [block("callout", block("bulleted_list_item", words=each), words="") for each in "ab"]
    assert markdown(*lists) == "> - a\n\n> - b"


def test_headings_and_paragraphs_do_not_indent() -> None:
    blocks = [block("heading_1", block("paragraph", block("paragraph", words="c"), words="b"), words="a")]
    assert markdown(*blocks) == "# a\n\nb\n\nc"


def test_columns_tabs_and_synced_blocks_are_what_is_in_them() -> None:
    columns = [block("column", block("paragraph", words=each)) for each in ("left", "right")]
    synced = block("synced_block", block("paragraph", words="copy"), synced_from={"block_id": OTHER_DASHED})
    tab = block("tab", block("paragraph", words="first tab"))
    assert markdown(block("column_list", *columns), synced, tab) == "left\n\nright\n\ncopy\n\nfirst tab"


def test_tables() -> None:
    named = block("table", row("Name", "a|b"), row("x\ny"), row("", "`"), has_column_header=True, table_width=2)
    bare = block("table", row("1", "2"), has_column_header=False)
    assert markdown(named, bare) == (
        "| Name | a\\|b |\n| --- | --- |\n| x<br>y |  |\n|  | \\` |\n\n|  |  |\n| --- | --- |\n| 1 | 2 |"
    )


def test_titles_of_pages_linked_without_one() -> None:
    link = block("link_to_page", type="page_id", page_id=OTHER_DASHED)
    assert markdown(link, titles={uuid.UUID(OTHER_DASHED): "Crew"}) == f"[Crew]({OTHER_LINK})"


GAPS = [
    (block("unsupported"), "[unsupported block: unsupported]", GapReason.UNSUPPORTED_BLOCK),
    (block("unsupported", block_type="form"), "[unsupported block: form]", GapReason.UNSUPPORTED_BLOCK),
    (block("hologram", words="x"), "[unsupported block: hologram]", GapReason.UNKNOWN_TYPE),
    (block("no type at all"), "[unsupported block: unknown]", GapReason.MALFORMED),
    ({"object": "block", "id": OTHER_DASHED}, "[unsupported block: unknown]", GapReason.MALFORMED),
    (17, "[unsupported block: unknown]", GapReason.MALFORMED),
    (block("link_to_page", type="page_id", page_id="?"), "[malformed block: link_to_page]", GapReason.MALFORMED),
    ({**block("column_list"), "has_children": True}, "[not read: what is inside this column_list block]", "truncated"),
]


@pytest.mark.parametrize(("one", "expected", "reason"), GAPS, ids=[expected for _, expected, _ in GAPS])
def test_gaps(one: Json, expected: str, reason: GapReason) -> None:
    found = piece(block("paragraph", words="a"), one, block("paragraph", words="b"))
    assert found.markdown == f"a\n\n{expected}\n\nb"
    (gap,) = found.gaps
    assert isinstance(gap, Gap)
    assert (gap.node, gap.reason) == (PAGE, reason)


def test_children_of_an_unknown_block_are_read() -> None:
    assert markdown(block("hologram", block("paragraph", words="in"))) == "[unsupported block: hologram]\n\nin"


def test_what_lies_too_deep_is_a_gap() -> None:
    nested = block("bulleted_list_item", words="end")
    for _ in range(5_000):
        nested = {**block("bulleted_list_item", words="x"), "children": [nested], "has_children": True}
    found = piece(nested)
    assert found.markdown.count("- x") == 64
    assert [gap.reason for gap in found.gaps] == [GapReason.TRUNCATED]


def test_an_equation_with_a_blank_line_stays_one() -> None:
    assert markdown(block("equation", expression="a\n\nb"), block("paragraph", words=[equation("c")])) == (
        "$$\na\nb\n$$\n\n$c$"
    )

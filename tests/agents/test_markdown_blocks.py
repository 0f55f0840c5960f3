"""Markdown as blocks and rich text, where Notion takes no Markdown."""

from typing import Any

import pytest

from ivgraph_auth.agents.writing.blocks import blocks_of
from ivgraph_auth.agents.writing.inline import MOST_TEXT, plain_rich_text, rich_text
from ivgraph_auth.graph.content.rich_text import markdown_line

PAGE = "7a4ba646-0ee0-4a09-8c0e-12bc72c71a45"


def told(items: list[Any]) -> str:
    """As Notion would answer them, read back."""
    answered = []
    for item in items:
        said = item.get("text", {}).get("content") or item.get("equation", {}).get("expression", "")
        marks = dict.fromkeys(("bold", "italic", "strikethrough", "underline", "code"), False) | item.get(
            "annotations", {}
        )
        link = item.get("text", {}).get("link") or {}
        answered.append({**item, "plain_text": said, "annotations": marks, "href": link.get("url")})
    return markdown_line(answered, {})


@pytest.mark.parametrize(
    "line",
    [
        "Plain words",
        "Some **bold**, *italic*, `code` and ~~gone~~",
        "***both*** of them",
        "A [label](https://example.com/a_(b)) with **[bold link](https://example.com)**",
        r"Escaped \*stars\* and 2 * 3 * 4",
        "snake_case_word stays",
        "Unclosed **bold and `code",
    ],
)
def test_a_line_says_the_same_when_it_is_read_back(line: str) -> None:
    assert told(rich_text(told(rich_text(line)))) == told(rich_text(line))


def test_marks_links_and_mentions() -> None:
    items = rich_text(f"a **b** [c](https://x.example) [Handbook](notion://page/{PAGE}) $`e=mc^2`$")
    assert [item["type"] for item in items] == ["text", "text", "text", "text", "text", "mention", "text", "equation"]
    assert items[1] == {"type": "text", "text": {"content": "b"}, "annotations": {"bold": True}}
    assert items[3]["text"] == {"content": "c", "link": {"url": "https://x.example"}}
    assert items[5]["mention"] == {"page": {"id": PAGE}}
    assert items[7]["equation"] == {"expression": "e=mc^2"}


def test_long_texts_are_cut_where_notion_cuts() -> None:
    items = plain_rich_text("x" * (2 * MOST_TEXT + 1))
    assert [len(item["text"]["content"]) for item in items] == [MOST_TEXT, MOST_TEXT, 1]


def test_every_kind_of_block() -> None:
    blocks = blocks_of(
        "# One\n#### Four\nA line\nAnother\n\n- a\n  - b\n    - c\n- [x] done\n- [ ] open\n1. first\n2. second\n"
        "> said\n> twice\n\n```python\nif x:\n    y\n```\n---\n$$\nx^2\n$$\n| A | B |\n|---|---|\n| 1 | 2 \\| 3 |\n"
    )
    assert [block["type"] for block in blocks] == [
        "heading_1", "heading_3", "paragraph", "paragraph", "bulleted_list_item", "to_do", "to_do",
        "numbered_list_item", "numbered_list_item", "quote", "code", "divider", "equation", "table",
    ]  # fmt: skip
    nested = blocks[4]["bulleted_list_item"]["children"][0]["bulleted_list_item"]
    assert told(nested["rich_text"]) == "b"
    assert told(nested["children"][0]["bulleted_list_item"]["rich_text"]) == "c"
    assert (blocks[5]["to_do"]["checked"], blocks[6]["to_do"]["checked"]) == (True, False)
    assert blocks[9]["quote"]["rich_text"][0]["text"]["content"] == "said\ntwice"
    code = blocks[10]["code"]
    assert (code["language"], code["rich_text"][0]["text"]["content"]) == ("python", "if x:\n    y")
    table = blocks[13]["table"]
    assert table["table_width"] == 2
    assert [told(cell) for cell in table["children"][1]["table_row"]["cells"]] == ["1", "2 | 3"]


def test_what_is_never_closed_ends_with_the_text() -> None:
    assert [block["type"] for block in blocks_of("```\ncode")] == ["code"]
    assert [block["type"] for block in blocks_of("$$\nx")] == ["equation"]
    assert blocks_of("  \n\n") == []

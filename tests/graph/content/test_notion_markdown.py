"""What Notion's own Markdown becomes."""

import uuid

import pytest

from ivgraph_auth.graph.content.pieces import MarkdownPiece, markdown_of_answer
from ivgraph_auth.graph.content.positions import TextPosition
from ivgraph_auth.graph.models import Gap, GapReason
from tests.graph.content.kit import OTHER, OTHER_DASHED, OTHER_LINK, PAGE, SIGNED, Json

CLEANED = [
    ("## One\n- [ ] two\n<empty-block/>", "## One\n- [ ] two\n<empty-block/>"),
    (
        f'<page url="https://app.notion.com/p/Crew-{OTHER}">Crew</page>',
        f'<page url="{OTHER_LINK}">Crew</page>',
    ),
    (f'<mention-page url="https://www.notion.so/{OTHER}"/>', f'<mention-page url="{OTHER_LINK}"/>'),
    (f'<database url="{{{{https://www.notion.so/{OTHER}}}}}">', f'<database url="{{{{{OTHER_LINK}}}}}">'),
    (f"see [Crew](https://www.notion.so/Crew-{OTHER}?pvs=4).", f"see [Crew]({OTHER_LINK})."),
    (f"see https://www.notion.so/Crew-{OTHER}.", f"see {OTHER_LINK}."),
    (
        f"see [Crew](/Crew-{OTHER}#{'b' * 32}) and [her](/{OTHER}).",
        f"see [Crew]({OTHER_LINK}) and [her]({OTHER_LINK}).",
    ),
    (f'<mention-page url="/{OTHER}?pvs=4"/>', f'<mention-page url="{OTHER_LINK}"/>'),
    (f"[x](/{OTHER}/settings) (/{OTHER}) [y](//elsewhere.example/{OTHER})",) * 2,
    ("[x](https://example.com/a_(b))", "[x](https://example.com/a_(b))"),
    (f"![A (b)]({SIGNED})", "![A (b)](plan b.png)"),
    (f'<video src="{SIGNED}">Launch</video>', '<video src="plan b.png">Launch</video>'),
    (f"```\nhttps://www.notion.so/{OTHER}\n{SIGNED}\n```", f"```\nhttps://www.notion.so/{OTHER}\nplan b.png\n```"),
]


def cleaned(answer: Json) -> MarkdownPiece[TextPosition]:
    found = markdown_of_answer(answer, 10**9, page=PAGE)
    assert isinstance(found, MarkdownPiece)
    return found


@pytest.mark.parametrize(("theirs", "ours"), CLEANED, ids=[ours for _, ours in CLEANED])
def test_urls(theirs: str, ours: str) -> None:
    found = cleaned({"markdown": theirs, "truncated": False, "unknown_block_ids": []})
    assert found.markdown == ours
    assert found.gaps == ()


def test_gaps() -> None:
    answer = {"markdown": "a", "truncated": True, "unknown_block_ids": [OTHER, "?"]}
    block = uuid.UUID(OTHER_DASHED)
    assert cleaned(answer).gaps == (
        Gap(PAGE, GapReason.TRUNCATED, "Notion cut its Markdown of the page."),
        Gap(PAGE, GapReason.UNSUPPORTED_BLOCK, f"Notion's Markdown leaves out the block {block}."),
    )


def test_no_text() -> None:
    assert [gap.reason for gap in cleaned({"markdown": 1}).gaps] == [GapReason.MALFORMED]
    assert cleaned([]).markdown == ""


@pytest.mark.parametrize(
    "whole",
    ["```js\na\n\nb\n```\n", "$$\na\nb\n$$\n", "<table>\n<tr>\n<td>a</td>\n</tr>\n</table>\n"],
    ids=["code", "equation", "table"],
)
def test_code_equations_and_tables_are_not_cut(whole: str) -> None:
    first = markdown_of_answer({"markdown": f"a\n{whole}b\n"}, len(whole) + 1, page=PAGE)
    assert isinstance(first, MarkdownPiece)
    assert first.markdown == "a\n"
    on = markdown_of_answer({"markdown": f"a\n{whole}b\n"}, len(whole), first.following, page=PAGE)
    assert isinstance(on, MarkdownPiece)
    assert on.markdown == whole

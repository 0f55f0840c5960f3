"""Words with their emphasis, links and mentions, with the Markdown that they should be."""

import pytest

from tests.graph.content.kit import OTHER, OTHER_DASHED, OTHER_LINK, SIGNED, Json, equation, inline, mention, text

EMPHASIS = [
    ([text("a", "bold")], "**a**"),
    ([text("a", "italic")], "*a*"),
    ([text("a", "strikethrough")], "~~a~~"),
    ([text("a", "code")], "`a`"),
    ([text("a", "underline")], "a"),
    ([text("a", "bold", "italic", "strikethrough", "code")], "***~~`a`~~***"),
    ([text("one "), text(" two ", "bold"), text("three")], "one  **two** three"),
    ([text("a", "bold"), text("b", "bold")], "**ab**"),
    ([text("a", "bold"), text("b", "italic")], "**a***b*"),
    ([text("a", "bold"), text("", "italic"), text("b", "bold")], "**ab**"),
    ([text("a ~", "strikethrough")], "~~a \\~~~"),
    ([text("a\n\nb", "bold")], "**a**\n\n**b**"),
    ([text("a"), text("  ", "bold"), text("b")], "a  b"),
    ([text("see ", "bold"), text("a", "bold", "code"), text(" now", "bold")], "**see** **`a`** **now**"),
    ([text("(", "bold"), text("a", "bold", "code"), text(")", "bold")], "**(**`a`)"),
    ([text("\na\n\n")], "a"),
    # Marks that Markdown would show as themselves.
    ([text("a"), text("(b)", "bold"), text("c")], "a(b)c"),
    ([text("a "), text("(b)", "bold"), text(" c")], "a **(b)** c"),
    ([text("a`b", "code")], "``a`b``"),
    ([text("`a", "code")], "`` `a ``"),
    ([text("*a*", "code")], "`*a*`"),
    ([equation("x^2"), text(" for $5")], "$x^2$ for \\$5"),
    ([equation("a"), equation("b")], "$a$ $b$"),
]
ESCAPED = [
    ("2 * 3", "2 * 3"),
    ("a*b*", "a\\*b\\*"),
    ("snake_case_name", "snake_case_name"),
    ("__init__", "\\_\\_init\\_\\_"),
    ("a[0](b)", "a\\[0\\](b)"),
    ("`tick`", "\\`tick\\`"),
    ("a < b", "a < b"),
    ("<b>", "\\<b>"),
    ("&amp; R&D", "\\&amp; R&D"),
    ("~5 or ~~6~~", "~5 or \\~\\~6\\~\\~"),
    ("$5", "$5"),
    ("$5 to $6", "\\$5 to \\$6"),
    ("C:\\Users", "C:\\Users"),
    ("a\\*", "a\\\\\\*"),
    ("# no heading", "\\# no heading"),
    ("#tag", "#tag"),
    ("- no list", "\\- no list"),
    ("* no list", "\\* no list"),
    ("12. no list", "12\\. no list"),
    ("3.5 tons", "3.5 tons"),
    ("> no quote", "\\> no quote"),
    ("a\n---", "a\n\\---"),
    ("a\n===", "a\n\\==="),
    ("    no code  ", "no code"),
    ("| no table", "\\| no table"),
    ("a | b", "a | b"),
]
PAGE_URLS = [
    f"https://www.notion.so/Crew-{OTHER}",
    f"https://www.notion.so/{OTHER}?v=aaaaaaaabbbb4cccbddddddddddddddd#fedcba9876543210fedcba9876543210",
    f"https://www.notion.so/harbour/{OTHER}?pvs=4",
    f"https://www.notion.so/fedcba9876543210fedcba9876543210?v=1&p={OTHER}&pm=s",
    f"https://app.notion.com/p/Crew-{OTHER}",
    f"https://app.notion.com/p/{OTHER_DASHED}",
    f"https://harbour.notion.site/Crew-{OTHER.upper()}",
    f"https://notion.so/{OTHER}/",
    f"notion://www.notion.so/{OTHER}",
    f"/{OTHER}",
    f"/{OTHER}?pvs=25#fedcba9876543210fedcba9876543210",
]
LINKS = [
    ("https://example.com/a_b", "[a](https://example.com/a_b)"),
    ("https://example.com/(x) y", "[a](https://example.com/%28x%29%20y)"),
    ("mailto:ada@example.com", "[a](mailto:ada@example.com)"),
    (f"https://example.com/Crew-{OTHER}", f"[a](https://example.com/Crew-{OTHER})"),
    (f"https://notion.so.example.com/{OTHER}", f"[a](https://notion.so.example.com/{OTHER})"),
    ("/relative", "a"),
    ("javascript:alert(1)", "a"),
    (SIGNED, "a"),
    ("http://[", "[a](http://[)"),
]
MENTIONS = [
    (mention("user", {"id": OTHER_DASHED, "name": "Ada", "person": {"email": "a@example.com"}}, "@Ada"), "@Ada"),
    (mention("user", {"id": OTHER_DASHED}, "@Anonymous"), "@Anonymous"),
    (mention("page", {"id": OTHER_DASHED}, "Crew", f"https://app.notion.com/p/{OTHER}"), f"[Crew]({OTHER_LINK})"),
    (mention("database", {"id": OTHER_DASHED}, "", None), f"[Untitled]({OTHER_LINK})"),
    (mention("date", {"start": "2026-01-02", "end": None}, "2026-01-02 → "), "2026-01-02"),
    (mention("date", {"start": "2026-01-02", "end": "2026-01-05"}, "x"), "2026-01-02 → 2026-01-05"),
    (mention("link_preview", {"url": "https://example.com/1"}, "https://example.com/1"), None),
    (mention("link_mention", {"href": "https://example.com", "title": "Blog"}, "x"), "[Blog](https://example.com)"),
    (mention("template_mention", {"type": "template_mention_date"}, "@Today"), "@Today"),
    (mention("custom_emoji", {"name": "ship"}, ":ship:"), ":ship:"),
    (mention("hologram", {}, "words"), "words"),
]


@pytest.mark.parametrize(("words", "expected"), EMPHASIS, ids=[expected for _, expected in EMPHASIS])
def test_emphasis(words: list[Json], expected: str) -> None:
    assert inline(*words) == expected


@pytest.mark.parametrize(("words", "expected"), ESCAPED, ids=[words for words, _ in ESCAPED])
def test_markdowns_own_characters(words: str, expected: str) -> None:
    assert inline(text(words)) == expected


@pytest.mark.parametrize("url", PAGE_URLS)
def test_links_to_pages(url: str) -> None:
    assert inline(text("Crew", href=url)) == f"[Crew]({OTHER_LINK})"


@pytest.mark.parametrize(("url", "expected"), LINKS)
def test_other_links(url: str, expected: str) -> None:
    assert inline(text("a", href=url)) == expected


@pytest.mark.parametrize(("words", "expected"), MENTIONS, ids=[words["mention"]["type"] for words, _ in MENTIONS])
def test_mentions(words: Json, expected: str | None) -> None:
    assert inline(words) == (expected or "[https://example.com/1](https://example.com/1)")


def test_one_link_over_differently_marked_words() -> None:
    words = [text("a ", href="https://x.test"), text("b", "bold", href="https://x.test")]
    assert inline(*words) == "[a](https://x.test) [**b**](https://x.test)"


def test_an_exclamation_mark_makes_no_image() -> None:
    assert inline(text("Look!"), text("a", href="https://x.test")) == "Look\\![a](https://x.test)"


def test_signed_urls_in_words_become_names() -> None:
    assert inline(text(f"see {SIGNED} now")) == "see plan b.png now"
    assert inline(text(SIGNED, "code")) == "`plan b.png`"
    assert inline(text(SIGNED[:90]), text(SIGNED[90:])) == "plan b.png"

"""Every form of a URL that leads to a page of Notion, and many that lead elsewhere."""

import pytest

from ivgraph_auth.graph.models import Edge, EdgeKind
from ivgraph_auth.graph.page_urls import page_of_url
from ivgraph_auth.graph.reader.blocks import read_block
from tests.graph.reader.examples import OTHER, PAGE, THIRD, block, text

HEX, DASHED, VIEW = OTHER.hex, str(OTHER), THIRD.hex
ORIGINS = [
    "https://www.notion.so",
    "https://notion.so",
    "http://www.notion.so",
    "https://app.notion.com",
    "https://www.notion.com",
    "https://acme.notion.site",
    "https://acme-2.notion.site",
    "HTTPS://WWW.Notion.SO",
    "https://www.notion.so:443",
    "notion://www.notion.so",
    "//www.notion.so",
    "",
]
PATHS = [
    HEX,
    HEX.upper(),
    DASHED,
    f"p/{HEX}",
    f"p/Handbook-{HEX}",
    f"Handbook-{HEX}",
    f"Handbook-{DASHED}",
    f"How-we-write-2026-{HEX}",
    f"%E6%89%8B%E5%86%8C-{HEX}",
    f"手册-{HEX}",
    f"acme/Handbook-{HEX}",
    f"{HEX}/",
]
BEHIND = [
    "",
    f"?v={VIEW}",
    "?pvs=4",
    f"?v={VIEW}&pvs=4",
    f"#{VIEW}",
    f"?pvs=4#{VIEW}",
    f"#block-{VIEW}",
    f"?d={VIEW}",
    "?",
    "#",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", ORIGINS)
def test_pages_of_notion(origin: str, path: str) -> None:
    assert {behind: page_of_url(f"{origin}/{path}{behind}") for behind in BEHIND} == dict.fromkeys(BEHIND, OTHER)


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.notion.so/{VIEW}?v={VIEW}&p={HEX}&pm=s",
        f"https://app.notion.com/p/{VIEW}?p={HEX}",
        f"/{VIEW}?v={VIEW}&p={DASHED}#{VIEW}",
    ],
)
def test_a_row_that_is_open_beside_its_database_is_what_is_linked_to(url: str) -> None:
    assert page_of_url(url) == OTHER


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/",
        "//",
        "#",
        f"#{HEX}",
        HEX,
        f"?p={HEX}",
        f"www.notion.so/{HEX}",
        "https://www.notion.so",
        "https://www.notion.so/",
        "https://www.notion.so/product",
        f"https://www.notion.so?{HEX}",
        f"https://www.notion.so/{HEX[:-1]}",
        f"https://www.notion.so/{HEX}0",
        f"https://www.notion.so/Handbook{HEX}",
        f"https://www.notion.so/{HEX}/edit",
        f"https://www.notion.so/{DASHED[:-1]}-",
        f"https://www.notion.so/x?v={HEX}",
        f"https://api.notion.com/v1/pages/{HEX}",
        f"https://notion.site/{HEX}",
        f"https://www.notion.so.evil.example/{HEX}",
        f"https://evilnotion.so/{HEX}",
        f"https://evil.example/www.notion.so/{HEX}",
        f"https://evil.example/{HEX}?u=https://www.notion.so/{HEX}",
        f"https://www.notion.so@evil.example/{HEX}",
        f"https://evil.example#//www.notion.so/{HEX}",
        f"//evil.example/{HEX}",
        f"///{HEX}",
        f"https://-.notion.site/{HEX}",
        f"https://a.b.notion.site/{HEX}",
        f"mailto:someone@notion.so/{HEX}",
        f"javascript://www.notion.so/{HEX}",
        "https://[/",
        "https://www.notion.so:99999999/",
        f"/{'a' * 5000}-{HEX}",
        "\x00",
        "\ud800",
    ],
)
def test_anything_else(url: str) -> None:
    assert page_of_url(url) is None


def test_blanks_around_are_no_part_of_it() -> None:
    assert page_of_url(f" https://www.notion.so/{HEX}\n") == OTHER


def test_a_link_within_the_page_leads_nowhere() -> None:
    words = [text("above", f"/{PAGE.hex}#{VIEW}"), text("there", f"/{HEX}#{VIEW}"), text("below", f"#{VIEW}")]
    reading = read_block(block("paragraph", {"rich_text": words}), PAGE)
    assert reading.edges == (Edge(EdgeKind.LINK, PAGE, OTHER),)

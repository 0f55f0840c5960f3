"""docs/notion-api.md is made of the table."""

from pathlib import Path

from ivgraph_auth.gateway.endpoints_page import render


def test_the_page_is_the_table() -> None:
    page = Path(__file__).parents[2] / "docs/notion-api.md"
    assert page.read_text() == render(), "python -m ivgraph_auth.gateway.endpoints_page > docs/notion-api.md"

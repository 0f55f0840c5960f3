"""Which page a URL leads to, when it is one of Notion's; and the form in which pages are linked here."""

from uuid import UUID

from ivgraph_auth.notion.page_urls import ids_of_url


def page_of_url(url: str) -> UUID | None:
    """The page or database behind one of Notion's URLs, as `ids_of_url` reads them; None for any other."""
    found = ids_of_url(url)
    return found.page if found else None


def page_link(page: UUID) -> str:
    return f"notion://page/{page}"

"""Which page a URL leads to, when it is one of Notion's; and the form in which pages are linked here."""

import re
from uuid import UUID

from ivgraph_auth.core.urls import NOTION_ID, parse_notion_id

# People's browsers show the first two, the app's own links the third; published pages live on *.notion.site.
_ORIGIN = re.compile(
    r"(?:(?:https?|notion):)?//"
    r"(?:(?:www\.)?notion\.so|(?:www\.|app\.)?notion\.com|[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.notion\.site)"
    r"(?::[0-9]{1,5})?(?=/)",
    re.IGNORECASE,
)
# The id ends the last piece of the path, alone or behind a slug.
_LAST = re.compile(rf"(?:^|[/-])({NOTION_ID})/*$")
# A row that is open beside its database: the path names the database, `p` the row.
_PEEK = re.compile(rf"(?:^|&)p=({NOTION_ID})(?:&|$)")
_LONGEST = 4000


def page_of_url(url: str) -> UUID | None:
    """The page or database behind one of Notion's URLs: absolute, or relative with one slash; with a view, a block or
    other parameters behind. None for any other URL, and for one without an id.
    """
    if len(url) > _LONGEST:
        return None
    url = url.strip()
    if not url.startswith("/") or url.startswith("//"):
        found = _ORIGIN.match(url)
        if found is None:
            return None
        url = url[found.end() :]
    path, _, query = url.partition("#")[0].partition("?")
    named = _PEEK.search(query) or _LAST.search(path)
    return parse_notion_id(named[1]) if named else None


def page_link(page: UUID) -> str:
    return f"notion://page/{page}"

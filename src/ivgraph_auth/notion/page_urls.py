"""What a URL names, when it is one of Notion's: a page or database, a block in it, a discussion."""

import re
from dataclasses import dataclass
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
_DISCUSSION = re.compile(rf"(?:^|&)d=({NOTION_ID})(?:&|$)")
_BLOCK = re.compile(rf"(?:block-)?({NOTION_ID})")
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class UrlIds:
    """`page` is a page or a database; `block` stands behind `#`, `discussion` in `?d=`."""

    page: UUID
    block: UUID | None
    discussion: UUID | None


def ids_of_url(url: str) -> UrlIds | None:
    """Of an absolute URL, or one relative to Notion with one slash; with a view, a block or other parameters behind.
    None for any other URL, and for one that names no page.
    """
    if len(url) > _LONGEST:
        return None
    url = url.strip()
    if not url.startswith("/") or url.startswith("//"):
        found = _ORIGIN.match(url)
        if found is None:
            return None
        url = url[found.end() :]
    address, _, fragment = url.partition("#")
    path, _, query = address.partition("?")
    page = _id(_PEEK.search(query) or _LAST.search(path))
    if page is None:
        return None
    return UrlIds(page, _id(_BLOCK.fullmatch(fragment)), _id(_DISCUSSION.search(query)))


def _id(found: re.Match[str] | None) -> UUID | None:
    return parse_notion_id(found[1]) if found else None

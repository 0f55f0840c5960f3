"""The page that a URL leads to, and the form in which pages are linked here."""

import re
import uuid
from urllib.parse import SplitResult, parse_qs, urlsplit

_HOSTS = re.compile(r"(?:www\.|app\.)?notion\.(?:so|com)|[a-z0-9-]+\.notion\.site", re.IGNORECASE)
_ID = re.compile(r"(?:^|-)([0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$", re.IGNORECASE)


def page_link(page: uuid.UUID) -> str:
    return f"notion://page/{page}"


def linked_page(url: str) -> uuid.UUID | None:
    """Of www.notion.so/<slug-><id>, app.notion.com/p/<slug-><id>, <name>.notion.site, `/<id>`, with a view or a block
    behind; `p` in the query is a page that is open above a database's view.
    """
    try:
        parts = urlsplit(url.strip())
        opened = parse_qs(parts.query, max_num_fields=50).get("p", [])
    except ValueError:
        return None
    if not _is_notion(parts):
        return None
    segment = parts.path.rstrip("/").rpartition("/")[2]
    found = next(filter(None, (_ID.search(each) for each in (*opened, segment))), None)
    return uuid.UUID(found[1]) if found else None


def _is_notion(parts: SplitResult) -> bool:
    if not parts.scheme and not parts.netloc:
        return parts.path.startswith("/")
    return parts.scheme in {"http", "https", "notion"} and bool(_HOSTS.fullmatch(parts.hostname or ""))

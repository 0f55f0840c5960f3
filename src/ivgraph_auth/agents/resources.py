"""Pages as resources: `notion://page/<id>`, in Markdown, with a cursor for long ones."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from ivgraph_auth.agents.arguments import FEWEST_CHARS
from ivgraph_auth.agents.errors import UnknownObject
from ivgraph_auth.agents.models import MARKDOWN, ToolCaller
from ivgraph_auth.agents.reading import Wanted, read_document
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.core.principal import Principal, Scope
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.graph.content.cutting import DEFAULT_CHARS, MOST_CHARS
from ivgraph_auth.graph.page_urls import page_link

_URI = re.compile(r"notion://page/(?P<id>[0-9A-Fa-f-]{32,36})(?P<query>\?.*)?")
_NEEDS = Scope.GRAPH_READ


@dataclass(frozen=True, slots=True)
class ResourceTemplate:
    """RFC 6570."""

    uri_template: str
    name: str
    title: str
    description: str
    media_type: str = MARKDOWN


@dataclass(frozen=True, slots=True)
class ResourceText:
    """`next_uri` reads on, where there is more; the text says so too."""

    uri: str
    text: str
    title: str
    next_uri: str | None = None
    media_type: str = MARKDOWN


TEMPLATES = (
    ResourceTemplate(
        "notion://page/{id}{?cursor,max_chars}",
        "page",
        "A Notion page",
        f"A page or row (its properties, then its content), a database or a data source, by its id, as Markdown; "
        f"{DEFAULT_CHARS} characters at a time unless max_chars says otherwise.",
    ),
)


def list_templates(principal: Principal) -> Sequence[ResourceTemplate]:
    """None for a credential that may not read."""
    return TEMPLATES if _NEEDS in principal.scopes else ()


async def read_resource(box: Toolbox, caller: ToolCaller, uri: str) -> ResourceText:
    """Raises UnknownObject for a URI that is none of ours, InsufficientScope, and as `read_document`."""
    found = _URI.fullmatch(uri.strip())
    node_id = parse_notion_id(found["id"]) if found else None
    if node_id is None:
        raise UnknownObject(
            "There are resources of the form notion://page/<id> alone, with the id of a page or database."
        )
    if _NEEDS not in caller.principal.scopes:
        raise InsufficientScope(_NEEDS.value)
    document = await read_document(box, caller, _wanted(node_id, uri))
    following = None
    if document.next_cursor:
        following = f"{page_link(node_id)}?cursor={quote(document.next_cursor, safe='')}"
    parts = (document.text, document.note, f"Go on: {following}" if following else "")
    return ResourceText(uri, "\n\n".join(filter(None, parts)), document.title, following)


def _wanted(node_id: uuid.UUID, uri: str) -> Wanted:
    asked = parse_qs(urlsplit(uri.strip()).query)
    size = asked.get("max_chars", [""])[0]
    max_chars = min(MOST_CHARS, max(FEWEST_CHARS, int(size))) if size.isdecimal() else DEFAULT_CHARS
    return Wanted(node_id, max_chars, asked.get("cursor", [""])[0], "")

"""Pages, databases and data sources in full, for `fetch` and for resources."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.agents.arguments import FEWEST_CHARS
from ivgraph_auth.agents.connections import Aim, by_connection
from ivgraph_auth.agents.models import ToolCaller
from ivgraph_auth.agents.objects import READ_BY, load, names_for
from ivgraph_auth.agents.rendering import pages
from ivgraph_auth.agents.rendering.notes import gaps_note
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.errors import NotionSaidNo
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.content_service import Content, ContentQuery
from ivgraph_auth.graph.json_values import as_id, as_list, as_name, as_object, encodable_text, member
from ivgraph_auth.graph.lookup import Seen
from ivgraph_auth.graph.models import EdgeKind, NodeType
from ivgraph_auth.graph.reader.properties import REFERENCES
from ivgraph_auth.notion.endpoints import ENDPOINTS
from ivgraph_auth.notion.operations import NotionRequest

_PROPERTY = ENDPOINTS["notion.getPageProperty"]
_MOST_SOURCES = 5
_MOST_COMPLETED = 3
_PAGE_SIZE = 100
_LISTED = ("relation", "people")
_BREAK = len("\n\n")


@dataclass(frozen=True, slots=True)
class Wanted:
    id: uuid.UUID
    max_chars: int
    cursor: str
    workspace: str


@dataclass(frozen=True, slots=True)
class Document:
    """`text` is Markdown, of at most the characters that were asked for; `note` is for people and models."""

    id: str
    type: NodeType
    title: str
    url: str
    text: str
    next_cursor: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """An object as Notion tells it now, and the call that asked."""

    call: RecordedCall
    type: NodeType
    value: Mapping[str, Any]


async def read_document(box: Toolbox, caller: ToolCaller, wanted: Wanted) -> Document:
    """Raises as `by_connection` and `ContentService.read_by`."""

    async def read(call: RecordedCall, seen: Seen | None) -> Document:
        kinds = [seen.node.summary.type] if seen else list(NodeType)
        opened = Opened(call, *await load(call, wanted.id, kinds))
        if opened.type is NodeType.PAGE:
            return await _page(box, opened, wanted)
        return await _database(box, opened, wanted)

    # What the graph has not read yet is a question to Notion, not to the graph.
    by_kind = {kind: tool_id for kind, (tool_id, _) in READ_BY.items()}
    aim = Aim(wanted.id, wanted.workspace, by_kind[NodeType.PAGE], unseen=Scope.NOTION_READ, by_kind=by_kind)
    return await by_connection(box, caller, aim, read)


async def _page(box: Toolbox, opened: Opened, wanted: Wanted) -> Document:
    head = "" if wanted.cursor else await _head(box, opened)
    # Whoever asks for little gets the content, which goes on, and of the properties what fits.
    head = _shortened(head, wanted.max_chars - FEWEST_CHARS - _BREAK)
    room = wanted.max_chars - len(head) - (_BREAK if head else 0)
    query = ContentQuery(wanted.id, "markdown", room, wanted.cursor or None)
    content = await box.content.read_by(opened.call.grant, query, opened.call.ask)
    text = "\n\n".join(filter(None, (head, (content.markdown or "").strip("\n"))))
    note = " ".join(filter(None, (gaps_note(content.gaps), _more(content))))
    title, url = pages.title_of(opened.value), pages.url_of(opened.value)
    return Document(str(wanted.id), NodeType.PAGE, title, url, text, content.next_cursor, note)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(0, most - 1)].rstrip() + ("…" if most > 0 else "")


def _more(content: Content) -> str:
    return "The page goes on: call again with cursor set to next_cursor." if content.next_cursor else ""


async def _head(box: Toolbox, opened: Opened) -> str:
    properties = await _complete(opened)
    page = {**opened.value, "properties": properties}
    names = await names_for(box, opened.call, [properties])
    return pages.page_head(page, await _parent(box, opened), names)


async def _complete(opened: Opened) -> dict[str, Any]:
    """A page tells 25 references of a property; of some that have more, up to a hundred are asked for."""
    properties = dict(as_object(opened.value.get("properties")))
    cut = [name for name, holder in properties.items() if _is_cut(holder)]
    for name in cut[:_MOST_COMPLETED]:
        kind, property_id = as_name(member(properties[name], "type")), as_name(member(properties[name], "id"))
        if kind in _LISTED and property_id:
            answer = await _property(opened, property_id)
            items = [member(item, kind) for item in as_list(answer.get("results"))]
            more = answer.get("has_more") is True
            properties[name] = {**properties[name], kind: items, "has_more": more}
    return properties


def _is_cut(holder: object) -> bool:
    """Of people Notion does not say that there are more."""
    return member(holder, "has_more") is True or len(as_list(member(holder, "people"))) >= REFERENCES


async def _property(opened: Opened, property_id: str) -> Mapping[str, Any]:
    path = f"/v1/pages/{opened.value.get('id')}/properties/{property_id}"
    return await opened.call.ask(_PROPERTY, NotionRequest("GET", path, f"page_size={_PAGE_SIZE}"))


async def _parent(box: Toolbox, opened: Opened) -> str:
    found = as_id(pages.parent_id(opened.value))
    titles = await box.lookup.titles(opened.call.grant, [found] if found else [])
    return pages.parent_text(opened.value, {str(node_id): title for node_id, title in titles.items()})


async def _database(box: Toolbox, opened: Opened, wanted: Wanted) -> Document:
    text = await _database_text(box, opened)
    note = ""
    if len(text) > wanted.max_chars:
        text = text[: wanted.max_chars - 1].rpartition("\n")[0] + "\n…"
        note = "Cut at max_chars: ask again with more to see all properties."
    title, url = pages.title_of(opened.value), pages.url_of(opened.value)
    return Document(str(wanted.id), opened.type, title, url, text, None, note)


async def _database_text(box: Toolbox, opened: Opened) -> str:
    if opened.type is NodeType.DATA_SOURCE:
        source = await _source_text(box, opened, opened.value)
        head = [f"# {pages.title_of(opened.value)}", pages.url_of(opened.value), f"In: {await _parent(box, opened)}"]
        return "\n".join(filter(None, head)) + f"\n\n{source}"
    listed = as_list(opened.value.get("data_sources"))
    sources = [await _read_source(opened, each) for each in listed[:_MOST_SOURCES]]
    if "properties" in opened.value:
        # Until 2022-06-28 a database is its only data source.
        sources = [opened.value]
    texts = [await _source_text(box, opened, source) for source in sources]
    texts += [f"Data source {_name(each)}: fetch it by its id." for each in listed[_MOST_SOURCES:]]
    return pages.database_text(opened.value, await _parent(box, opened), texts)


async def _read_source(opened: Opened, listed: object) -> Mapping[str, Any]:
    tool_id, place = READ_BY[NodeType.DATA_SOURCE]
    try:
        return await opened.call.invoke(tool_id, {place: encodable_text(member(listed, "id"))})
    except NotionSaidNo:
        # It is named, and not shared.
        return {"id": member(listed, "id"), "title": [{"plain_text": member(listed, "name")}]}


async def _source_text(box: Toolbox, opened: Opened, source: Mapping[str, Any]) -> str:
    source_id = as_id(source.get("id"))
    targets = [found for target in pages.relation_targets(source) if (found := as_id(target))]
    titles = await box.lookup.titles(opened.call.grant, targets)
    seen = await box.lookup.find([opened.call.grant], source_id) if source_id else None
    rows = seen.node.counts_out.get(EdgeKind.ROW) if seen else None
    return pages.source_text(source, {str(node_id): title for node_id, title in titles.items()}, rows)


def _name(listed: object) -> str:
    return f"{encodable_text(member(listed, 'name'))} ({encodable_text(member(listed, 'id'))})"

"""Rich text: what it says, whom it mentions, where it links to."""

from collections.abc import Callable, Mapping

from ivgraph_auth.graph.json_values import JsonObject, as_id, as_list, as_name, as_object, storable
from ivgraph_auth.graph.page_urls import page_of_url
from ivgraph_auth.graph.reader.collector import Collector

Read = Callable[[object, Collector], None]


def read_rich_text(value: object, found: Collector, most: int) -> str:
    """The plain text, at most so many characters; links, mentions and gaps go to `found`."""
    if not isinstance(value, list):
        found.malformed("rich text")
    pieces: list[str] = []
    for item in as_list(value):
        if isinstance(item, dict):
            _read_item(item, found)
            pieces.append(_plain(item))
        else:
            found.malformed("rich text")
    return storable("".join(pieces), most)


def read_url(value: object, found: Collector) -> None:
    """A link, where it leads to a page of Notion."""
    target = page_of_url(value) if isinstance(value, str) else None
    if target:
        found.link(target)


def count_mentions(value: object) -> int:
    return sum(1 for item in as_list(value) if isinstance(item, dict) and item.get("type") == "mention")


def _plain(item: JsonObject) -> str:
    told = item.get("plain_text")
    return told if isinstance(told, str) else as_name(as_object(item.get("text")).get("content"))


def _read_item(item: JsonObject, found: Collector) -> None:
    # What is sent to Notion may lack the type, and some recordings are of that.
    kind = as_name(item["type"]) if "type" in item else next((name for name in _ITEMS if name in item), "")
    read = _ITEMS.get(kind)
    if read is None:
        found.unknown("rich text", kind)
    else:
        read(item, found)


def _read_text(item: JsonObject, found: Collector) -> None:
    read_url(item.get("href"), found)
    link = as_object(item.get("text")).get("link")
    if isinstance(link, dict):
        read_url(link.get("url"), found)


def _read_mention(item: JsonObject, found: Collector) -> None:
    """Its `href` leads to what is mentioned, and is no link besides."""
    mention = as_object(item.get("mention"))
    kind = as_name(mention["type"]) if "type" in mention else next((name for name in _MENTIONS if name in mention), "")
    read = _MENTIONS.get(kind)
    if read is None:
        found.unknown("mention", kind)
    else:
        read(mention.get(kind), found)


def _read_node(value: object, found: Collector) -> None:
    target = as_id(as_object(value).get("id"))
    if target is None:
        found.malformed("mention")
    else:
        found.mention(target)


def _read_link_preview(value: object, found: Collector) -> None:
    read_url(as_object(value).get("url"), found)


def _read_link_mention(value: object, found: Collector) -> None:
    read_url(as_object(value).get("href"), found)


def _pass_over(_value: object, _found: Collector) -> None:
    """Leads to nothing of the graph."""


_ITEMS: Mapping[str, Callable[[JsonObject, Collector], None]] = {
    "text": _read_text,
    "mention": _read_mention,
    "equation": _pass_over,
}
_MENTIONS: Mapping[str, Read] = {
    "page": _read_node,
    "database": _read_node,
    "data_source": _read_node,
    "link_preview": _read_link_preview,
    "link_mention": _read_link_mention,
    "user": _pass_over,
    "date": _pass_over,
    "template_mention": _pass_over,
    "custom_emoji": _pass_over,
}

"""What pages, databases and data sources have alike: parent, icon, address, times."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from ivgraph_auth.graph.json_values import as_id, as_name, as_object, as_text, as_time, safe_name
from ivgraph_auth.graph.models import Parent
from ivgraph_auth.graph.reader.collector import Collector

_MOST_URL = 2000
_MOST_ICON = 200
_WEB = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
_WORKSPACE = "workspace"
# The nearest first: a row tells its data source and its database.
_PARENTS = ("data_source_id", "page_id", "block_id", "database_id", "agent_id", _WORKSPACE)


def read_parent(value: object, found: Collector) -> Parent | None:
    """None where it is absent or cannot be read. A type that is unknown here is kept by its name."""
    if value is None:
        return None
    holder = as_object(value)
    kind = as_name(holder["type"]) if "type" in holder else next((each for each in _PARENTS if each in holder), "")
    if kind == _WORKSPACE:
        return Parent(kind, None)
    parent_id = as_id(holder.get(kind))
    if kind in _PARENTS:
        if parent_id is None:
            found.malformed("parent")
        return Parent(kind, parent_id) if parent_id else None
    if not kind:
        found.malformed("parent")
        return None
    found.unknown("parent", kind)
    return Parent(safe_name(kind), parent_id)


def read_time(value: object, found: Collector) -> datetime | None:
    read = as_time(value)
    if value is not None and read is None:
        found.malformed("time")
    return read


def read_url(value: object, found: Collector) -> str | None:
    """Web addresses alone: others do not belong behind a link."""
    text = as_text(value, _MOST_URL)
    if text is not None and _WEB.fullmatch(text):
        return text
    if value is not None:
        found.malformed("url")
    return None


def read_icon(value: object, found: Collector) -> str | None:
    """An emoji, `:name:` of one of the workspace's own, or a public picture's address. Uploaded pictures have none that
    lasts.
    """
    if value is None:
        return None
    holder = as_object(value)
    kind = as_name(holder["type"]) if "type" in holder else next((each for each in _ICONS if each in holder), "")
    read = _ICONS.get(kind)
    if read is None:
        found.unknown("icon", kind)
        return None
    return read(holder.get(kind))


def _emoji(value: object) -> str | None:
    return as_text(value, _MOST_ICON) or None


def _external(value: object) -> str | None:
    text = as_text(as_object(value).get("url"), _MOST_URL)
    return text if text is not None and _WEB.fullmatch(text) else None


def _custom_emoji(value: object) -> str | None:
    name = as_text(as_object(value).get("name"), _MOST_ICON)
    return f":{name}:" if name else None


def _notion_icon(value: object) -> str | None:
    """One of Notion's own, by name and colour: where Notion serves them."""
    holder = as_object(value)
    name, color = as_name(holder.get("name")), as_name(holder.get("color")) or "gray"
    known = _WORD.fullmatch(name) and _WORD.fullmatch(color)
    return f"https://www.notion.so/icons/{name}_{color}.svg" if known else None


def _uploaded(_value: object) -> None:
    """Its address is signed, and good for an hour."""


_ICONS: Mapping[str, Callable[[object], str | None]] = {
    "emoji": _emoji,
    "external": _external,
    "custom_emoji": _custom_emoji,
    "icon": _notion_icon,
    "file": _uploaded,
    "file_upload": _uploaded,
}

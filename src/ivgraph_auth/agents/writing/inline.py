"""A line of Markdown as Notion's rich text: bold, italic, code, strikethrough, links and equations."""

import re
from collections.abc import Iterator
from typing import Any

from ivgraph_auth.graph.page_urls import page_of_url

MOST_TEXT = 2000
MOST_ITEMS = 100
_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+.!~|<>$-])"
    r"|`(?P<code>[^`\n]+)`"
    r"|\$`(?P<equation>[^`\n]+)`\$"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<url>[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)"
    r"|\*\*\*(?P<both>[^*\n]+)\*\*\*"
    r"|\*\*(?P<bold>(?:[^*\n]|\*(?!\*))+)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^*\s](?:[^*\n]*[^*\s])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<slanted>[^_\s](?:[^_\n]*[^_\s])?)_(?![\w_])"
    r"|~~(?P<strikethrough>[^~\n]+)~~"
)
_MARKS = {
    "both": ("bold", "italic"),
    "bold": ("bold",),
    "italic": ("italic",),
    "slanted": ("italic",),
    "strikethrough": ("strikethrough",),
}
_OUR_LINK = "notion://page/"
JsonObject = dict[str, Any]


def rich_text(line: str) -> list[JsonObject]:
    """In pieces of at most 2000 characters."""
    return _merged(list(_items(line, (), "")))


def plain_rich_text(text: str) -> list[JsonObject]:
    """Word for word."""
    return list(_text(text, (), ""))


def _items(line: str, marks: tuple[str, ...], url: str) -> Iterator[JsonObject]:
    end = 0
    for match in _INLINE.finditer(line):
        yield from _text(line[end : match.start()], marks, url)
        yield from _item(match, marks, url)
        end = match.end()
    yield from _text(line[end:], marks, url)


def _item(match: re.Match[str], marks: tuple[str, ...], url: str) -> Iterator[JsonObject]:
    kind = match.lastgroup or ""
    if match["escaped"] is not None:
        yield from _text(match["escaped"], marks, url)
    elif match["code"] is not None:
        yield from _text(match["code"], (*marks, "code"), url)
    elif match["equation"] is not None:
        yield {"type": "equation", "equation": {"expression": match["equation"][:1000]}}
    elif match["url"] is not None:
        yield from _link(match["label"], match["url"], marks)
    else:
        yield from _items(match[kind], (*marks, *_MARKS[kind]), url)


def _link(label: str, url: str, marks: tuple[str, ...]) -> Iterator[JsonObject]:
    """A page of Notion's is mentioned, so that it is a connection and not only a text."""
    page = page_of_url(url) if not url.startswith(_OUR_LINK) else page_of_url(f"/{url.removeprefix(_OUR_LINK)}")
    if page is not None and url.startswith(_OUR_LINK):
        yield {"type": "mention", "mention": {"page": {"id": str(page)}}}
    else:
        yield from _items(label, marks, url[:MOST_TEXT])


def _text(text: str, marks: tuple[str, ...], url: str) -> Iterator[JsonObject]:
    for start in range(0, len(text), MOST_TEXT):
        content: JsonObject = {"content": text[start : start + MOST_TEXT]}
        if url:
            content["link"] = {"url": url}
        item: JsonObject = {"type": "text", "text": content}
        if marks:
            item["annotations"] = dict.fromkeys(marks, True)
        yield item


def _merged(items: list[JsonObject]) -> list[JsonObject]:
    """Neighbours that look alike as one: an escaped sign is no piece of its own."""
    found: list[JsonObject] = []
    for item in items:
        last = found[-1] if found else None
        if last is not None and _is_alike(last, item):
            last["text"]["content"] += item["text"]["content"]
        else:
            found.append(item)
    return found


def _is_alike(one: JsonObject, other: JsonObject) -> bool:
    if one["type"] != "text" or other["type"] != "text":
        return False
    same = one["text"].get("link") == other["text"].get("link")
    fits = len(one["text"]["content"]) + len(other["text"]["content"]) <= MOST_TEXT
    return same and fits and one.get("annotations") == other.get("annotations")

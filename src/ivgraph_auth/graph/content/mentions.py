"""What a mention in rich text says, and where it leads."""

import uuid
from collections.abc import Callable, Mapping

from ivgraph_auth.graph.json_values import as_id, encodable_text, member, type_name
from ivgraph_auth.graph.page_urls import page_link

Titles = Mapping[uuid.UUID, str]
Mention = tuple[str, str]


def mentioned(mention: object, words: str, href: str, titles: Titles) -> Mention:
    """Its words and a URL, which may be empty. `words` is Notion's own text of it."""
    kind = type_name(member(mention, "type"))
    if kind in {"page", "database", "data_source"}:
        return _page(member(mention, kind, "id"), words, titles)
    read = _KINDS.get(kind)
    return (words, href) if read is None else read(member(mention, kind), words, href)


def _page(target: object, words: str, titles: Titles) -> Mention:
    page = as_id(target)
    if page is None:
        return words or "Untitled", ""
    return titles.get(page) or words.strip() or "Untitled", page_link(page)


def _user(user: object, words: str, _: str) -> Mention:
    name = encodable_text(member(user, "name"))
    return (f"@{name}" if name else words or "@Anonymous"), ""


def _date(date: object, words: str, _: str) -> Mention:
    start, end = encodable_text(member(date, "start")), encodable_text(member(date, "end"))
    return (f"{start} → {end}" if start and end else start or words), ""


def _link_preview(link: object, words: str, href: str) -> Mention:
    url = encodable_text(member(link, "url")) or href
    return words or url, url


def _link_mention(link: object, words: str, href: str) -> Mention:
    url = encodable_text(member(link, "href")) or href
    return encodable_text(member(link, "title")) or words or url, url


def _custom_emoji(emoji: object, words: str, _: str) -> Mention:
    name = encodable_text(member(emoji, "name"))
    return words or (f":{name}:" if name else ""), ""


_KINDS: dict[str, Callable[[object, str, str], Mention]] = {
    "user": _user,
    "date": _date,
    "link_preview": _link_preview,
    "link_mention": _link_mention,
    "custom_emoji": _custom_emoji,
}

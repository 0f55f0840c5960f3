"""Small pages, blocks and texts in Notion's shapes, written by hand."""

from typing import Any
from uuid import UUID

PAGE = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")
THIRD = UUID("33333333-3333-4333-8333-333333333333")
Json = dict[str, Any]


def ident(number: int) -> UUID:
    return UUID(int=number, version=4)


def text(content: str, url: str | None = None) -> Json:
    link = None if url is None else {"url": url}
    return {"type": "text", "text": {"content": content, "link": link}, "plain_text": content, "href": url}


def mention(kind: str, target: Any, plain: str = "@Untitled", href: str | None = None) -> Json:
    return {"type": "mention", "mention": {"type": kind, kind: target}, "plain_text": plain, "href": href}


def page_mention(target: UUID = OTHER) -> Json:
    return mention("page", {"id": str(target)}, href=f"https://app.notion.com/p/{target.hex}")


def prop(kind: str, value: Any, **more: Any) -> Json:
    return {"id": "a%3Ab", "type": kind, kind: value, **more}


def page(properties: Any = None, **more: Any) -> Json:
    return {
        "object": "page",
        "id": str(PAGE),
        "created_time": "2026-09-01T08:00:00.000Z",
        "last_edited_time": "2026-09-02T09:30:00.000Z",
        "parent": {"type": "workspace", "workspace": True},
        "icon": None,
        "in_trash": False,
        "url": f"https://app.notion.com/p/{PAGE.hex}",
        "properties": {"Name": prop("title", [text("Roadmap")])} if properties is None else properties,
        **more,
    }


def block(kind: str, payload: Any, **more: Any) -> Json:
    return {"object": "block", "id": str(THIRD), "has_children": False, "type": kind, kind: payload, **more}


def property_list(kind: str, items: list[Any], about: Any = None, **more: Any) -> Json:
    return {
        "object": "list",
        "results": items,
        "has_more": False,
        "next_cursor": None,
        "type": "property_item",
        "property_item": {"id": "a%3Ab", "next_url": None, "type": kind, kind: {} if about is None else about},
        **more,
    }


def property_item(kind: str, value: Any) -> Json:
    return {"object": "property_item", **prop(kind, value)}

"""Blocks as Notion tells them, in short."""

import uuid
from typing import Any

from ivgraph_auth.graph.content.pieces import MarkdownPiece, markdown_of_blocks
from ivgraph_auth.graph.content.positions import BlockPosition

Json = Any
PAGE = uuid.UUID("11111111-2222-4333-8444-555555555555")
OTHER = "0123456789abcdef0123456789abcdef"
OTHER_DASHED = "01234567-89ab-cdef-0123-456789abcdef"
OTHER_LINK = f"notion://page/{OTHER_DASHED}"
SIGNED = (
    "https://prod-files-secure.s3.us-west-2.amazonaws.com/a7c0/9f11/plan%20b.png"
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA&X-Amz-Signature=c0ffee&x-id=GetObject"
)


def text(words: str, *marks: str, href: str | None = None) -> Json:
    names = ("bold", "italic", "strikethrough", "underline", "code")
    return {
        "type": "text",
        "text": {"content": words, "link": {"url": href} if href else None},
        "annotations": {**{name: name in marks for name in names}, "color": "default"},
        "plain_text": words,
        "href": href,
    }


def mention(kind: str, target: Json, words: str = "", href: str | None = None) -> Json:
    return {**text(words, href=href), "type": "mention", "mention": {"type": kind, kind: target}}


def equation(expression: str) -> Json:
    return {**text(expression), "type": "equation", "equation": {"expression": expression}}


def block(kind: str, *children: Json, words: str | list[Json] | None = None, **payload: Json) -> Json:
    if words is not None:
        payload["rich_text"] = [text(words)] if isinstance(words, str) else words
    found: Json = {"object": "block", "id": str(uuid.uuid4()), "type": kind, kind: payload}
    return {**found, "has_children": bool(children), **({"children": list(children)} if children else {})}


def row(*cells: str) -> Json:
    return block("table_row", cells=[[text(cell)] if cell else [] for cell in cells])


def piece(*blocks: Json, titles: dict[uuid.UUID, str] | None = None) -> MarkdownPiece[BlockPosition]:
    found = markdown_of_blocks(list(blocks), 10**9, page=PAGE, titles=titles or {})
    assert isinstance(found, MarkdownPiece)
    assert found.following is None
    return found


def markdown(*blocks: Json, titles: dict[uuid.UUID, str] | None = None) -> str:
    return piece(*blocks, titles=titles).markdown


def inline(*words: Json) -> str:
    return markdown(block("paragraph", words=list(words)))

"""Rich text as it is kept: every member written out. What depends on the reader (the title behind a mention, the
person's name) is filled in when it is told.
"""

from ivgraph_auth.sandbox.content.node import Json

PLAIN: Json = {
    "bold": False,
    "italic": False,
    "strikethrough": False,
    "underline": False,
    "code": False,
    "color": "default",
}


def text(content: str, link: str | None = None, **marks: bool) -> Json:
    return {
        "type": "text",
        "text": {"content": content, "link": None if link is None else {"url": link}},
        "annotations": PLAIN | marks,
        "plain_text": content,
        "href": link,
    }


def mention(kind: str, target: Json, marks: Json | None = None) -> Json:
    return {
        "type": "mention",
        "mention": {"type": kind, kind: target},
        "annotations": PLAIN | (marks or {}),
        "plain_text": "",
        "href": None,
    }


def equation(expression: str, marks: Json | None = None) -> Json:
    return {
        "type": "equation",
        "equation": {"expression": expression},
        "annotations": PLAIN | (marks or {}),
        "plain_text": expression,
        "href": None,
    }


def plain(items: list[Json]) -> str:
    return "".join(item["plain_text"] for item in items)

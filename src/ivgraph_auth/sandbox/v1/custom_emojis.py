"""The emojis that a workspace has made for itself."""

from ivgraph_auth.sandbox.content.build import ident
from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.v1 import lists
from ivgraph_auth.sandbox.v1.call_input import CallInput, query_paging
from ivgraph_auth.sandbox.v1.view import View

_FILES = "https://s3-us-west-2.amazonaws.com/public.notion-static.com"
_NAMES = {"lighthouse": ("lamp-lit", "fog-horn", "tide-table"), "harbour": ("salt",)}


def list_all(view: View, asked: CallInput) -> Json:
    """By `name` only the one that is called so."""
    paging, wanted = query_paging(asked), asked.one("name")
    names = [name for name in _NAMES.get(view.grant.workspace.key, ()) if wanted in (None, name)]
    found = [_emoji(name) for name in names]
    chosen, cursor = lists.by_id(found, paging, "query.start_cursor", lambda each: str(each["id"]))
    more = cursor is not None
    return {
        "object": "list",
        "type": "custom_emoji",
        "results": list(chosen),
        "has_more": more,
        "next_cursor": cursor,
    }


def _emoji(name: str) -> Json:
    emoji_id = ident(f"emoji {name}")
    return {"id": emoji_id, "name": name, "url": f"{_FILES}/{emoji_id}/{name}.png"}

"""Meeting notes: blocks in which Notion writes down what was said in a recording."""

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.v1 import objects
from ivgraph_auth.sandbox.v1.call_input import PAGE_SIZE, CallInput
from ivgraph_auth.sandbox.v1.refusals import invalid, unfit
from ivgraph_auth.sandbox.v1.text_input import rich_text
from ivgraph_auth.sandbox.v1.view import View

BLOCK = "meeting_notes"
_RECORDINGS = ("audio", "video", "file")
_SORTS = ("title", "attendees", "created_time", "created_by", "last_edited_time", "last_edited_by")


def create(view: View, asked: CallInput) -> Json:
    """Of a file upload, on a page; or of a block that holds a recording, below it on the same page."""
    body = asked.body
    body.only("title", "language", "options", "source", "parent")
    source = body.inner("source")
    kind = source.one_of("type", "file_upload", "block")
    if kind == "file_upload":
        source.uuid("file_upload_id")
        parent = view.editable(body.inner("parent").uuid("page_id"), "page", called="page")
        index = None
    else:
        recording = view.editable(source.uuid("block_id"), "block", called="block")
        if recording.type not in _RECORDINGS:
            raise unfit("body.source.block_id", "the id of an audio, video or file block", recording.id)
        parent = view.content[recording.parent or ""]
        index = parent.children.index(recording.id) + 1
    title = rich_text([{"text": {"content": body.text("title")}}], "body.title") if body.has("title") else []
    payload: Json = {"title": title, "status": "transcription_in_progress", "children": {}}
    node = view.new("block", parent, {BLOCK: payload}, BLOCK)
    view.content.add(node, index)
    view.edited(parent)
    return objects.block(view, node)


def query(view: View, asked: CallInput) -> Json:
    """All that are seen, in the order that is asked for, the newest first otherwise. Filters sort out nothing."""
    body = asked.body
    body.only("filter", "sort", "limit")
    if body.has("filter"):
        body.inner("filter").one_of("operator", "and", "or")
    limit = _limit(body.raw.get("limit"))
    found = [node for node in view.all() if node.type == BLOCK and not view.trashed(node)]
    found.sort(key=lambda node: node.created, reverse=True)
    for given in reversed(body.items("sort") if body.has("sort") else []):
        found = _sorted(found, given)
    told = [objects.block(view, node) for node in found[:limit]]
    return {"results": told, "has_more": len(found) > limit}


def _limit(given: object) -> int:
    if given is None:
        return PAGE_SIZE
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= PAGE_SIZE:
        raise unfit("body.limit", f"a number from 1 to {PAGE_SIZE} or `undefined`", given)
    return given


def _sorted(nodes: list[Node], given: object) -> list[Node]:
    if not isinstance(given, dict) or given.get("property") not in _SORTS:
        raise invalid("body failed validation: body.sort should name properties of meeting notes.")
    name, down = given["property"], given.get("direction") == "descending"
    return sorted(nodes, key=lambda node: _key(node, name), reverse=down)


def _key(node: Node, name: str) -> str:
    if name == "title":
        return "".join(each["plain_text"] for each in node.data[BLOCK]["title"])
    values = {"created_time": node.created, "created_by": node.created_by, "last_edited_time": node.edited}
    return values.get(name, node.edited_by)

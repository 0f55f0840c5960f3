"""Comments: listed, read, written, answered, changed and deleted."""

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.content.node import Comment, Json
from ivgraph_auth.sandbox.v1 import lists, objects
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members, members, query_paging
from ivgraph_auth.sandbox.v1.file_uploads import category_of, file_of
from ivgraph_auth.sandbox.v1.markdown_input import inline
from ivgraph_auth.sandbox.v1.refusals import not_allowed, restricted, unfit
from ivgraph_auth.sandbox.v1.text_input import rich_text
from ivgraph_auth.sandbox.v1.view import View, dashed

_MOST_ATTACHMENTS = 3


def list_all(view: View, asked: CallInput) -> Json:
    paging = query_paging(asked, "range")
    block_id = asked.one("block_id")
    if block_id is None:
        raise unfit("query.block_id", "defined")
    node = view.find(dashed(block_id, "query.block_id"), "page", "block", called="block")
    chosen, cursor = lists.by_id(view.content.comments_on(node.id), paging, "query.start_cursor", lambda said: said.id)
    return lists.told("comment", [_told(view, said) for said in chosen], cursor)


def get(view: View, _: CallInput, comment_id: str) -> Json:
    said = view.content.comment(comment_id)
    if said is None or view.maybe(said.node) is None:
        raise view.missing("comment", comment_id)
    return _told(view, said)


def create(view: View, asked: CallInput) -> Json:
    """On a page, on a block, or in a discussion that is there already."""
    body = asked.body
    body.only("parent", "discussion_id", "rich_text", "markdown", "attachments", "display_name")
    said = _said(body)
    attached = _attached(body)
    discussion = str(random_uuid())
    if body.has("discussion_id"):
        discussion = body.uuid("discussion_id")
        earlier = view.content.discussion(discussion)
        if earlier is None or view.maybe(earlier.node) is None:
            raise view.missing("discussion", discussion)
        node = view.editable(earlier.node, "page", "block", called="block")
    else:
        given = body.inner("parent")
        kind = "block_id" if given.has("block_id") else "page_id"
        node = view.editable(given.uuid(kind), "page", "block", called=kind.removesuffix("_id"))
    now = view.now()
    comment = Comment(str(random_uuid()), discussion, node.id, node.workspace, now, now, view.bot_id, said, by_bot=True)
    comment.attachments = attached
    view.content.say(comment)
    return _told(view, comment)


def _said(body: Members) -> list[Json]:
    """Of Markdown only what stands in a line: a comment has no blocks."""
    if not body.has("markdown"):
        return rich_text(body.items("rich_text"), body.at("rich_text"))
    if body.has("rich_text"):
        raise not_allowed(body.at("rich_text"), body.raw["rich_text"])
    return inline(body.text("markdown"))


def _attached(body: Members) -> list[str]:
    """Ids of file uploads."""
    given = body.items("attachments", _MOST_ATTACHMENTS) if body.has("attachments") else []
    return [members(each, f"body.attachments[{index}]").uuid("file_upload_id") for index, each in enumerate(given)]


def update(view: View, asked: CallInput, comment_id: str) -> Json:
    asked.body.only("rich_text", "markdown")
    said = _said(asked.body)
    comment = _own(view, comment_id)
    comment.rich_text, comment.edited = said, view.now()
    view.content.say(comment)
    return _told(view, comment)


def delete(view: View, _: CallInput, comment_id: str) -> Json:
    """The answer tells it once more."""
    comment = _own(view, comment_id)
    told = _told(view, comment)
    view.content.retract(comment)
    return told


def _own(view: View, comment_id: str) -> Comment:
    """A connection changes what it has said itself."""
    comment = view.content.comment(comment_id)
    if comment is None or view.maybe(comment.node) is None:
        raise view.missing("comment", comment_id)
    if comment.author != view.bot_id:
        raise restricted()
    return comment


def _told(view: View, said: Comment) -> Json:
    node = view.content[said.node]
    kind = "block_id" if node.kind == "block" else "page_id"
    found: Json = {"object": "comment", "id": said.id, "parent": {"type": kind, kind: said.node}}
    found |= {"discussion_id": said.discussion, "created_time": said.created, "last_edited_time": said.edited}
    found |= {"created_by": objects.partial_user(said.author), "rich_text": objects.told(view, said.rich_text)}
    name = view.instance.config.integration_name if said.by_bot else objects.user(view, said.author).get("name")
    found["display_name"] = {"type": "integration" if said.by_bot else "user", "resolved_name": name}
    files = [{"category": category_of(view, upload), "file": file_of(view, upload)} for upload in said.attachments]
    return {**found, "attachments": files} if files else found

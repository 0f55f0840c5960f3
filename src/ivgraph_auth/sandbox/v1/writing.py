"""Writing: pages, blocks, databases, data sources and comments. Nothing is kept of a call that is refused."""

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.content.node import Comment, Json, Node
from ivgraph_auth.sandbox.incoming import BODY_LIMIT
from ivgraph_auth.sandbox.v1 import given_properties, given_schema, lists, objects
from ivgraph_auth.sandbox.v1.asked import Asked, Members
from ivgraph_auth.sandbox.v1.given_blocks import Draft, changed, drafts, place, plant
from ivgraph_auth.sandbox.v1.given_markdown import parsed
from ivgraph_auth.sandbox.v1.given_text import cover, icon, rich_text
from ivgraph_auth.sandbox.v1.refusals import archived, not_allowed, unfit
from ivgraph_auth.sandbox.v1.view import View

_TRASH = ("in_trash", "archived")


def create_page(view: View, asked: Asked) -> Json:
    body = asked.body
    body.only("parent", "properties", "children", "icon", "cover", "position", "markdown", "template")
    wanted = _first_blocks(body)
    parent = _page_parent(view, body.inner("parent"))
    schema = given_properties.TITLE if parent is None or parent.kind == "page" else parent.data["schema"]
    node = view.new("page", parent, {"properties": given_properties.blank(schema), "icon": None, "cover": None})
    _decorate(node, body)
    index = None if parent is None or parent.kind != "page" else place(view, parent, body)
    if body.has("properties"):
        given_properties.apply(view, node, schema, body.inner("properties"))
    view.content.add(node, index)
    plant(view, node, wanted)
    if parent is None:
        view.box.state.share(view.grant, node.id)
    else:
        view.edited(parent)
    return objects.page(view, node)


def _first_blocks(body: Members) -> list[Draft]:
    if not body.has("markdown"):
        return drafts(body) if body.has("children") else []
    if body.has("children"):
        raise not_allowed("body.children", body.raw["children"])
    return parsed(body.text("markdown", BODY_LIMIT))


def _page_parent(view: View, given: Members) -> Node | None:
    if given.raw.get("workspace") is True:
        return None
    if given.has("page_id"):
        return view.editable(given.uuid("page_id"), "page", called="page")
    if given.has("data_source_id") and view.with_data_sources:
        return view.editable(given.uuid("data_source_id"), "data_source", called="database")
    if given.has("database_id"):
        return view.source(view.editable(given.uuid("database_id"), "database", called="database"))
    raise unfit(given.at("page_id"), "defined")


def _decorate(node: Node, body: Members) -> None:
    if body.has("icon"):
        node.data["icon"] = icon(body.raw["icon"], "body.icon")
    if body.has("cover"):
        node.data["cover"] = cover(body.raw["cover"], "body.cover")


def update_page(view: View, asked: Asked, page_id: str) -> Json:
    body = asked.body
    body.only("properties", "icon", "cover", "is_locked", "erase_content", "template", *_TRASH)
    node = view.find(page_id, "page", called="page")
    _throw(view, node, body)
    schema = given_properties.TITLE
    if (source := view.content.get(node.parent)) is not None and source.kind == "data_source":
        schema = source.data["schema"]
    if body.has("properties"):
        given_properties.apply(view, node, schema, body.inner("properties"))
    _decorate(node, body)
    node.locked = _or(body.flag("is_locked"), node.locked)
    if body.flag("erase_content"):
        for child in view.content.children(node):
            child.trashed = True
            view.content.touch(child)
    view.edited(node)
    return objects.page(view, node)


def _or(wanted: bool | None, kept: bool) -> bool:  # noqa: FBT001 - two flags and nothing else
    return kept if wanted is None else wanted


def _throw(view: View, node: Node, body: Members) -> None:
    """Into the trash or out of it. What lies there can only be taken out."""
    if body.has("archived") and not view.with_archived:
        raise not_allowed("body.archived", body.raw["archived"])
    wanted = next((flag for name in _TRASH if (flag := body.flag(name)) is not None), None)
    if view.trashed(node) and wanted is not False:
        raise archived()
    node.trashed = _or(wanted, node.trashed)


def move_page(view: View, asked: Asked, page_id: str) -> Json:
    given = asked.body.inner("parent")
    node = view.editable(page_id, "page", called="page")
    parent = _page_parent(view, given)
    if parent is not None and node in view.content.ancestry(parent):
        raise unfit("body.parent", "outside of the page that is moved", node.id)
    title = view.title(node)
    schema = parent.data["schema"] if parent is not None and parent.kind == "data_source" else given_properties.TITLE
    properties = given_properties.blank(schema)
    for kept in properties.values():
        held = next((one for one in node.data["properties"].values() if one["id"] == kept["id"]), kept)
        kept["value"] = title if kept["type"] == "title" else held["value"]
    node.data["properties"] = properties
    view.content.move(node, parent)
    view.edited(node)
    return objects.page(view, node)


def append(view: View, asked: Asked, block_id: str) -> Json:
    """The answer begins with the first new block and goes on to the end."""
    body = asked.body
    body.only("children", "after", "position")
    wanted = drafts(body)
    node = view.editable(block_id, "page", "block", called="block")
    index = place(view, node, body)
    planted = plant(view, node, wanted, index)
    view.edited(node)
    siblings = view.content.children(node)
    shown = siblings[siblings.index(planted[0]) :] if planted else []
    return lists.told("block", [objects.block(view, each) for each in shown[:100]], None)


def update_block(view: View, asked: Asked, block_id: str) -> Json:
    body = asked.body
    node = view.find(block_id, "page", "block", "database", called="block")
    _throw(view, node, body)
    payload = [name for name in body.raw if name not in {"type", "object", "has_children", *_TRASH}]
    if payload and (node.kind != "block" or node.type == "unsupported"):
        raise not_allowed(body.at(payload[0]), body.raw[payload[0]])
    if payload:
        node.data[node.type] = changed(node, body)
    view.edited(node)
    return objects.block(view, node)


def delete_block(view: View, _: Asked, block_id: str) -> Json:
    node = view.editable(block_id, "page", "block", "database", called="block")
    node.trashed = True
    view.edited(node)
    return objects.block(view, node)


def create_database(view: View, asked: Asked) -> Json:
    body = asked.body
    body.only("parent", "title", "description", "properties", "initial_data_source", "is_inline", "icon", "cover")
    given = body.inner("parent")
    kind = "page_id" if given.has("page_id") or not given.has("block_id") else "block_id"
    parent = view.editable(given.uuid(kind), "page", "block", called="page" if kind == "page_id" else "block")
    node = view.new("database", parent, {"title": [], "description": [], "icon": None, "cover": None})
    node.data["is_inline"] = False
    _describe(node, body)
    source = view.new("data_source", node, {"title": node.data["title"], "description": [], "icon": None, "schema": {}})
    given_schema.first(view, source, _first_columns(view, body))
    view.content.add(node)
    view.content.add(source)
    view.edited(parent)
    return objects.database(view, node)


def _first_columns(view: View, body: Members) -> Members | None:
    if not view.with_data_sources:
        return body.inner("properties")
    if body.has("properties"):
        raise not_allowed("body.properties", body.raw["properties"])
    if not body.has("initial_data_source"):
        return None
    initial = body.inner("initial_data_source")
    return initial.inner("properties") if initial.has("properties") else None


def _describe(node: Node, body: Members) -> None:
    for name in ("title", "description"):
        if body.has(name):
            node.data[name] = rich_text(body.raw[name], body.at(name))
    if body.has("is_inline"):
        node.data["is_inline"] = body.flag("is_inline")
    _decorate(node, body)


def update_database(view: View, asked: Asked, database_id: str) -> Json:
    body = asked.body
    node = view.find(database_id, "database", called="database")
    if body.has("properties") and view.with_data_sources:
        raise not_allowed("body.properties", body.raw["properties"])
    _throw(view, node, body)
    _describe(node, body)
    node.locked = _or(body.flag("is_locked"), node.locked)
    if not view.with_data_sources:
        source = view.source(node)
        source.data["title"] = node.data["title"]
        if body.has("properties"):
            given_schema.change(view, source, body.inner("properties"))
        view.edited(source)
    view.edited(node)
    return objects.database(view, node)


def create_data_source(view: View, asked: Asked) -> Json:
    body = asked.body
    body.only("parent", "properties", "title", "icon")
    parent = view.editable(body.inner("parent").uuid("database_id"), "database", called="database")
    node = view.new("data_source", parent, {"title": [], "description": [], "icon": None, "schema": {}})
    _describe(node, body)
    given_schema.first(view, node, body.inner("properties"))
    view.content.add(node)
    view.edited(parent)
    return objects.data_source(view, node)


def update_data_source(view: View, asked: Asked, data_source_id: str) -> Json:
    body = asked.body
    body.only("properties", "title", "description", "icon", *_TRASH)
    node = view.find(data_source_id, "data_source", called="database")
    _throw(view, node, body)
    _describe(node, body)
    if body.has("properties"):
        given_schema.change(view, node, body.inner("properties"))
    view.edited(node)
    return objects.data_source(view, node)


def create_comment(view: View, asked: Asked) -> Json:
    """On a page, on a block, or in a discussion that is there already."""
    body = asked.body
    body.only("parent", "discussion_id", "rich_text", "attachments", "display_name")
    said = rich_text(body.items("rich_text"), "body.rich_text")
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
    view.content.say(comment)
    return objects.comment(view, comment)

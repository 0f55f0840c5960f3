"""Writing: pages and blocks. Nothing is kept of a call that is refused."""

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.incoming import BODY_LIMIT
from ivgraph_auth.sandbox.v1 import lists, objects, property_input, templates
from ivgraph_auth.sandbox.v1.block_input import Draft, changed, drafts, place, plant
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members
from ivgraph_auth.sandbox.v1.changing import TRASH, decorate, lock, throw
from ivgraph_auth.sandbox.v1.markdown_input import parsed
from ivgraph_auth.sandbox.v1.reading import chosen
from ivgraph_auth.sandbox.v1.refusals import not_allowed, unfit
from ivgraph_auth.sandbox.v1.view import View

_CONTENT = ("markdown", "children", "content")  # one of them, the last two under the same rules


def create_page(view: View, asked: CallInput) -> Json:
    body = asked.body
    body.only("parent", "properties", "icon", "cover", "position", "template", "allow_async", *_CONTENT)
    wanted = _first_blocks(body)
    parent = _page_parent(view, body.inner("parent"))
    schema = property_input.TITLE if parent is None or parent.kind == "page" else parent.data["schema"]
    node = view.new("page", parent, {"properties": property_input.blank(schema), "icon": None, "cover": None})
    decorate(node, body)
    index = None if parent is None or parent.kind != "page" else place(view, parent, body)
    if body.has("properties"):
        property_input.apply(view, node, schema, body.inner("properties"))
    if body.has("markdown") and not view.title(node):
        _entitle(node, wanted)
    told = chosen(node, asked)
    view.content.add(node, index)
    plant(view, node, wanted)
    templates.apply(view, node, body)
    if parent is None:
        view.instance.state.share(view.grant, node.id)
    else:
        view.edited(parent)
    return objects.page(view, node, told)


def _first_blocks(body: Members) -> list[Draft]:
    given = [name for name in _CONTENT if body.has(name)]
    if len(given) > 1:
        raise not_allowed(body.at(given[1]), body.raw[given[1]])
    if not given:
        return []
    return parsed(body.text("markdown", BODY_LIMIT)) if given == ["markdown"] else drafts(body, given[0])


def _entitle(node: Node, wanted: list[Draft]) -> None:
    """The first heading of the Markdown is the title of a page that has none, and no longer a block."""
    heading = next((draft for draft in wanted if draft.type == "heading_1"), None)
    if heading is not None:
        wanted.remove(heading)
        title = next(each for each in node.data["properties"].values() if each["type"] == "title")
        title["value"] = heading.payload["rich_text"]


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


def update_page(view: View, asked: CallInput, page_id: str) -> Json:
    body = asked.body
    body.only("properties", "icon", "cover", "is_locked", "erase_content", "template", *TRASH)
    node = view.find(page_id, "page", called="page")
    throw(view, node, body)
    schema = property_input.TITLE
    if (source := view.content.get(node.parent)) is not None and source.kind == "data_source":
        schema = source.data["schema"]
    if body.has("properties"):
        property_input.apply(view, node, schema, body.inner("properties"))
    decorate(node, body)
    lock(node, body)
    if body.flag("erase_content"):
        for child in view.content.children(node):
            child.trashed = True
            view.content.touch(child)
    templates.apply(view, node, body)
    view.edited(node)
    return objects.page(view, node, chosen(node, asked))


def move_page(view: View, asked: CallInput, page_id: str) -> Json:
    given = asked.body.inner("parent")
    node = view.editable(page_id, "page", called="page")
    parent = _page_parent(view, given)
    if parent is not None and node in view.content.ancestry(parent):
        raise unfit("body.parent", "outside of the page that is moved", node.id)
    title = view.title(node)
    schema = parent.data["schema"] if parent is not None and parent.kind == "data_source" else property_input.TITLE
    properties = property_input.blank(schema)
    for kept in properties.values():
        held = next((one for one in node.data["properties"].values() if one["id"] == kept["id"]), kept)
        kept["value"] = title if kept["type"] == "title" else held["value"]
    node.data["properties"] = properties
    view.content.move(node, parent)
    if parent is None:
        view.instance.state.share(view.grant, node.id)
    view.edited(node)
    return objects.page(view, node)


def append(view: View, asked: CallInput, block_id: str) -> Json:
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


def update_block(view: View, asked: CallInput, block_id: str) -> Json:
    body = asked.body
    node = view.find(block_id, "page", "block", "database", called="block")
    throw(view, node, body)
    payload = [name for name in body.raw if name not in {"type", "object", "has_children", *TRASH}]
    if payload and (node.kind != "block" or node.type in {"unsupported", "meeting_notes"}):
        raise not_allowed(body.at(payload[0]), body.raw[payload[0]])
    if payload:
        node.data[node.type] = changed(node, body)
    view.edited(node)
    return objects.block(view, node)


def delete_block(view: View, _: CallInput, block_id: str) -> Json:
    node = view.editable(block_id, "page", "block", "database", called="block")
    node.trashed = True
    view.edited(node)
    return objects.block(view, node)

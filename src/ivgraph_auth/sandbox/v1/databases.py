"""Writing databases and data sources. Nothing is kept of a call that is refused."""

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.v1 import objects, schema_input
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members
from ivgraph_auth.sandbox.v1.changing import TRASH, decorate, lock, throw
from ivgraph_auth.sandbox.v1.refusals import not_allowed, unfit
from ivgraph_auth.sandbox.v1.text_input import rich_text
from ivgraph_auth.sandbox.v1.view import View


def create_database(view: View, asked: CallInput) -> Json:
    body = asked.body
    body.only("parent", "title", "description", "properties", "initial_data_source", "is_inline", "icon", "cover")
    parent = _holder(view, body.inner("parent"))
    node = view.new("database", parent, {"title": [], "description": [], "icon": None, "cover": None})
    node.data["is_inline"] = False
    _describe(node, body)
    source = view.new("data_source", node, {"title": node.data["title"], "description": [], "icon": None, "schema": {}})
    schema_input.first(view, source, _first_columns(view, body))
    view.content.add(node)
    view.content.add(source)
    if parent is None:
        view.instance.state.share(view.grant, node.id)
    else:
        view.edited(parent)
    return objects.database(view, node)


def _holder(view: View, given: Members) -> Node | None:
    """None: the workspace itself."""
    if given.raw.get("workspace") is True:
        return None
    if given.has("block_id") and not given.has("page_id"):
        return view.editable(given.uuid("block_id"), "page", "block", called="block")
    return view.editable(given.uuid("page_id"), "page", called="page")


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
    decorate(node, body)


def update_database(view: View, asked: CallInput, database_id: str) -> Json:
    body = asked.body
    body.only("parent", "title", "description", "properties", "is_inline", "icon", "cover", "is_locked", *TRASH)
    node = view.find(database_id, "database", called="database")
    if body.has("properties") and view.with_data_sources:
        raise not_allowed("body.properties", body.raw["properties"])
    throw(view, node, body)
    _describe(node, body)
    lock(node, body)
    if not view.with_data_sources:
        source = view.source(node)
        source.data["title"] = node.data["title"]
        if body.has("properties"):
            schema_input.change(view, source, body.inner("properties"))
        view.edited(source)
    if body.has("parent"):
        _move(view, node, _holder(view, body.inner("parent")))
    view.edited(node)
    return objects.database(view, node)


def _move(view: View, node: Node, parent: Node | None) -> None:
    """The last of a call that may be refused: what is shared stays so."""
    if parent is not None and node in view.content.ancestry(parent):
        raise unfit("body.parent", "outside of what is moved", node.id)
    view.content.move(node, parent)
    if parent is None:
        view.instance.state.share(view.grant, node.id)


def create_data_source(view: View, asked: CallInput) -> Json:
    body = asked.body
    body.only("parent", "properties", "title", "icon")
    parent = _database(view, body)
    node = view.new("data_source", parent, {"title": [], "description": [], "icon": None, "schema": {}})
    _describe(node, body)
    schema_input.first(view, node, body.inner("properties"))
    view.content.add(node)
    view.edited(parent)
    return objects.data_source(view, node)


def _database(view: View, body: Members) -> Node:
    return view.editable(body.inner("parent").uuid("database_id"), "database", called="database")


def update_data_source(view: View, asked: CallInput, data_source_id: str) -> Json:
    body = asked.body
    body.only("parent", "properties", "title", "description", "icon", *TRASH)
    node = view.find(data_source_id, "data_source", called="database")
    throw(view, node, body)
    if body.has("parent"):
        _move(view, node, _database(view, body))
    _describe(node, body)
    if body.has("properties"):
        schema_input.change(view, node, body.inner("properties"))
    view.edited(node)
    return objects.data_source(view, node)

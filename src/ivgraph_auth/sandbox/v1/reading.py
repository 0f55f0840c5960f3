"""Reading: users, pages and their properties, blocks, databases, data sources."""

from urllib.parse import quote

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.identity import bot_user, user_object
from ivgraph_auth.sandbox.v1 import lists, objects
from ivgraph_auth.sandbox.v1.call_input import PAGE_SIZE, CallInput, Paging, query_paging
from ivgraph_auth.sandbox.v1.refusals import RefusedError, unfit
from ivgraph_auth.sandbox.v1.values import property_value
from ivgraph_auth.sandbox.v1.view import View, dashed

_LISTED = ("title", "rich_text", "relation", "people")
_BASE = "https://api.notion.com"


def me(view: View, _: CallInput) -> Json:
    return bot_user(view.instance, view.grant)


def users(view: View, asked: CallInput) -> Json:
    paging = query_paging(asked)
    found = [*(user_object(view.instance, person) for person in view.members), bot_user(view.instance, view.grant)]
    chosen, cursor = lists.by_id(found, paging, "query.start_cursor", lambda each: str(each["id"]))
    return lists.told("user", list(chosen), cursor)


def user(view: View, _: CallInput, user_id: str) -> Json:
    person = view.instance.state.world.person(user_id)
    if person is not None and person in view.members:
        return user_object(view.instance, person)
    bot = objects.bot_of(view, user_id)
    if bot is None:
        raise RefusedError(404, "object_not_found", f"Could not find user with ID: {user_id}.")
    return bot


def page(view: View, asked: CallInput, page_id: str) -> Json:
    node = view.find(page_id, "page", called="page")
    return objects.page(view, node, chosen(node, asked))


def chosen(page: Node, asked: CallInput) -> list[str]:
    """The properties that `filter_properties` names. RefusedError 400 for one that the page does not have."""
    for wanted in asked.wanted_properties:
        if not any(objects.same_property(kept["id"], wanted) for kept in page.data["properties"].values()):
            raise unfit("query.filter_properties", "ids of this page's properties", wanted)
    return asked.wanted_properties


def page_property(view: View, asked: CallInput, page_id: str, property_id: str) -> Json:
    paging = query_paging(asked)
    node = view.find(page_id, "page", called="page")
    kept = next(
        (each for each in node.data["properties"].values() if objects.same_property(each["id"], property_id)), None
    )
    if kept is None:
        raise RefusedError(404, "object_not_found", f"Could not find property with ID: {property_id}.")
    value = property_value(node, kept, cut=False)
    item: Json = {"object": "property_item", "type": kept["type"], "id": kept["id"]}
    if kept["type"] not in _LISTED or not isinstance(value, list):
        return {**item, kept["type"]: objects.told(view, value)}
    chosen, cursor = lists.by_sign(value, paging, f"{page_id} {kept['id']}")
    results = [{**item, kept["type"]: objects.told(view, each)} for each in chosen]
    about = {"id": kept["id"], "next_url": _next(page_id, kept["id"], paging, cursor), "type": kept["type"]}
    return lists.told("property_item", results, cursor) | {"property_item": {**about, kept["type"]: {}}}


def _next(page_id: str, property_id: str, paging: Paging, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    size = "" if paging.size == PAGE_SIZE else f"&page_size={paging.size}"
    path = f"/v1/pages/{page_id.replace('-', '')}/properties/{quote(property_id, safe='%~_')}"
    return f"{_BASE}{path}?start_cursor={cursor}{size}"


def block(view: View, _: CallInput, block_id: str) -> Json:
    return objects.block(view, view.find(block_id, "page", "block", "database", called="block"))


def block_children(view: View, asked: CallInput, block_id: str) -> Json:
    paging = query_paging(asked)
    if paging.cursor is not None:
        dashed(paging.cursor, "query.start_cursor")
    node = view.find(block_id, "page", "block", "database", called="block")
    found = objects.children(view, node)
    chosen, cursor = lists.by_id(found, paging, "query.start_cursor", lambda each: each.id)
    return lists.told("block", [objects.block(view, each) for each in chosen], cursor)


def database(view: View, _: CallInput, database_id: str) -> Json:
    return objects.database(view, view.find(database_id, "database", called="database"))


def data_source(view: View, _: CallInput, data_source_id: str) -> Json:
    """Notion calls it a database in its refusal."""
    return objects.data_source(view, view.find(data_source_id, "data_source", called="database"))

"""POST /v1/search: titles only, and not everything: what is young or was passed over by the index is not found."""

from datetime import datetime

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.v1 import lists, objects
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members, body_paging
from ivgraph_auth.sandbox.v1.view import View, dashed


def search(view: View, asked: CallInput) -> Json:
    body, paging = asked.body, body_paging(asked)
    query = body.maybe_text("query") or ""
    wanted, in_trash = _filtered(view, body)
    newest_first = _newest_first(body)
    if paging.cursor is not None:
        dashed(paging.cursor, "body.start_cursor")
    found = [node for node in view.all() if node.kind in wanted and _indexed(view, node) and _tellable(view, node)]
    found = [node for node in found if view.trashed(node) is in_trash and _matches(view.named(node), query)]
    found.sort(key=lambda node: node.edited, reverse=newest_first)
    cut = found[: view.instance.row_limit]
    chosen, cursor = lists.by_id(cut, paging, "body.start_cursor", lambda node: _id(view, node))
    more: Json = {}
    if cursor is None and len(cut) < len(found):
        more = {"request_status": incomplete()}
    return lists.told(list_type(view), [_told(view, node) for node in chosen], cursor, **more)


def list_type(view: View) -> str:
    return "page_or_data_source" if view.with_data_sources else "page_or_database"


def incomplete() -> Json:
    return {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}


def _filtered(view: View, body: Members) -> tuple[tuple[str, ...], bool]:
    """Every data source stands for its database in the versions that know none."""
    second = "data_source" if view.with_data_sources else "database"
    if not body.has("filter"):
        return ("page", "data_source"), False
    wish = body.inner("filter")
    wish.only("property", "value", "in_trash")
    in_trash = wish.flag("in_trash") or False
    if wish.has("in_trash") and not wish.has("value"):
        return ("page", "data_source"), in_trash
    value = wish.one_of("value", "page", second)
    wish.one_of("property", "object")
    return ("page",) if value == "page" else ("data_source",), in_trash


def _newest_first(body: Members) -> bool:
    if not body.has("sort"):
        return True
    sort = body.inner("sort")
    if sort.has("property"):
        sort.one_of("property", "relevance")
        return True
    sort.one_of("timestamp", "last_edited_time")
    return not sort.has("direction") or sort.one_of("direction", "ascending", "descending") == "descending"


def _indexed(view: View, node: Node) -> bool:
    return node.indexed and view.instance.clock.now() - datetime.fromisoformat(node.created) >= view.instance.search_lag


def _tellable(view: View, node: Node) -> bool:
    """Versions before data sources do not find a database that has several."""
    if node.kind == "page" or view.with_data_sources:
        return True
    return view.content.children(view.content[str(node.parent)]) == [node]


def _matches(title: str, query: str) -> bool:
    return all(word in title.casefold() for word in query.casefold().split())


def _id(view: View, node: Node) -> str:
    return node.id if node.kind == "page" or view.with_data_sources else str(node.parent)


def _told(view: View, node: Node) -> Json:
    if node.kind == "page":
        return objects.page(view, node)
    if view.with_data_sources:
        return objects.data_source(view, node)
    return objects.database(view, view.content[str(node.parent)])

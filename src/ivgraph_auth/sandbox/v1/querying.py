"""The rows of a data source: filtered, sorted, in pages."""

from collections.abc import Callable

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.v1 import lists, objects
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members, body_paging, members
from ivgraph_auth.sandbox.v1.conditions import filtered, sort_key
from ivgraph_auth.sandbox.v1.refusals import unfit
from ivgraph_auth.sandbox.v1.search import incomplete, list_type
from ivgraph_auth.sandbox.v1.view import View

_SORTS = 100


def database(view: View, asked: CallInput, database_id: str) -> Json:
    return _queried(view, asked, lambda: view.source(view.find(database_id, "database", called="database")))


def data_source(view: View, asked: CallInput, data_source_id: str) -> Json:
    return _queried(view, asked, lambda: view.find(data_source_id, "data_source", called="database"))


def _queried(view: View, asked: CallInput, find: Callable[[], Node]) -> Json:
    """The shape of the body is looked at before the data source is, its properties after."""
    body, paging = asked.body, body_paging(asked, "positive")
    body.only("filter", "sorts", "start_cursor", "page_size", "archived", "in_trash", "result_type")
    wish = body.inner("filter") if body.has("filter") else None
    given = body.items("sorts", _SORTS) if body.has("sorts") else []
    sorts = [members(each, f"body.sorts[{index}]") for index, each in enumerate(given)]
    source = find()
    _known(source, asked)
    rows = rows_of(_rows(view, source, body), source, wish, sorts)
    cut = rows[: view.instance.row_limit]
    chosen, cursor = lists.by_session(cut, paging, lambda node: node.id)
    more: Json = {"request_status": incomplete()} if cursor is None and len(cut) < len(rows) else {}
    results = [objects.page(view, node, asked.wanted_properties) for node in chosen]
    return lists.told(list_type(view), results, cursor, **more)


def rows_of(rows: list[Node], source: Node, wish: Members | None, sorts: list[Members]) -> list[Node]:
    """Those that fit, in the order that is asked for. RefusedError for what the data source does not know."""
    return _sorted(source, _matching(source, rows, wish), sorts)


def _known(source: Node, asked: CallInput) -> None:
    for wanted in asked.wanted_properties:
        if not any(objects.same_property(kept["id"], wanted) for kept in source.data["schema"].values()):
            raise unfit("query.filter_properties", "ids of properties of this database", wanted)


def _rows(view: View, source: Node, body: Members) -> list[Node]:
    """Those that are in the trash where it is asked for, else those that are not."""
    in_trash = body.flag("in_trash") or body.flag("archived") or False
    if body.has("result_type") and body.one_of("result_type", "page", "data_source") == "data_source":
        return []  # only wikis have data sources among their rows, and there is none here
    rows = (view.content[child] for child in source.children)
    return [row for row in rows if view.trashed(row) is in_trash]


def _matching(source: Node, rows: list[Node], wish: Members | None) -> list[Node]:
    if wish is None:
        return rows
    fits = filtered(source, wish)
    return [row for row in rows if fits(row)]


def _sorted(source: Node, rows: list[Node], sorts: list[Members]) -> list[Node]:
    """The last first, for sorting is stable. What is empty comes last, whatever the direction."""
    for sort in reversed(sorts):
        down = sort.has("direction") and sort.one_of("direction", "ascending", "descending") == "descending"
        key = sort_key(source, sort)
        full = [row for row in rows if key(row) is not None]
        bare = [row for row in rows if key(row) is None]
        rows = [*sorted(full, key=lambda row: key(row) or (0.0, ""), reverse=down), *bare]
    return rows

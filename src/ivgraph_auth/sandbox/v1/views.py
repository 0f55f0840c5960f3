"""Views of databases: listed, read, made, changed, deleted; and the lists of rows that they lead to."""

from collections.abc import Sequence
from datetime import datetime

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.content.build import ident
from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.held import QUERY_LIFETIME, DatabaseView, ViewQuery
from ivgraph_auth.sandbox.v1 import lists, objects
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members, body_paging, members, query_paging
from ivgraph_auth.sandbox.v1.querying import rows_of
from ivgraph_auth.sandbox.v1.refusals import unfit
from ivgraph_auth.sandbox.v1.search import incomplete
from ivgraph_auth.sandbox.v1.view import View, dashed

_SET = ("filter", "sorts", "quick_filters", "configuration")
_TYPES = ("table", "board", "list", "calendar", "timeline", "gallery", "form", "chart", "map", "dashboard")
_SITE = "https://app.notion.com/p"
_MOST = 10_000


def list_all(view: View, asked: CallInput) -> Json:
    paging = query_paging(asked)
    database_id, source_id = asked.one("database_id"), asked.one("data_source_id")
    if database_id is None and source_id is None:
        raise unfit("query.database_id", "defined")
    if source_id is not None:
        source = view.find(dashed(source_id, "query.data_source_id"), "data_source", called="database")
        found = [each for each in _of(view, view.content[source.parent or ""]) if each.source == source.id]
    else:
        database = view.find(dashed(database_id, "query.database_id"), "database", called="database")
        found = _of(view, database)
    chosen, cursor = lists.by_id(found, paging, "query.start_cursor", lambda each: each.id)
    return lists.told("view", [{"object": "view", "id": each.id} for each in chosen], cursor)


def get(view: View, _: CallInput, view_id: str) -> Json:
    return _told(_find(view, view_id))


def create(view: View, asked: CallInput) -> Json:
    body = asked.body
    source = view.find(body.uuid("data_source_id"), "data_source", called="database")
    name, kind = body.text("name"), body.one_of("type", *_TYPES)
    database = view.content[source.parent or ""]
    if body.has("database_id"):
        database = view.editable(body.uuid("database_id"), "database", called="database")
    elif not (body.has("view_id") or body.has("create_database")):
        raise unfit("body.database_id", "defined")
    _of(view, database)
    now = view.instance.clock.now()
    made = DatabaseView(
        str(random_uuid()), database.id, source.id, name, kind, now, now, view.bot_id, view.bot_id, _blank(kind)
    )
    _set(made, source, body)
    view.instance.stored.views[made.id] = made
    return _told(made)


def update(view: View, asked: CallInput, view_id: str) -> Json:
    body = asked.body
    body.only("name", *_SET)
    found = _find(view, view_id)
    _set(found, view.content[found.source], body)
    if body.has("name"):
        found.name = body.text("name")
    found.edited, found.edited_by = view.instance.clock.now(), view.bot_id
    return _told(found)


def delete(view: View, _: CallInput, view_id: str) -> Json:
    found = _find(view, view_id)
    del view.instance.stored.views[found.id]
    return {"object": "view", "id": found.id, "parent": _parent(found), "type": found.type}


def _set(found: DatabaseView, source: Node, body: Members) -> None:
    """RefusedError for a filter or sorts that this data source does not know."""
    data = {name: body.raw[name] for name in _SET if body.has(name)}
    rows_of([], source, *_wishes({**found.data, **data}))
    found.data |= data


def _wishes(data: Json) -> tuple[Members | None, list[Members]]:
    wish = None if data["filter"] is None else members(data["filter"], "body.filter")
    given = data["sorts"] or []
    return wish, [members(each, f"body.sorts[{index}]") for index, each in enumerate(given)]


def _blank(kind: str) -> Json:
    return {"filter": None, "sorts": None, "quick_filters": None, "configuration": {"type": kind}}


def _of(view: View, database: Node) -> list[DatabaseView]:
    """A database has a table from its beginning."""
    stored = view.instance.stored
    sources = view.content.children(database)
    if database.id not in stored.with_views and sources:
        stored.with_views.add(database.id)
        made, by = datetime.fromisoformat(database.created), database.created_by
        first = ident(f"{database.id} first view")
        stored.views[first] = DatabaseView(
            first, database.id, sources[0].id, "Default view", "table", made, made, by, by, _blank("table")
        )
    return [each for each in stored.views.values() if each.database == database.id]


def _find(view: View, view_id: str) -> DatabaseView:
    found = view.instance.stored.views.get(view_id)
    if found is None or view.maybe(found.database) is None:
        raise view.missing("view", view_id)
    return found


def _parent(found: DatabaseView) -> Json:
    return {"type": "database_id", "database_id": found.database}


def _told(found: DatabaseView) -> Json:
    told: Json = {"object": "view", "id": found.id, "parent": _parent(found), "data_source_id": found.source}
    told |= {"name": found.name, "type": found.type, "created_time": _precise(found.created)}
    told |= {"created_by": objects.partial_user(found.created_by), "last_edited_time": _precise(found.edited)}
    told["last_edited_by"] = objects.partial_user(found.edited_by)
    told["url"] = f"{_SITE}/{found.database.replace('-', '')}?v={found.id.replace('-', '')}"
    return told | found.data


def _precise(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def query(view: View, asked: CallInput, view_id: str) -> Json:
    """What the view shows is looked up once and kept for a while."""
    paging = body_paging(asked, "positive")
    found = _find(view, view_id)
    source = view.content[found.source]
    rows = [each for each in view.content.children(source) if view.sees(each)]
    rows = rows_of(rows, source, *_wishes(found.data))
    most = min(view.instance.row_limit, _MOST)
    expires = view.instance.clock.now() + QUERY_LIFETIME
    kept = ViewQuery(str(random_uuid()), view_id, tuple(row.id for row in rows[:most]), len(rows) <= most, expires)
    view.instance.stored.queries[kept.id] = kept
    chosen, cursor = lists.by_id(kept.rows, paging, "body.start_cursor", lambda row: row)
    told: Json = {"object": "view_query", "id": kept.id, "view_id": view_id, "expires_at": _precise(expires)}
    told |= {"total_count": len(kept.rows), "results": _references(chosen)}
    return {**told, "next_cursor": cursor, "has_more": cursor is not None, **_status(kept)}


def results(view: View, asked: CallInput, view_id: str, query_id: str) -> Json:
    paging = query_paging(asked)
    _find(view, view_id)
    kept = view.instance.stored.queries.get(query_id)
    if kept is None or kept.view != view_id or view.instance.clock.now() >= kept.expires:
        raise view.missing("view query", query_id)
    chosen, cursor = lists.by_id(kept.rows, paging, "query.start_cursor", lambda row: row)
    return lists.told("page", _references(chosen), cursor, **_status(kept))


def delete_query(view: View, _: CallInput, view_id: str, query_id: str) -> Json:
    """Also of one that is not there, or no longer."""
    kept = view.instance.stored.queries.get(query_id)
    if kept is not None and kept.view == view_id:
        del view.instance.stored.queries[query_id]
    return {"object": "view_query", "id": query_id, "deleted": True}


def _references(rows: Sequence[str]) -> list[Json]:
    return [{"object": "page", "id": row} for row in rows]


def _status(kept: ViewQuery) -> Json:
    return {} if kept.whole else {"request_status": incomplete()}

"""The columns of a data source as they are sent."""

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.content.build import empty, property_id
from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.content.text import plain
from ivgraph_auth.sandbox.v1.call_input import Members, members
from ivgraph_auth.sandbox.v1.objects import same_property
from ivgraph_auth.sandbox.v1.refusals import invalid, unfit
from ivgraph_auth.sandbox.v1.view import View

_PLAIN = (
    "title",
    "rich_text",
    "date",
    "people",
    "files",
    "checkbox",
    "url",
    "email",
    "phone_number",
    "created_time",
    "created_by",
    "last_edited_time",
    "last_edited_by",
)
_TYPES = (*_PLAIN, "number", "select", "multi_select", "status", "relation")


def first(view: View, source: Node, given: Members | None) -> None:
    """The columns of a new data source: exactly one is a title."""
    if given is None:
        source.data["schema"] = {"Name": {"id": "title", "type": "title", "config": {}}}
        return
    for name in given.raw:
        _add(view, source, name, given.inner(name))
    titles = sum(column["type"] == "title" for column in source.data["schema"].values())
    if titles != 1:
        raise invalid("Title is not provided" if titles == 0 else "Only one title is allowed.")


def change(view: View, source: Node, given: Members) -> None:
    """Null takes a column away; a name or an id that is known is changed; any other is added."""
    for name, raw in given.raw.items():
        held = _named(source, name)
        if raw is None:
            _remove(view, source, held, given.at(name))
        elif held is None:
            _add(view, source, name, given.inner(name))
        else:
            _change(view, source, held, members(raw, given.at(name)))


def _named(source: Node, wanted: str) -> str | None:
    schema = source.data["schema"]
    return next((name for name in schema if wanted == name or same_property(schema[name]["id"], wanted)), None)


def _remove(view: View, source: Node, held: str | None, where: str) -> None:
    if held is None or source.data["schema"][held]["type"] == "title":
        raise unfit(where, "a property that can be removed", held)
    del source.data["schema"][held]
    for row in _rows(view, source):
        row.data["properties"].pop(held, None)


def _rows(view: View, source: Node) -> list[Node]:
    rows = [view.content[child] for child in source.children]
    for row in rows:
        view.content.touch(row)
    return rows


def _add(view: View, source: Node, name: str, given: Members) -> None:
    kind = next((kind for kind in _TYPES if given.has(kind)), None)
    if kind is None:
        raise unfit(given.at("title"), "defined")
    column_id = "title" if kind == "title" else property_id(f"{source.id} {name}")
    column = {"id": column_id, "type": kind, "config": _config(view, kind, given.inner(kind))}
    source.data["schema"][name] = column
    _fill(view, source, name, column)
    if kind == "relation" and "dual_property" in column["config"]:
        _back(view, source, name, column)


def _fill(view: View, source: Node, name: str, column: Json) -> None:
    for row in _rows(view, source):
        value = empty(column["type"])
        row.data["properties"][name] = {"id": column["id"], "type": column["type"], "value": value}


def _change(view: View, source: Node, held: str, given: Members) -> None:
    schema = source.data["schema"]
    column = schema[held]
    if given.has(column["type"]):
        config = _config(view, column["type"], given.inner(column["type"]))
        if column["type"] != "relation" and config:
            column["config"] = config
    elif any(given.has(kind) for kind in _TYPES):
        raise invalid(f"{held} is expected to be {column['type']}.")
    if not given.has("name"):
        return
    name = given.text("name", 100)
    source.data["schema"] = {name if key == held else key: value for key, value in schema.items()}
    for row in _rows(view, source):
        properties = row.data["properties"]
        row.data["properties"] = {name if key == held else key: value for key, value in properties.items()}


def _config(view: View, kind: str, given: Members) -> Json:
    if kind == "number":
        return {"format": given.text("format", 40) if given.has("format") else "number"}
    if kind in {"select", "multi_select", "status"}:
        options = given.items("options") if given.has("options") else []
        found = [_option(members(each, f"{given.at('options')}[{index}]")) for index, each in enumerate(options)]
        return {"options": found, "groups": []} if kind == "status" else {"options": found}
    return _relation(view, given) if kind == "relation" else {}


def _option(given: Members) -> Json:
    color = given.text("color", 40) if given.has("color") else "default"
    option_id = given.text("id", 100) if given.has("id") else str(random_uuid())
    return {"id": option_id, "name": given.text("name", 100), "color": color, "description": None}


def _relation(view: View, given: Members) -> Json:
    """Versions with data sources name one; those before name a database."""
    if given.has("data_source_id"):
        target = view.find(given.uuid("data_source_id"), "data_source", called="database")
    elif view.with_data_sources:
        raise unfit(given.at("data_source_id"), "defined")
    else:
        target = view.source(view.find(given.uuid("database_id"), "database", called="database"))
    if given.has("dual_property"):
        return {"data_source_id": target.id, "dual_property": {}}
    return {"data_source_id": target.id, "single_property": {}}


def _back(view: View, source: Node, name: str, column: Json) -> None:
    """A dual relation makes its other side in the target."""
    target = view.content[column["config"]["data_source_id"]]
    title = f"Related to {plain(source.data['title'])} ({name})"
    back = {"synced_property_name": name, "synced_property_id": column["id"]}
    other = {
        "id": property_id(f"{target.id} {title}"),
        "type": "relation",
        "config": {"data_source_id": source.id, "dual_property": back},
    }
    target.data["schema"][title] = other
    _fill(view, target, title, other)
    column["config"]["dual_property"] = {"synced_property_name": title, "synced_property_id": other["id"]}
    view.content.touch(target)

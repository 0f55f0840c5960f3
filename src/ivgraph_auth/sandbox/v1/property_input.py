"""The values of properties as they are sent, held against the schema, and mirrored where a relation is dual."""

import math
from collections.abc import Callable

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.content.build import empty
from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.v1.call_input import ARRAY, URL, Members, as_array, as_text, members
from ivgraph_auth.sandbox.v1.objects import same_property
from ivgraph_auth.sandbox.v1.refusals import invalid
from ivgraph_auth.sandbox.v1.text_input import date, file, rich_text, user
from ivgraph_auth.sandbox.v1.view import View, dashed

_COMPUTED = ("created_time", "last_edited_time", "created_by", "last_edited_by")
_SHORT = 200
TITLE: Json = {"title": {"id": "title", "type": "title", "config": {}}}


def blank(schema: Json) -> Json:
    return {
        name: {"id": column["id"], "type": column["type"], "value": empty(column["type"])}
        for name, column in schema.items()
    }


def apply(view: View, node: Node, schema: Json, given: Members) -> None:
    """RefusedError 400 where one of them does not fit."""
    values = [(_column(schema, name), given.raw[name], given.at(name)) for name in given.raw]
    made = [(name, column, _value(column, name, raw, where)) for (name, column), raw, where in values]
    for name, column, _ in made:
        _refuse_computed(name, column)
    for _, column, value in made:
        if column["type"] == "relation" and isinstance(value, list):
            _targets(view, column, value)
    for name, column, value in made:
        _write(view, node, name, column, value)


def _column(schema: Json, wanted: str) -> tuple[str, Json]:
    for name, column in schema.items():
        if wanted == name or same_property(column["id"], wanted):
            return name, column
    raise invalid(f"{wanted} is not a property that exists.")


def _refuse_computed(name: str, column: Json) -> None:
    if column["type"] in _COMPUTED:
        raise invalid(f"{name} cannot be written: its value is made by Notion.")


def _value(column: Json, name: str, raw: object, where: str) -> object:
    kind = column["type"]
    if isinstance(raw, list) and kind in {"title", "rich_text"}:  # the short form
        return rich_text(raw, where)
    given = members(raw, where)
    if not given.has(kind):
        if any(each in _READERS for each in given.raw):
            raise invalid(f"{name} is expected to be {kind}.")
        raise invalid(f"body failed validation: {where}.{kind} should be defined, instead was `undefined`.")
    reader = _READERS.get(kind)
    return None if reader is None else reader(column, given.raw[kind], given.at(kind))


def _number(_: Json, value: object, where: str) -> object:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)):
        return value
    raise invalid(f"body failed validation: {where} should be a number or `null`.")


def _checkbox(_: Json, value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"body failed validation: {where} should be a boolean.")
    return value


def _short(limit: int) -> Callable[[Json, object, str], object]:
    return lambda _, value, where: None if value is None else as_text(value, where, limit)


def _choice(column: Json, value: object, where: str) -> Json | None:
    """By id or by name. A select grows by a name that is new to it; a status does not."""
    if value is None:
        return None
    given = members(value, where)
    options = column["config"]["options"]
    key = "id" if given.has("id") else "name"
    wanted = given.text(key, ARRAY)
    found = next((each for each in options if each[key] == wanted), None)
    if found is None:
        if key == "id" or column["type"] == "status":
            raise invalid(f'{where} should be one of its options, instead was "{wanted}".')
        found = {"id": str(random_uuid()), "name": wanted, "color": "default", "description": None}
        options.append(found)
    return {name: found[name] for name in ("id", "name", "color")}


def _choices(column: Json, value: object, where: str) -> list[Json]:
    found = [_choice(column, each, f"{where}[{index}]") for index, each in enumerate(as_array(value, where))]
    return [each for each in found if each is not None]


def _references(_: Json, value: object, where: str) -> list[Json]:
    given = [members(each, f"{where}[{index}]") for index, each in enumerate(as_array(value, where))]
    return [{"id": node_id} for node_id in dict.fromkeys(each.uuid("id") for each in given)]


def _files(_: Json, value: object, where: str) -> list[Json]:
    given = [members(each, f"{where}[{index}]") for index, each in enumerate(as_array(value, where))]
    return [{**_name(each), **file(each)} for each in given]


def _name(given: Members) -> Json:
    """What was uploaded has a name already."""
    return {"name": "" if given.has("file_upload") and not given.has("name") else given.text("name", ARRAY)}


_READERS: dict[str, Callable[[Json, object, str], object]] = {
    "title": lambda _, value, where: rich_text(value, where),
    "rich_text": lambda _, value, where: rich_text(value, where),
    "number": _number,
    "checkbox": _checkbox,
    "url": _short(URL),
    "email": _short(_SHORT),
    "phone_number": _short(_SHORT),
    "select": _choice,
    "status": _choice,
    "multi_select": _choices,
    "date": lambda _, value, where: None if value is None else date(members(value, where)),
    "people": lambda _, value, where: [user(each, where) for each in as_array(value, where)],
    "relation": _references,
    "files": _files,
}


def _targets(view: View, column: Json, value: list[Json]) -> None:
    for each in value:
        target = view.maybe(dashed(each["id"], "body.relation.id"))
        if target is None or target.kind != "page" or target.parent != column["config"]["data_source_id"]:
            raise view.missing("page", each["id"])


def _write(view: View, node: Node, name: str, column: Json, value: object) -> None:
    kept = node.data["properties"].setdefault(name, {"id": column["id"], "type": column["type"], "value": None})
    before = kept["value"]
    kept["value"] = value
    back = column["config"].get("dual_property")
    if column["type"] == "relation" and back is not None and isinstance(value, list):
        _mirror(view, node, back["synced_property_id"], before or [], value)


def _mirror(view: View, node: Node, back: str, before: list[Json], after: list[Json]) -> None:
    """The other side of a dual relation says the same, and is as young as the change."""
    here = {"id": node.id}
    for each in before + after:
        target = view.content.get(each["id"])
        if target is None:
            continue
        kept = next((held for held in target.data["properties"].values() if held["id"] == back), None)
        if kept is None:
            continue
        if (here in kept["value"]) is not (each in after):
            others = [one for one in kept["value"] if one != here]
            kept["value"] = [*others, here] if each in after else others
            view.edited(target)

"""Nodes as Notion tells them, in the words of each version."""

import re
from collections.abc import Iterable

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.content.text import plain
from ivgraph_auth.sandbox.identity import bot_user, user_object
from ivgraph_auth.sandbox.v1.file_uploads import file_of, name_of
from ivgraph_auth.sandbox.v1.values import is_cut, property_value
from ivgraph_auth.sandbox.v1.view import View

_SITE = "https://app.notion.com/p"


def partial_user(user_id: str) -> Json:
    return {"object": "user", "id": user_id}


def user(view: View, user_id: str) -> Json:
    """Whole where it is known here, else its id."""
    person = view.instance.state.world.person(user_id)
    if person is not None and person in view.members:
        return user_object(view.instance, person)
    bot = bot_of(view, user_id)
    return partial_user(user_id) if bot is None else bot


def bot_of(view: View, user_id: str) -> Json | None:
    for grant in view.instance.state.grants:
        if (
            grant.workspace is view.grant.workspace
            and view.instance.state.bot_id(grant.person, grant.workspace) == user_id
        ):
            return bot_user(view.instance, grant)
    return None


def told(view: View, value: object) -> object:
    """Anything that holds rich text or people, with what depends on the reader filled in."""
    if isinstance(value, list):
        return [told(view, each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "mention" and "mention" in value:
        return _mention(view, value)
    if value.get("object") == "user":
        return user(view, str(value.get("id")))
    if value.get("type") == "file_upload" and "file_upload" in value:
        upload = value["file_upload"]["id"]
        rest = {name: told(view, each) for name, each in value.items() if name not in {"type", "file_upload"}}
        if rest.get("name") == "":
            rest["name"] = name_of(view, upload)
        return {**rest, "type": "file", "file": file_of(view, upload)}
    return {name: told(view, each) for name, each in value.items()}


def _mention(view: View, item: Json) -> Json:
    inner = item["mention"]
    kind = inner["type"]
    target = inner[kind]
    text, href = item["plain_text"], item["href"]
    if kind in {"page", "database", "data_source"}:
        node = view.maybe(target["id"])
        text = "Untitled" if node is None else view.named(node) or "Untitled"
        href = None if node is None else f"{_SITE}/{node.id.replace('-', '')}"
    elif kind == "user":
        target = user(view, target["id"])
        text = f"@{target.get('name') or 'Anonymous'}"
    elif kind == "date":
        text = f"{target['start']} → {target['end'] or ''}"
    return {**item, "mention": {"type": kind, kind: target}, "plain_text": text, "href": href}


def url(view: View, node: Node) -> str:
    bare = node.id.replace("-", "")
    words = re.findall(r"[A-Za-z0-9]+", view.named(node)) if node.kind == "page" else []
    return f"{_SITE}/{'-'.join([*words, bare])}"


def parent(view: View, node: Node) -> Json:
    above = view.content.get(node.parent)
    if above is None:
        return {"type": "workspace", "workspace": True}
    if above.kind == "data_source":
        database = {"database_id": above.parent}
        if not view.with_data_sources:
            return {"type": "database_id", **database}
        return {"type": "data_source_id", "data_source_id": above.id, **database}
    kind = f"{above.kind}_id"
    return {"type": kind, kind: above.id}


def page(view: View, node: Node, wanted: Iterable[str] = ()) -> Json:
    told_page: Json = {"object": "page", "id": node.id, "created_time": node.created, "last_edited_time": node.edited}
    told_page |= {"created_by": partial_user(node.created_by), "last_edited_by": partial_user(node.edited_by)}
    told_page |= {"cover": told(view, node.data["cover"]), "icon": told(view, node.data["icon"])}
    told_page["parent"] = parent(view, node)
    trashed = view.trashed(node)
    if not view.with_data_sources:
        told_page |= {"archived": trashed, "in_trash": trashed}
    else:
        told_page |= {"in_trash": trashed, "is_archived": trashed, "is_locked": node.locked}
    told_page["properties"] = _properties(view, node, tuple(wanted))
    told_page |= {"url": url(view, node), "public_url": None}
    if view.with_data_sources and view.with_archived:
        told_page["archived"] = trashed
    return told_page


def _properties(view: View, node: Node, wanted: tuple[str, ...]) -> Json:
    found: Json = {}
    for name, kept in node.data["properties"].items():
        if wanted and not any(same_property(kept["id"], one) for one in wanted):
            continue
        value = told(view, property_value(node, kept, cut=True))
        found[name] = {"id": kept["id"], "type": kept["type"], kept["type"]: value}
        if kept["type"] == "relation":
            found[name]["has_more"] = is_cut(kept)
    return found


def same_property(kept: str, asked: str) -> bool:
    """Ids are told percent-encoded; they are taken so, decoded, and encoded twice."""
    return decoded(kept) in {asked, decoded(asked), decoded(decoded(asked))}


def decoded(property_id: str) -> str:
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), property_id)


def block(view: View, node: Node) -> Json:
    told_block: Json = {"object": "block", "id": node.id, "parent": parent(view, node)}
    told_block |= {"created_time": node.created, "last_edited_time": node.edited}
    told_block |= {"created_by": partial_user(node.created_by), "last_edited_by": partial_user(node.edited_by)}
    told_block["has_children"] = bool(children(view, node))
    trashed = view.trashed(node)
    if not view.with_data_sources:
        told_block |= {"archived": trashed, "in_trash": trashed}
    else:
        told_block["in_trash"] = trashed
    kind, payload = _payload(view, node)
    told_block |= {"type": kind, kind: payload}
    if view.with_data_sources and view.with_archived:
        told_block["archived"] = trashed
    return told_block


def _payload(view: View, node: Node) -> tuple[str, object]:
    if node.kind == "page":
        return "child_page", {"title": view.named(node)}
    if node.kind == "database":
        return "child_database", {"title": view.named(node)}
    payload = told(view, node.data[node.type])
    if node.type == "meeting_notes" and view.with_archived:
        return "transcription", payload
    if node.type == "paragraph" and view.with_data_sources and isinstance(payload, dict):
        payload = {"rich_text": payload["rich_text"], "icon": None, **payload}
    return node.type, payload


def children(view: View, node: Node) -> list[Node]:
    """What stands on a page or block; a database has rows, but no children. A copy shows what its original holds."""
    if node.kind == "database":
        return []
    source = node.data.get("synced_block", {}).get("synced_from") if node.type == "synced_block" else None
    if source is None:
        return view.content.children(node)
    original = view.maybe(source["block_id"])
    return [] if original is None else view.content.children(original)


def database(view: View, node: Node) -> Json:
    return _database(view, node) if view.with_data_sources else _older_database(view, node)


def _older_database(view: View, node: Node) -> Json:
    data, trashed = node.data, view.trashed(node)
    found: Json = {
        "object": "database",
        "id": node.id,
        "cover": told(view, data["cover"]),
        "icon": told(view, data["icon"]),
    }
    found |= {"created_time": node.created, "created_by": partial_user(node.created_by)}
    found |= {"last_edited_by": partial_user(node.edited_by), "last_edited_time": node.edited}
    found |= {"title": told(view, data["title"]), "description": told(view, data["description"])}
    found |= {"is_inline": data["is_inline"], "properties": columns(view, view.source(node))}
    found |= {"parent": parent(view, node), "url": url(view, node), "public_url": None}
    return found | {"archived": trashed, "in_trash": trashed}


def _database(view: View, node: Node) -> Json:
    data, trashed = node.data, view.trashed(node)
    sources = [{"id": source.id, "name": plain(source.data["title"])} for source in view.content.children(node)]
    found: Json = {"object": "database", "id": node.id, "title": told(view, data["title"])}
    found |= {"description": told(view, data["description"]), "parent": parent(view, node)}
    found |= {"is_inline": data["is_inline"], "in_trash": trashed, "is_locked": node.locked}
    found |= {"created_time": _precise(node.created), "last_edited_time": _precise(node.edited)}
    found |= {"data_sources": sources, "icon": told(view, data["icon"])}
    found["cover"] = told(view, data["cover"])
    found |= {"url": url(view, node), "public_url": None}
    return {**found, "archived": trashed} if view.with_archived else found


def _precise(time: str) -> str:
    """Databases tell their times in another form than all else."""
    return f"{time.removesuffix('Z')}+00:00"


def data_source(view: View, node: Node) -> Json:
    data, trashed = node.data, view.trashed(node)
    holder = view.content[node.parent or ""]
    found: Json = {"object": "data_source", "id": node.id, "cover": told(view, holder.data["cover"])}
    found["icon"] = told(view, data["icon"])
    found |= {"created_time": node.created, "created_by": partial_user(node.created_by)}
    found |= {"last_edited_by": partial_user(node.edited_by), "last_edited_time": node.edited}
    found |= {"title": told(view, data["title"]), "description": told(view, data["description"])}
    found |= {"is_inline": holder.data["is_inline"], "properties": columns(view, node)}
    found |= {"parent": parent(view, node), "database_parent": parent(view, holder)}
    found |= {"url": url(view, holder), "public_url": None, "in_trash": trashed}
    return {**found, "archived": trashed} if view.with_archived else found


def columns(view: View, source: Node) -> Json:
    return {name: _column(view, name, kept) for name, kept in source.data["schema"].items()}


def _column(view: View, name: str, kept: Json) -> Json:
    found: Json = {"id": kept["id"], "name": name}
    if view.with_data_sources:
        found["description"] = None
    config = kept["config"]
    if kept["type"] == "relation":
        config = _relation(view, config)
    return {**found, "type": kept["type"], kept["type"]: config}


def _relation(view: View, config: Json) -> Json:
    target = view.content.get(config["data_source_id"])
    found: Json = {"database_id": None if target is None else target.parent}
    if view.with_data_sources:
        found["data_source_id"] = config["data_source_id"]
    kind = "dual_property" if "dual_property" in config else "single_property"
    return {**found, "type": kind, kind: config[kind]}

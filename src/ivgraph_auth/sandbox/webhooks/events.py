"""Changes of content, told as Notion's webhooks tell them.

What stands below a thing that is deleted, restored or moved has no event of its own, and nothing tells of sharing.
"""

from collections.abc import Iterable, Iterator

from ivgraph_auth.sandbox.content.changes import Changes, CommentChange, NodeChange
from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.models import Workspace
from ivgraph_auth.sandbox.v1.view import View
from ivgraph_auth.sandbox.webhooks.models import API_VERSION, Event


def events_of(instance: Sandbox, changes: Changes) -> list[Event]:
    """Those of things that at least one grant sees."""
    teller = _Teller(instance)
    found: list[Event] = []
    for change in changes.nodes:
        found += teller.of_block(change) if change.after.kind == "block" else teller.of_thing(change)
    for said in changes.comments:
        found += teller.of_comment(said)
    return [event for event in found if event.accessible_by]


class _Teller:
    def __init__(self, instance: Sandbox) -> None:
        self._instance = instance
        self._content = instance.state.content

    def of_block(self, change: NodeChange) -> Iterator[Event]:
        before, after = change
        if before is not None and _same(before, after, "data", "trashed", "parent"):
            return
        holder = self._content.page_of(after)
        yield self._event("content_updated", holder, after.edited_by, updated_blocks=[_brief(after)])

    def of_thing(self, change: NodeChange) -> Iterator[Event]:
        before, after = change
        author = after.edited_by
        if before is None:
            yield self._event("created", after, author)
            yield from self._list_of(after.parent, after)
            return
        if before.parent != after.parent:
            yield self._event("moved", after, author)
            yield from self._rows_of(before.parent, after)
            yield from self._rows_of(after.parent, after)
        if before.trashed != after.trashed:
            yield self._event("deleted" if after.trashed else "undeleted", after, author)
            yield from self._rows_of(after.parent, after)
        if before.locked != after.locked and after.kind == "page":
            yield self._event("locked" if after.locked else "unlocked", after, author)
        if before.data != after.data:
            yield from self._of_data(before, after)

    def _of_data(self, before: Node, after: Node) -> Iterator[Event]:
        author = after.edited_by
        if after.kind == "page":
            properties = _changed_properties(before, after)
            if properties or any(before.data[name] != after.data[name] for name in ("icon", "cover")):
                yield self._event("properties_updated", after, author, updated_properties=properties)
            return
        columns = _changed_columns(before, after)
        if columns:
            yield self._event("schema_updated", after, author, updated_properties=columns)
        if any(before.data[name] != after.data[name] for name in after.data if name != "schema"):
            yield self._event("content_updated", after, author, updated_blocks=[])

    def of_comment(self, change: CommentChange) -> Iterator[Event]:
        said = change.after or change.before
        if said is None or (node := self._content.get(said.node)) is None:
            return
        kind = "created" if change.before is None else "deleted" if change.after is None else "updated"
        parent = {"id": node.id, "type": "block" if node.kind == "block" else "page"}
        data = {"page_id": self._content.page_of(node).id, "parent": parent}
        yield self._made(f"comment.{kind}", {"id": said.id, "type": "comment"}, node, said.author, data)

    def _list_of(self, holder: str | None, member: Node) -> Iterator[Event]:
        """Something new stands on a page, in a database, or among rows."""
        above = self._content.get(holder)
        if above is not None:
            thing = self._content.page_of(above)
            brief = _brief(member) if thing.kind != "page" else {"id": member.id, "type": "block"}
            yield self._event("content_updated", thing, member.edited_by, updated_blocks=[brief])

    def _rows_of(self, holder: str | None, row: Node) -> Iterator[Event]:
        above = self._content.get(holder)
        if above is not None and above.kind == "data_source":
            yield self._event("content_updated", above, row.edited_by, updated_blocks=[_brief(row)])

    def _event(self, what: str, node: Node, author: str, **more: object) -> Event:
        data = {"parent": self._parent(node), **more}
        return self._made(f"{node.kind}.{what}", _brief(node), node, author, data)

    def _made(self, kind: str, entity: Json, node: Node, author: str, data: Json) -> Event:
        is_person = self._instance.state.world.person(author) is not None
        authors = {author: {"id": author, "type": "person" if is_person else "bot"}}
        now = self._instance.clock.now()
        return Event(kind, entity, self._workspace(node), now, authors, self._readers(node), data)

    def _workspace(self, node: Node) -> Workspace:
        return next(place for place in self._instance.state.world.workspaces if place.key == node.workspace)

    def _readers(self, node: Node) -> dict[str, Json]:
        """Everybody who let the connection in and shared this, with the bot that acts for them."""
        found: dict[str, Json] = {}
        for grant in self._instance.state.grants:
            view = View(self._instance, grant, API_VERSION)
            if view.sees(node):
                found[grant.person.id] = {"id": grant.person.id, "type": "person"}
                found[view.bot_id] = {"id": view.bot_id, "type": "bot"}
        return found

    def _parent(self, node: Node) -> Json:
        above = self._content.get(node.parent)
        if above is None:
            return {"id": self._workspace(node).id, "type": "space"}
        if above.kind == "data_source":
            return {"id": above.parent, "type": "database", "data_source_id": above.id}
        return _brief(above)


def _brief(node: Node) -> Json:
    return {"id": node.id, "type": node.kind}


def _same(before: Node, after: Node, *names: str) -> bool:
    return all(getattr(before, name) == getattr(after, name) for name in names)


def _changed_properties(before: Node, after: Node) -> list[str]:
    """Their ids; a property that only has another name is not among them."""
    old, new = (
        {kept["id"]: kept.get("value") for kept in node.data["properties"].values()} for node in (before, after)
    )
    return [key for key in _keys(old, new) if key not in old or key not in new or old[key] != new[key]]


def _changed_columns(before: Node, after: Node) -> list[Json]:
    old, new = (
        {column["id"]: (name, column) for name, column in node.data.get("schema", {}).items()}
        for node in (before, after)
    )
    found: list[Json] = []
    for key in _keys(old, new):
        if old.get(key) != new.get(key):
            action = "created" if key not in old else "deleted" if key not in new else "updated"
            found.append({"id": key, "name": (new.get(key) or old[key])[0], "action": action})
    return found


def _keys(*each: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key for keys in each for key in keys))

"""Edits of a workspace at random, made as the sandbox's API makes them, so that times and authors are as Notion's."""

import random
from collections.abc import Callable, Iterator

from ivgraph_auth.sandbox.app import Sandbox
from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.state import Grant
from ivgraph_auth.sandbox.v1 import databases, writing
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members
from ivgraph_auth.sandbox.v1.refusals import RefusedError
from ivgraph_auth.sandbox.v1.view import View
from tests.graph.phrases import Phrases, words

_LARGE = 12  # what more than so many things stand on is rarely thrown away
_ATTEMPTS = 50
_MOST_TARGETS = 40


def random_edits(
    instance: Sandbox, seed: int, count: int, workspace: str = "lighthouse", *, sharing: bool = True
) -> list[str]:
    """`count` edits that were taken, the same for one seed but for the ids of what is new. Answers what each one did,
    for the message of a test that fails. Time stands still unless the caller moves the sandbox's clock. Without
    `sharing` nothing is shared or unshared, of which webhooks do not tell.
    """
    editor = _Editor(instance, random.Random(seed), workspace, sharing=sharing)  # noqa: S311 -- repeatable is what it has to be
    return [editor.edit() for _ in range(count)]


class _Editor:
    """It sees the whole workspace, also what no grant shows."""

    def __init__(self, instance: Sandbox, rng: random.Random, workspace: str, *, sharing: bool) -> None:
        self._instance = instance
        self._rng = rng
        self._content = instance.state.content
        place = instance.state.world.workspace(workspace)
        assert place is not None
        self._place = place
        self._edits: tuple[tuple[int, Callable[[], str | None]], ...] = (
            (14, self._append),
            (10, self._change_text),
            (8, self._remove_block),
            (4, self._restore_block),
            (10, self._new_page),
            (2, self._new_database),
            (12, self._move),
            (8, self._throw_away),
            (7, self._restore),
            (8, self._rename),
            (10, self._change_relation),
            (6, self._change_words),
            (2, self._change_address),
            (5 * sharing, self._share),
            (3 * sharing, self._unshare),
        )

    def edit(self) -> str:
        weights = [weight for weight, _ in self._edits]
        for _ in range(_ATTEMPTS):
            ((_, attempt),) = self._rng.choices(self._edits, weights)
            try:
                with self._content.change():
                    done = attempt()
            except RefusedError:
                continue  # such as a move of a page into itself
            if done is not None:
                return done
        raise AssertionError("no edit was possible")

    # What there is

    def _view(self) -> View:
        tops = tuple(node.id for node in self._content.nodes(self._place.key) if node.parent is None)
        person = next(each for each in self._instance.state.world.people if self._place.key in each.workspaces)
        return View(self._instance, Grant(person, self._place, tops, None, None, 0), "2026-03-11")

    def _there(self, *kinds: str, trashed: bool = False) -> list[Node]:
        """Either what is in nobody's trash, or what was itself thrown away, in the order in which it was made."""
        view = self._view()
        nodes = [node for node in self._content.nodes(self._place.key) if node.kind in kinds]
        return [node for node in nodes if (node.trashed if trashed else not view.trashed(node))]

    def _one(self, nodes: list[Node]) -> Node | None:
        return self._rng.choice(nodes) if nodes else None

    def _phrases(self) -> Phrases:
        originals = [node for node in self._there("block") if node.data.get("synced_block") == {"synced_from": None}]
        return Phrases(self._rng, self._there("page"), self._there("database"), originals)

    def _call(self, action: Callable[..., Json], body: Json, *ids: str) -> Json:
        return action(self._view(), CallInput({}, Members("body", body), 100), *ids)

    def _size(self, node: Node) -> int:
        return 1 + sum(self._size(child) for child in self._content.children(node))

    def _disposable(self, *kinds: str) -> Node | None:
        node = self._one([each for each in self._there(*kinds) if each.parent is not None])
        if node is None or (self._size(node) > _LARGE and self._rng.random() > 0.1):
            return None
        return node

    # Blocks

    def _append(self) -> str | None:
        holders = self._there("page") + [node for node in self._there("block") if node.type in {"toggle", "column"}]
        holder = self._one(holders)
        if holder is None:
            return None
        blocks = [self._phrases().block() for _ in range(self._rng.randint(1, 3))]
        self._call(writing.append, {"children": blocks}, holder.id)
        return f"{len(blocks)} new blocks on {holder.id}"

    def _change_text(self) -> str | None:
        block = self._one([node for node in self._there("block") if "rich_text" in node.data.get(node.type, {})])
        if block is None:
            return None
        self._call(writing.update_block, {block.type: {"rich_text": self._phrases().pieces()}}, block.id)
        return f"other words in block {block.id}"

    def _remove_block(self) -> str | None:
        block = self._disposable("block")
        if block is None:
            return None
        self._call(writing.delete_block, {}, block.id)
        return f"block {block.id} deleted"

    def _restore_block(self) -> str | None:
        block = self._one(self._there("block", trashed=True))
        if block is None:
            return None
        self._call(writing.update_block, {"in_trash": False}, block.id)
        return f"block {block.id} restored"

    # Pages and databases

    def _new_page(self) -> str | None:
        parent = self._one(self._there("page", "data_source"))
        if parent is None:
            return None
        phrases = self._phrases()
        kind = f"{parent.kind}_id"
        body = {
            "parent": {"type": kind, kind: parent.id},
            "properties": {"title": {"title": words(phrases.title())}},
            "children": [phrases.block() for _ in range(self._rng.randint(0, 3))],
        }
        return f"page {self._call(writing.create_page, body)['id']} new in {parent.id}"

    def _new_database(self) -> str | None:
        """In a page or in a toggle, with a relation to the rows of another."""
        toggles = [node for node in self._there("block") if node.type == "toggle"]
        parent, target = self._one(self._there("page")[:20] + toggles), self._one(self._there("data_source"))
        if parent is None or target is None:
            return None
        kind = f"{parent.kind}_id"
        relation = {"data_source_id": target.id, "single_property": {}}
        columns = {"Name": {"title": {}}, "About": {"rich_text": {}}, "Goes with": {"relation": relation}}
        body = {
            "parent": {"type": kind, kind: parent.id},
            "title": words(self._phrases().title()),
            "initial_data_source": {"properties": columns},
        }
        return f"database {self._call(databases.create_database, body)['id']} new in {parent.id}"

    def _move(self) -> str | None:
        node = self._one([each for each in self._there("page", "database") if each.parent is not None])
        if node is None:
            return None
        into_rows = node.kind == "page" and self._rng.random() < 0.2
        parent = self._one(self._there("data_source" if into_rows else "page"))
        if parent is None:
            return None
        kind = f"{parent.kind}_id"
        action = writing.move_page if node.kind == "page" else databases.update_database
        self._call(action, {"parent": {"type": kind, kind: parent.id}}, node.id)
        return f"{node.kind} {node.id} moved to {parent.id}"

    def _throw_away(self) -> str | None:
        node = self._disposable("page", "database")
        return None if node is None else self._trash(node, in_trash=True)

    def _restore(self) -> str | None:
        node = self._one(self._there("page", "database", trashed=True))
        return None if node is None else self._trash(node, in_trash=False)

    def _trash(self, node: Node, *, in_trash: bool) -> str:
        action = writing.update_page if node.kind == "page" else databases.update_database
        self._call(action, {"in_trash": in_trash}, node.id)
        return f"{node.kind} {node.id} {'thrown away' if in_trash else 'restored'}"

    def _rename(self) -> str | None:
        node = self._one(self._there("page", "database", "data_source"))
        if node is None:
            return None
        title = words(self._phrases().title())
        if node.kind == "page":
            self._call(writing.update_page, {"properties": {"title": {"title": title}}}, node.id)
        else:
            action = databases.update_database if node.kind == "database" else databases.update_data_source
            self._call(action, {"title": title}, node.id)
        return f"{node.kind} {node.id} renamed"

    # Properties

    def _columns(self, kind: str) -> Iterator[tuple[Node, str, Json]]:
        for source in self._there("data_source"):
            for row in self._content.children(source):
                yield from ((row, name, each) for name, each in source.data["schema"].items() if each["type"] == kind)

    def _change_relation(self) -> str | None:
        found = list(self._columns("relation"))
        if not found:
            return None
        row, name, column = self._rng.choice(found)
        source = self._content[column["config"]["data_source_id"]]
        rows = self._content.children(source)
        most = min(len(rows), _MOST_TARGETS if self._rng.random() < 0.2 else 4)
        targets = [{"id": each.id} for each in self._rng.sample(rows, self._rng.randint(0, most))]
        self._call(writing.update_page, {"properties": {name: {"relation": targets}}}, row.id)
        return f"{name} of {row.id} has {len(targets)} targets"

    def _change_words(self) -> str | None:
        found = list(self._columns("rich_text"))
        if not found:
            return None
        row, name, _ = self._rng.choice(found)
        self._call(writing.update_page, {"properties": {name: {"rich_text": self._phrases().pieces()}}}, row.id)
        return f"other words in {name} of {row.id}"

    def _change_address(self) -> str | None:
        found = list(self._columns("url"))
        if not found:
            return None
        row, name, _ = self._rng.choice(found)
        url = self._phrases().address()
        self._call(writing.update_page, {"properties": {name: {"url": url}}}, row.id)
        return f"{name} of {row.id} leads elsewhere"

    # Who sees what

    def _grant(self) -> Grant | None:
        grants = [grant for grant in self._instance.state.grants if grant.workspace.key == self._place.key]
        return self._rng.choice(grants) if grants else None

    def _share(self) -> str | None:
        """Mostly what the person's own list of pages has, so that not all of it is gone in the end."""
        grant = self._grant()
        if grant is None:
            return None
        listed = {page.id for page in self._place.pages_of(grant.person)}
        others = [node for node in self._there("page") if node.id not in grant.pages]
        at_hand = [node for node in others if node.id in listed]
        page = self._one(at_hand if at_hand and self._rng.random() < 0.8 else others)
        if page is None:
            return None
        self._instance.state.share(grant, page.id)
        return f"{page.id} shared by {grant.person.key}"

    def _unshare(self) -> str | None:
        grant = self._grant()
        if grant is None or len(grant.pages) < 2:
            return None
        page = self._rng.choice(grant.pages)
        self._instance.state.unshare(grant, page)
        return f"{page} no longer shared by {grant.person.key}"

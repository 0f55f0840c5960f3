"""What a workspace of the sandbox holds for one grant, from the sandbox's own store, with none of the graph's code."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from ivgraph_auth.sandbox.app import Sandbox
from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.state import Grant

_OWN_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)?notion\.(?:so|com|site)")
_ID_AT_END = re.compile(r"[0-9a-f]{32}$")


class NodeFact(NamedTuple):
    type: str
    title: str
    in_trash: bool


class EdgeFact(NamedTuple):
    kind: str
    source: uuid.UUID
    target: uuid.UUID
    property: str = ""


@dataclass(frozen=True)
class Description:
    """`nodes` has those in the trash too; `edges` has only those between two that are not there."""

    nodes: dict[uuid.UUID, NodeFact]
    edges: set[EdgeFact]

    @property
    def living(self) -> dict[uuid.UUID, NodeFact]:
        return {node: fact for node, fact in self.nodes.items() if not fact.in_trash}

    def of_kind(self, kind: str) -> set[EdgeFact]:
        return {edge for edge in self.edges if edge.kind == kind}

    def out_of(self, node: str) -> set[EdgeFact]:
        return {edge for edge in self.edges if edge.source == uuid.UUID(node)}

    def into(self, node: str) -> set[EdgeFact]:
        return {edge for edge in self.edges if edge.target == uuid.UUID(node)}


def describe(instance: Sandbox, whose: Grant | str, workspace: str | None = None) -> Description:
    """`whose` is a grant, or a person's key; then `workspace` is a key too, by default the large one. A person who
    shared nothing has an empty description.
    """
    if isinstance(whose, Grant):
        return _Reader(instance, whose.workspace.key, set(whose.pages)).describe()
    place = workspace or "lighthouse"
    shared = {
        page
        for grant in instance.state.grants
        if (grant.person.key, grant.workspace.key) == (whose, place)
        for page in grant.pages
    }
    return _Reader(instance, place, shared).describe()


class _Reader:
    def __init__(self, instance: Sandbox, workspace: str, shared: set[str]) -> None:
        self._instance = instance
        self._all = {node.id: node for node in instance.state.content.nodes(workspace)}
        self._seen = {node.id: node for node in self._all.values() if shared & {each.id for each in self._way(node)}}
        self._living = {key: node for key, node in self._seen.items() if not self._trashed(node)}

    def describe(self) -> Description:
        """A link that leads to its own page, mostly to a heading there, is no edge."""
        things = [node for node in self._seen.values() if node.kind != "block"]
        nodes = {
            uuid.UUID(node.id): NodeFact(node.kind, self._title(node), node.id not in self._living) for node in things
        }
        found = {edge for node in self._living.values() for edge in self._edges(node)}
        edges = {
            EdgeFact(kind, uuid.UUID(source), uuid.UUID(target), name)
            for kind, source, target, name in found
            if self._is_there(source) and self._is_there(target) and (kind, source) != ("link", target)
        }
        return Description(nodes, edges)

    def _is_there(self, key: str) -> bool:
        return key in self._living and self._living[key].kind != "block"

    def _way(self, node: Node) -> Iterator[Node]:
        """Up to the top, the node itself first."""
        yield node
        while node.parent is not None:
            node = self._all[node.parent]
            yield node

    def _trashed(self, node: Node) -> bool:
        return any(step.trashed for step in self._way(node))

    def _holder(self, node: Node) -> Node:
        return next(step for step in self._way(node) if step.kind != "block")

    def _edges(self, node: Node) -> Iterator[tuple[str, str, str, str]]:
        """A copy of a synced block has no blocks of its own in the store, so each edge comes from the original."""
        if node.kind == "block":
            holder = self._holder(node).id
            yield from (("link", holder, target, "") for target in _linked(node))
            yield from ((kind, holder, target, "") for kind, target in _references(node.data))
            return
        if node.parent is not None:
            above = self._holder(self._all[node.parent])
            kind = {"data_source": "row", "database": "source"}.get(above.kind, "child")
            yield kind, above.id, node.id, ""
        if node.kind == "page":
            for name, kept in node.data["properties"].items():
                if kept["type"] == "relation":
                    yield from (("relation", node.id, each["id"], name) for each in kept["value"])
                elif kept["type"] == "url":
                    yield from (("link", node.id, target, "") for target in _behind(kept["value"]))
                elif kept["type"] in {"title", "rich_text"}:
                    yield from ((kind, node.id, target, "") for kind, target in _references(kept["value"]))

    def _title(self, node: Node) -> str:
        if node.kind == "page":
            pieces = next(each["value"] for each in node.data["properties"].values() if each["type"] == "title")
        else:
            pieces = node.data["title"]
        return "".join(self._words(piece) for piece in pieces)

    def _words(self, piece: Json) -> str:
        """As somebody reads it: a mention shows what it stands for."""
        if piece["type"] != "mention":
            return str(piece["plain_text"])
        kind = piece["mention"]["type"]
        target = piece["mention"][kind]
        if kind == "date":
            return f"{target['start']} → {target['end'] or ''}"
        if kind == "user":
            person = self._instance.state.world.person(target["id"])
            return f"@{person.name if person and person.name else 'Anonymous'}"
        seen = self._seen.get(target["id"])
        return "Untitled" if seen is None else self._title(seen) or "Untitled"


def _linked(block: Node) -> Iterator[str]:
    """By the block as such, not by what is written in it."""
    payload = block.data.get(block.type, {})
    if block.type == "link_to_page" and payload["type"] in {"page_id", "database_id"}:
        yield payload[payload["type"]]
    if block.type in {"bookmark", "embed"}:
        yield from _behind(payload["url"])


def _behind(url: str | None) -> Iterator[str]:
    target = None if url is None else page_behind(url)
    if target is not None:
        yield target


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """(kind, id) of every mention of something in the graph, and every text link, wherever they stand in a payload."""
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict) and "annotations" in value:
        yield from _reference(value)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _references(each)


def _reference(piece: Json) -> Iterator[tuple[str, str]]:
    if piece["type"] == "mention":
        mention = piece["mention"]
        if mention["type"] in {"page", "database", "data_source"}:
            yield "mention", mention[mention["type"]]["id"]
    elif piece["type"] == "text" and piece["text"]["link"] is not None:
        yield from (("link", target) for target in _behind(piece["text"]["link"]["url"]))


def page_behind(url: str) -> str | None:
    """The id that an address of Notion's, or one without a host, leads to. `p` names the page that is opened over a
    database.
    """
    parts = urlsplit(url)
    if parts.netloc and not (parts.scheme in {"http", "https"} and _OWN_HOSTS.fullmatch(parts.hostname or "")):
        return None
    if not parts.netloc and (parts.scheme or not url.startswith("/")):
        return None
    peeked = parse_qs(parts.query).get("p")
    last = peeked[0] if peeked else parts.path.rstrip("/").rpartition("/")[2]
    found = _ID_AT_END.search(last.lower().replace("-", ""))
    return None if found is None else str(uuid.UUID(found[0]))

"""How sample content is written down: a page holds what is passed to it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from ivgraph_auth.core.secrets import sha256
from ivgraph_auth.sandbox.content.node import Comment, Json, Kind, Node, stamp
from ivgraph_auth.sandbox.content.text import mention, text

_BEGIN = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
Words = str | Json | tuple[str | Json, ...]


def ident(name: str) -> str:
    """The id of what is called so, always the same."""
    return str(uuid.UUID(bytes=sha256(f"ivgraph sandbox {name}")[:16], version=4))


def property_id(name: str) -> str:
    """Short and percent-encoded, as Notion makes them: some have signs that need it, some have none."""
    digest = sha256(f"property {name}")
    signs = "abcdefghijkmnpqrstuvwxyzABCDEFGH<>:;?@[]^`{|}=~_\\"
    return quote("".join(signs[byte % len(signs)] for byte in digest[:4]), safe="~_")


def words(given: Words) -> list[Json]:
    parts = given if isinstance(given, tuple) else (given,)
    return [text(part) if isinstance(part, str) else part for part in parts]


def page_mention(page: str) -> Json:
    return mention("page", {"id": page})


def database_mention(database: str) -> Json:
    return mention("database", {"id": database})


def user_mention(person: str) -> Json:
    return mention("user", {"object": "user", "id": person})


def date_mention(start: str) -> Json:
    return mention("date", {"start": start, "end": None, "time_zone": None})


@dataclass(slots=True)
class Piece:
    kind: Kind
    id: str
    type: str = ""
    data: Json = field(default_factory=dict)
    inside: tuple["Piece", ...] = ()
    indexed: bool = True
    trashed: bool = False


def block(kind: str, data: Json, *inside: Piece, name: str | None = None) -> Piece:
    """Unnamed ones get their id when they are planted."""
    return Piece("block", ident(name) if name else "", kind, {kind: data}, inside)


def says(kind: str, given: Words, *inside: Piece, name: str | None = None, **more: object) -> Piece:
    return block(kind, {"rich_text": words(given), "color": "default", **more}, *inside, name=name)


def p(*given: str | Json, name: str | None = None) -> Piece:
    return says("paragraph", given, name=name)


def h(level: int, given: Words, *inside: Piece) -> Piece:
    return says(f"heading_{level}", given, *inside, is_toggleable=bool(inside))


def page(page_id: str, title: Words, icon: str | None, *inside: Piece, indexed: bool = True) -> Piece:
    properties = {"title": {"id": "title", "type": "title", "value": words(title) if title else []}}
    data = {"properties": properties, "icon": emoji(icon), "cover": None}
    return Piece("page", page_id, "", data, inside, indexed)


def thrown(piece: Piece) -> Piece:
    """It lies in the trash, and with it all that stands on it."""
    return replace(piece, trashed=True)


def emoji(icon: str | None) -> Json | None:
    return None if icon is None else {"type": "emoji", "emoji": icon}


def database(name: str, title: str, icon: str | None, schema: Json, *rows: Piece, inline: bool = False) -> Piece:
    """A database with one data source, called `name` and `name source`."""
    source = Piece(
        "data_source",
        ident(f"{name} source"),
        data={"title": words(title), "description": [], "icon": emoji(icon), "schema": schema},
        inside=rows,
    )
    data = {"title": words(title), "description": [], "icon": emoji(icon), "cover": None, "is_inline": inline}
    return Piece("database", ident(name), "", data, (source,))


def schema(**columns: tuple[str, Json]) -> Json:
    """The title is called Name; the others as they are here, underscores read as blanks."""
    named = {name.replace("_", " "): each for name, each in columns.items()}
    found: Json = {"Name": {"id": "title", "type": "title", "config": {}}}
    for name, (kind, config) in named.items():
        found[name] = {"id": property_id(name), "type": kind, "config": config}
    return found


def options(*names: str) -> Json:
    colors = ("blue", "green", "yellow", "purple", "brown", "red")
    return {
        "options": [
            {"id": ident(f"option {name}"), "name": name, "color": colors[index % len(colors)], "description": None}
            for index, name in enumerate(names)
        ]
    }


def row(row_id: str, columns: Json, title: Words, icon: str | None, values: Json, *inside: Piece) -> Piece:
    """A page of a data source. What `values` does not name is empty."""
    piece = page(row_id, title, icon, *inside)
    properties = {}
    for name, column in columns.items():
        kind = column["type"]
        value = words(title) if kind == "title" else values.get(name, empty(kind))
        properties[name] = {"id": column["id"], "type": kind, "value": value}
    piece.data["properties"] = properties
    return piece


def empty(kind: str) -> object:
    if kind in {"title", "rich_text", "multi_select", "people", "relation", "files"}:
        return []
    return False if kind == "checkbox" else None


def option(columns: Json, column: str, name: str) -> Json:
    found = next(each for each in columns[column]["config"]["options"] if each["name"] == name)
    return {"id": found["id"], "name": found["name"], "color": found["color"]}


class Planter:
    """Turns pieces into nodes, with times that grow by a minute and authors that take turns."""

    def __init__(self, workspace: str, authors: tuple[str, ...]) -> None:
        self._workspace = workspace
        self._authors = authors
        self._count = 0
        self.nodes: list[Node] = []

    def plant(self, *pieces: Piece, parent: str | None = None) -> list[str]:
        return [node_id for piece in pieces for node_id in self._planted(piece, parent)]

    def _planted(self, piece: Piece, parent: str | None) -> Iterator[str]:
        self._count += 1
        number = self._count
        node_id = piece.id or ident(f"{self._workspace} block {number}")
        time, author = stamp(_BEGIN + timedelta(minutes=number)), self._authors[number % len(self._authors)]
        node = Node(
            node_id, piece.kind, self._workspace, parent, time, time, author, author, piece.type, piece.data, []
        )
        node.indexed = piece.indexed
        node.trashed = piece.trashed
        self.nodes.append(node)
        node.children = self.plant(*piece.inside, parent=node_id)
        yield node_id


def remark(name: str, node: str, workspace: str, author: str, *given: str | Json) -> Comment:
    time = stamp(_BEGIN + timedelta(days=3))
    return Comment(ident(name), ident(f"{name} talk"), node, workspace, time, time, author, words(given))

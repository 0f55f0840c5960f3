"""Counts what stands in recorded answers without the reader: a walk over the raw JSON that looks at members' names and,
in texts, for 32 hexadecimal digits behind Notion's domains. Nothing here is imported from the service.

`python tests/graph/reader/raw_counts.py DIRECTORY` prints the counts of one workspace.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ADDRESS = re.compile(r"^(?:https?://(?:[a-z-]+\.)?notion\.(?:so|site|com))?/.*?([0-9a-f]{32})(?:[?#].*)?$")
CHILDREN = ("child_page", "child_database")
URL_MEMBERS = ("bookmark", "embed", "link_preview", "link_mention")
Edge = tuple[str, str, str, str]


def walk(value: Any) -> Iterator[dict[str, Any]]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
        stack.extend(item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())


def bare(text: str) -> str:
    return text.replace("-", "").lower()


def linked(url: Any) -> list[str]:
    found = ADDRESS.match(url.replace("-", "")) if isinstance(url, str) else None
    return [found[1]] if found else []


def text_edges(holder: Any, node: str) -> Iterator[Edge]:
    for item in walk(holder):
        for kind in ("page", "database"):
            if kind in item.get("mention", {}):
                yield "mention", node, bare(item["mention"][kind]["id"]), ""
        for target in (target for url in urls(item) for target in linked(url)):
            yield "link", node, target, ""


def urls(item: dict[str, Any]) -> Iterator[Any]:
    if isinstance(item.get("text"), dict):
        yield from (item.get("href"), (item["text"].get("link") or {}).get("url"))
    for held in (item.get(member) for member in URL_MEMBERS):
        if isinstance(held, dict):
            yield from (held.get("url"), held.get("href"))


def object_edges(item: dict[str, Any], node: str) -> Iterator[Edge]:
    for member in ("title", "description"):
        yield from text_edges(item.get(member), node)
    for name, told in item.get("properties", {}).items() if item["object"] == "page" else ():
        yield from text_edges(told, node)
        for target in linked(told.get("url")):
            yield "link", node, target, ""
        for holder in walk(told):
            for related in holder["relation"] if isinstance(holder.get("relation"), list) else ():
                yield "relation", node, bare(related["id"]), name


def cut_properties(item: dict[str, Any]) -> int:
    """Of a page; a column has neither."""
    cut = 0
    for told in item.get("properties", {}).values():
        rollup = told.get("rollup")
        held = rollup.get("array", []) if isinstance(rollup, dict) else told.get("people")
        cut += told.get("has_more") is True or (isinstance(held, list) and len(held) >= 25)
    return cut


def parent(block: dict[str, Any]) -> str:
    return bare(next((value for key, value in block.get("parent", {}).items() if key.endswith("_id")), "0" * 32))


def block_edges(block: dict[str, Any], node: str) -> Iterator[Edge]:
    kind = block["type"]
    yield from text_edges({kind: block[kind]}, node)
    if kind == "link_to_page":
        for member in ("page_id", "database_id"):
            if member in block[kind]:
                yield "link", node, bare(block[kind][member]), ""


class Counts:
    def __init__(self) -> None:
        self.nodes: dict[str, str] = {}
        self.edges: set[Edge] = set()
        self.gaps: set[tuple[str, str]] = set()
        self.sources: set[tuple[str, str]] = set()
        self.children: set[str] = set()
        self.walks: set[str] = set()

    def add(self, item: dict[str, Any]) -> None:
        kind = item.get("object")
        if kind in ("page", "database", "data_source"):
            self.add_object(item, bare(item["id"]))
        elif kind == "block":
            self.add_block(item, parent(item))

    def add_object(self, item: dict[str, Any], node: str) -> None:
        self.nodes[node] = item["object"]
        self.edges |= set(object_edges(item, node))
        self.sources |= {(node, bare(source["id"])) for source in item.get("data_sources", [])}
        if cut_properties(item) or item.keys() <= {"object", "id"}:
            self.gaps.add(("truncated", node))

    def add_block(self, block: dict[str, Any], node: str) -> None:
        if block["type"] in CHILDREN:
            self.children.add(bare(block["id"]))
            return
        self.edges |= set(block_edges(block, node))
        if block.get("has_children"):
            self.walks.add(bare(block["id"]))
        if block["type"] == "unsupported":
            self.gaps.add(("unsupported_block", node))

    def summary(self) -> dict[str, dict[str, int]]:
        return {
            "nodes": dict(Counter(self.nodes.values())),
            "edges": dict(Counter(edge[0] for edge in self.edges if edge[0] != "link" or edge[1] != edge[2])),
            "gaps": dict(Counter(reason for reason, _ in self.gaps)),
            "walk": {
                "sources": len(self.sources),
                "children": len(self.children),
                "blocks": len(self.walks),
            },
        }


def count(directory: Path) -> Counts:
    counts = Counts()
    for path in sorted(directory.rglob("*.json")):
        found = json.loads(path.read_text("utf-8"))
        for item in walk(found["response"]["body"] if "response" in found else found["object"]):
            counts.add(item)
    return counts


if __name__ == "__main__":
    print(json.dumps(count(Path(sys.argv[1])).summary(), indent=1))  # noqa: T201 (what the script is for)

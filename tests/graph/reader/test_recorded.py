"""Every recorded object of every repository and version is read; what was found is what the raw JSON has."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ivgraph_auth.graph.models import Edge, EdgeKind, GapReason
from ivgraph_auth.graph.reader.blocks import read_block
from ivgraph_auth.graph.reader.lists import read_request_status
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.reader.property_items import read_property_items
from tests.graph.reader.raw_counts import bare, count, walk
from tests.graph.reader.recordings import DATA, NOWHERE, body, files, name, objects, page_asked_for, page_of

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no recordings here")
WORKSPACES = {
    "hkob_notion_ruby_mapping": {
        "nodes": {"page": 16, "database": 6, "data_source": 4},
        "edges": {"relation": 28, "mention": 3, "link": 1},
        "gaps": {"unsupported_block": 1, "truncated": 1},
        "walk": {"sources": 4, "children": 2, "blocks": 15},
    },
    "jheddings_notional": {
        "nodes": {"page": 125, "database": 8},
        "edges": {"relation": 68},
        "gaps": {"unsupported_block": 1, "truncated": 1},
        "walk": {"sources": 0, "children": 4, "blocks": 8},
    },
    "ramnes_notion-sdk-py": {
        "nodes": {"page": 10, "database": 6, "data_source": 6},
        "edges": {},
        "gaps": {},
        "walk": {"sources": 6, "children": 2, "blocks": 0},
    },
    "notion-ruby-client": {
        "nodes": {"page": 3, "database": 2},
        "edges": {},
        "gaps": {},
        "walk": {"sources": 0, "children": 0, "blocks": 1},
    },
}
# Examples that were written by hand have placeholders, or letters that are no digits.
ID = re.compile("[0-9A-Fa-f-]{32,36}")
REPOSITORIES = sorted(path.name for path in DATA.glob("*/"))
PROPERTY_LISTS = sorted(DATA.glob("*/get-pages-id-properties-p/*.json"))


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_object_gives_a_node(repository: str) -> None:
    """Whole and as it should be: the recordings have no gap but for what Notion itself left out."""
    for path, item in recorded(repository, "page", "database", "data_source"):
        reading = read_object(item)
        if reading is None:
            assert not ID.fullmatch(item["id"]), name(path)
            continue
        assert (reading.node.id, reading.node.type) == (UUID(item["id"]), item["object"]), name(path)
        assert {gap.reason for gap in reading.gaps} <= {GapReason.TRUNCATED}, name(path)
        assert len(reading.truncated) == len(reading.gaps) - reading.partial, name(path)


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_block_is_read(repository: str) -> None:
    for path, item in recorded(repository, "block"):
        reading = read_block(item, NOWHERE)
        reasons = [gap.reason for gap in reading.gaps]
        if not ID.fullmatch(item.get("id", "")):
            assert reasons == [GapReason.MALFORMED], name(path)
            continue
        assert reasons == [GapReason.UNSUPPORTED_BLOCK] * (item["type"] == "unsupported"), name(path)
        assert reading.walk or reading.children or not item.get("has_children"), name(path)


def recorded(repository: str, *kinds: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in files(repository):
        yield from ((path, item) for item in objects(body(path), *kinds))


@pytest.mark.parametrize("path", PROPERTY_LISTS, ids=name)
def test_every_property_is_read(path: Path) -> None:
    answer, page = body(path), page_asked_for(path)
    reading = read_property_items(answer, page, "its name")
    assert reading.gaps == ()
    assert reading.next_cursor == answer.get("next_cursor")
    assert reading.type == answer.get("property_item", answer)["type"]
    related = [each["relation"]["id"] for each in walk(answer) if "id" in (each.get("relation") or {})]
    found = {edge for edge in reading.edges if edge.kind is EdgeKind.RELATION}
    assert found == {Edge(EdgeKind.RELATION, page, UUID(target), "its name") for target in related}


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_no_recorded_list_was_cut(repository: str) -> None:
    assert {read_request_status(body(path)) for path in files(repository)} == {None}


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_counts_are_those_of_the_raw_json(workspace: str) -> None:
    raw, ours = count(DATA / workspace), Found()
    for path in files(workspace):
        ours.add(body(path))
    assert raw.summary() == WORKSPACES[workspace]
    assert ours.nodes == raw.nodes
    assert ours.edges == {edge for edge in raw.edges if edge[0] != "link" or edge[1] != edge[2]}
    assert ours.gaps == raw.gaps
    assert (ours.sources, ours.children, ours.walks) == (raw.sources, raw.children, raw.walks)


class Found:
    """What the reader finds, in the plain form in which the raw JSON is counted."""

    def __init__(self) -> None:
        self.nodes: dict[str, str] = {}
        self.edges: set[tuple[str, str, str, str]] = set()
        self.gaps: set[tuple[str, str]] = set()
        self.sources: set[tuple[str, str]] = set()
        self.children: set[str] = set()
        self.walks: set[str] = set()

    def add(self, answer: Any) -> None:
        for item in objects(answer, "page", "database", "data_source"):
            reading = read_object(item)
            assert reading is not None
            self.nodes[reading.node.id.hex] = reading.node.type.value
            self.sources |= {(reading.node.id.hex, source.hex) for source in reading.sources}
            self._keep(reading)
        for item in objects(answer, "block"):
            block = read_block(item, page_of(item))
            self.children |= {child.id.hex for child in block.children}
            self.walks |= {block.walk.hex} if block.walk else set()
            self._keep(block)

    def _keep(self, reading: Any) -> None:
        self.edges |= {(edge.kind.value, edge.source.hex, edge.target.hex, edge.property) for edge in reading.edges}
        self.gaps |= {(gap.reason.value, bare(str(gap.node))) for gap in reading.gaps}

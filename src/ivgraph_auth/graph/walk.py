"""Reads one Notion object with all that hangs at it: its blocks, its long properties, the rows of a data source."""

import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.graph.background_calls import BackgroundCalls
from ivgraph_auth.graph.json_values import safe_name
from ivgraph_auth.graph.models import Edge, Gap, GapReason, Node, NodeType, Parent
from ivgraph_auth.graph.notion_lists import NotionLists, next_cursor, objects_of, results_of
from ivgraph_auth.graph.reader.blocks import read_block
from ivgraph_auth.graph.reader.lists import read_request_status
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.reader.property_items import read_property_items, whole_value
from ivgraph_auth.graph.reader.readings import Child, ObjectReading, truncation
from ivgraph_auth.graph.row_slices import RowSlices
from ivgraph_auth.graph.rows import NodeReading
from ivgraph_auth.notion.errors import NotionRefused
from ivgraph_auth.notion.operations import NotionRequest

_NOT_FOUND = 404
_NEWEST, _OLDEST, _SOURCES = "newest", "oldest", "sources"
_SEARCHES: Mapping[str, Mapping[str, Any]] = {
    _NEWEST: {"sort": {"timestamp": "last_edited_time", "direction": "descending"}},
    _OLDEST: {"sort": {"timestamp": "last_edited_time", "direction": "ascending"}},
    _SOURCES: {"filter": {"property": "object", "value": "data_source"}},
}
_NEXT_SEARCH = {_NEWEST: _OLDEST, _OLDEST: _SOURCES}
# Blocks inside blocks up to the page that holds them; no page that people write is as deep.
_DEEPEST = 50
# Lists of blocks of one page; what is beyond is told as a gap.
_MOST_LISTS = 2_000
# Of children that stand inside other blocks; of those forgotten, Notion is asked.
_MOST_CONTAINERS = 20_000
_DIRECT_PARENTS = {
    "page_id": NodeType.PAGE,
    "database_id": NodeType.DATABASE,
    "data_source_id": NodeType.DATA_SOURCE,
}


@dataclass(frozen=True, slots=True)
class Walked:
    """`inside`: pages and databases of a page, or data sources of a database. `parent`: what holds it."""

    reading: NodeReading
    inside: Sequence[Child]
    parent: Child | None


@dataclass(slots=True)
class Walk:
    """Of one grant. `containers`: in which page a page or database inside other blocks stands, for one run."""

    grant_id: int
    calls: BackgroundCalls
    containers: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)

    @property
    def lists(self) -> NotionLists:
        return NotionLists(self.grant_id, self.calls)

    async def find(self, node_type: NodeType, node_id: uuid.UUID) -> ObjectReading | None:
        """None when the connection does not see it."""
        try:
            value = await self._get(f"/v1/{node_type.value}s/{node_id}")
        except NotionRefused as refused:
            if refused.status != _NOT_FOUND:
                raise
            return None
        return read_object(value)

    async def search(self, position: str | None) -> tuple[list[ObjectReading], str | None]:
        """A batch of all that the connection sees, as far as Notion's search knows of it; and where it goes on.

        Of more than 10,000 Notion lists those that were edited last; then those that were edited first are asked for,
        and the data sources. What is between is found from these.
        """
        name, _, cursor = (position or _NEWEST).partition(":")
        answer = await self.lists.batch("/v1/search", _SEARCHES[name], cursor or None)
        following = next_cursor(answer)
        if following is not None:
            return objects_of(answer), f"{name}:{following}"
        was_cut = name != _NEWEST or read_request_status(answer) is not None
        return objects_of(answer), _NEXT_SEARCH.get(name) if was_cut else None

    def rows(self, data_source: uuid.UUID, gaps: list[Gap]) -> AsyncIterator[list[ObjectReading]]:
        """In batches; one may come twice. `gaps` gets what could not be read of them."""
        return RowSlices(self.lists, data_source, gaps).batches()

    async def walk(self, found: ObjectReading) -> Walked:
        """Everything of it that makes the graph, but for the rows of a data source."""
        if found.node.type is NodeType.PAGE:
            return await self._page(found)
        parent = await self._parent(found.node)
        inside = [Child(source, NodeType.DATA_SOURCE) for source in found.sources]
        return Walked(NodeReading(found.node, parent and parent.id, found.edges, found.gaps), inside, parent)

    async def _page(self, found: ObjectReading) -> Walked:
        page, properties = found.node.id, dict(found.node.properties)
        edges, gaps = dict.fromkeys(found.edges), list(found.gaps)
        for item in found.truncated:
            read = [
                read_property_items(answer, page, item.name)
                async for answer in self.lists.batches(f"/v1/pages/{page}/properties/{item.id}")
            ]
            if not read:
                continue
            gaps = [gap for gap in gaps if gap != truncation(page, safe_name(item.id))]
            for part in read:
                edges |= dict.fromkeys(part.edges)
                gaps += part.gaps
            if item.type != "relation":
                values = tuple(value for part in read for value in part.values)
                properties[item.name] = whole_value(read[0].type, values)
        inside = await self._blocks(page, edges, gaps)
        node = replace(found.node, properties=properties)
        parent = await self._parent(node)
        return Walked(NodeReading(node, parent and parent.id, tuple(edges), tuple(gaps)), inside, parent)

    async def _blocks(self, page: uuid.UUID, edges: dict[Edge, None], gaps: list[Gap]) -> list[Child]:
        inside: list[Child] = []
        waiting, lists = [page], 0
        while waiting:
            block = waiting.pop()
            async for answer in self.lists.batches(f"/v1/blocks/{block}/children"):
                lists += 1
                for value in results_of(answer):
                    read = read_block(value, page)
                    edges |= dict.fromkeys(read.edges)
                    gaps += read.gaps
                    inside += read.children
                    if block != page:
                        self._remember(read.children, page)
                    # What a synced copy shows stands on the original's page, which has its edges.
                    waiting += [read.walk] if read.walk and not _is_copy(value) else []
            if lists >= _MOST_LISTS and waiting:
                gaps.append(Gap(page, GapReason.TRUNCATED, f"More than {_MOST_LISTS} lists of blocks."))
                break
        return inside

    def _remember(self, children: Iterable[Child], page: uuid.UUID) -> None:
        self.containers.update((child.id, page) for child in children)
        while len(self.containers) > _MOST_CONTAINERS:
            del self.containers[next(iter(self.containers))]

    async def _parent(self, node: Node) -> Child | None:
        """The page, database or data source that holds it."""
        parent = node.parent
        if node.id in self.containers and (parent is None or parent.type == "block_id"):
            return Child(self.containers[node.id], NodeType.PAGE)
        for _ in range(_DEEPEST):
            if parent is None or parent.id is None:
                return None
            if parent.type in _DIRECT_PARENTS:
                return Child(parent.id, _DIRECT_PARENTS[parent.type])
            if parent.type != "block_id":
                return None
            parent = await self._parent_of_block(parent.id)
        return None

    async def _parent_of_block(self, block: uuid.UUID) -> Parent | None:
        try:
            value = await self._get(f"/v1/blocks/{block}")
        except NotionRefused as refused:
            if refused.status != _NOT_FOUND:
                raise
            return None
        parent = value.get("parent")
        kind = parent.get("type") if isinstance(parent, Mapping) else None
        found = parent.get(kind) if isinstance(parent, Mapping) and isinstance(kind, str) else None
        return Parent(kind, parse_notion_id(found)) if isinstance(kind, str) and isinstance(found, str) else None

    async def _get(self, path: str) -> Mapping[str, Any]:
        return await self.calls.ask(self.grant_id, NotionRequest("GET", path))


def _is_copy(block: object) -> bool:
    synced = block.get("synced_block") if isinstance(block, Mapping) else None
    return isinstance(synced, Mapping) and synced.get("synced_from") is not None

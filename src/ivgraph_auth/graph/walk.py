"""Reads one Notion object with all that hangs at it: its blocks, its long properties, the rows of a data source."""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.graph.background_calls import BackgroundCalls
from ivgraph_auth.graph.json_values import safe_name
from ivgraph_auth.graph.models import Edge, Gap, GapReason, Node, NodeType, Parent
from ivgraph_auth.graph.reader.blocks import read_block
from ivgraph_auth.graph.reader.lists import read_request_status
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.reader.property_items import read_property_items, whole_value
from ivgraph_auth.graph.reader.readings import Child, ObjectReading, truncation
from ivgraph_auth.graph.rows import NodeReading
from ivgraph_auth.notion.errors import NotionRefused
from ivgraph_auth.notion.operations import NotionRequest

_PAGE_SIZE = 100
_NOT_FOUND = 404
# Blocks inside blocks up to the page that holds them; no page that people write is as deep.
_DEEPEST = 50
# Lists of blocks of one page; what is beyond is told as a gap.
_MOST_LISTS = 2_000
_DIRECT_PARENTS = frozenset({"page_id", "database_id", "data_source_id"})


@dataclass(frozen=True, slots=True)
class Walked:
    """`inside` are pages, databases and data sources that were met and are not read yet."""

    reading: NodeReading
    inside: Sequence[Child]


@dataclass(slots=True)
class Walk:
    """Of one grant. `containers` remembers in which page a block or a page stands, for one run."""

    grant_id: int
    calls: BackgroundCalls
    containers: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)

    async def find(self, node_type: NodeType, node_id: uuid.UUID) -> ObjectReading | None:
        """None when the connection does not see it."""
        try:
            value = await self._get(f"/v1/{node_type.value}s/{node_id}")
        except NotionRefused as refused:
            if refused.status != _NOT_FOUND:
                raise
            return None
        return read_object(value)

    async def search(self, cursor: str | None) -> tuple[list[ObjectReading], str | None]:
        """A page of all that the connection sees, as far as Notion's search knows of it; and the next cursor."""
        sort = {"timestamp": "last_edited_time", "direction": "descending"}
        body = {"page_size": _PAGE_SIZE, "sort": sort, **({"start_cursor": cursor} if cursor else {})}
        answer = await self.calls.ask(self.grant_id, NotionRequest("POST", "/v1/search", body=body))
        return _objects(answer), _next_cursor(answer)

    async def rows(self, data_source: uuid.UUID, gaps: list[Gap]) -> AsyncIterator[list[ObjectReading]]:
        """In batches. `gaps` gets what could not be read of them."""
        async for answer in self._lists(f"/v1/data_sources/{data_source}/query", method="POST"):
            status = read_request_status(answer)
            gaps += [status._replace(node=data_source)] if status else []
            yield [found for found in _objects(answer) if found.node.type is NodeType.PAGE]

    async def walk(self, found: ObjectReading) -> Walked:
        """Everything of it that makes the graph, but for the rows of a data source."""
        if found.node.type is NodeType.PAGE:
            return await self._page(found)
        parent = await self._parent(found.node)
        inside = [Child(source, NodeType.DATA_SOURCE) for source in found.sources]
        if found.node.type is NodeType.DATA_SOURCE and parent is not None:
            # Notion's search lists no databases: some are known by their data sources alone.
            inside.append(Child(parent, NodeType.DATABASE))
        return Walked(NodeReading(found.node, parent, found.edges, found.gaps), inside)

    async def _page(self, found: ObjectReading) -> Walked:
        page, properties = found.node.id, dict(found.node.properties)
        edges, gaps = dict.fromkeys(found.edges), list(found.gaps)
        for item in found.truncated:
            read = [
                read_property_items(answer, page, item.name)
                async for answer in self._lists(f"/v1/pages/{page}/properties/{item.id}")
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
        return Walked(NodeReading(node, await self._parent(node), tuple(edges), tuple(gaps)), inside)

    async def _blocks(self, page: uuid.UUID, edges: dict[Edge, None], gaps: list[Gap]) -> list[Child]:
        inside: list[Child] = []
        waiting, lists = [page], 0
        while waiting:
            block = waiting.pop()
            async for answer in self._lists(f"/v1/blocks/{block}/children"):
                lists += 1
                for value in _results(answer):
                    read = read_block(value, page)
                    edges |= dict.fromkeys(read.edges)
                    gaps += read.gaps
                    inside += read.children
                    # What a synced copy shows stands on the original's page, which has its edges.
                    waiting += [read.walk] if read.walk and not _is_copy(value) else []
            if lists >= _MOST_LISTS and waiting:
                gaps.append(Gap(page, GapReason.TRUNCATED, f"More than {_MOST_LISTS} lists of blocks."))
                break
        self.containers.update((child.id, page) for child in inside)
        return inside

    async def _parent(self, node: Node) -> uuid.UUID | None:
        """The page, database or data source that holds it."""
        parent = node.parent
        if node.id in self.containers and (parent is None or parent.type == "block_id"):
            return self.containers[node.id]
        for _ in range(_DEEPEST):
            if parent is None or parent.id is None or parent.type in _DIRECT_PARENTS:
                return parent.id if parent else None
            if parent.type != "block_id":
                return None
            if parent.id in self.containers:
                return self.containers[parent.id]
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

    async def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        return await self.calls.ask(self.grant_id, NotionRequest("GET", path, urlencode(query or {})))

    async def _lists(self, path: str, *, method: str = "GET") -> AsyncIterator[Mapping[str, Any]]:
        """Every page of a list; none when the connection does not see it."""
        cursor: str | None = None
        while True:
            asked = {"page_size": _PAGE_SIZE, **({"start_cursor": cursor} if cursor else {})}
            request = NotionRequest("POST", path, body=asked) if method == "POST" else None
            try:
                answer = await self.calls.ask(self.grant_id, request or NotionRequest("GET", path, urlencode(asked)))
            except NotionRefused as refused:
                if refused.status != _NOT_FOUND:
                    raise
                return
            yield answer
            before, cursor = cursor, _next_cursor(answer)
            # One that is answered again would be followed for ever.
            if cursor is None or cursor == before:
                return


def _is_copy(block: object) -> bool:
    synced = block.get("synced_block") if isinstance(block, Mapping) else None
    return isinstance(synced, Mapping) and synced.get("synced_from") is not None


def _results(answer: Mapping[str, Any]) -> list[Any]:
    results = answer.get("results")
    return results if isinstance(results, list) else []


def _objects(answer: Mapping[str, Any]) -> list[ObjectReading]:
    return [found for found in map(read_object, _results(answer)) if found is not None]


def _next_cursor(answer: Mapping[str, Any]) -> str | None:
    cursor = answer.get("next_cursor")
    return cursor if answer.get("has_more") is True and isinstance(cursor, str) and cursor else None

"""The sandbox's large workspace, read in each version that it speaks: the edges that its author wrote down."""

from uuid import UUID

import httpx
import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.graph.models import Edge, Gap, GapReason, Node
from ivgraph_auth.graph.reader.blocks import read_block
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.reader.property_items import read_property_items
from ivgraph_auth.graph.reader.readings import truncation
from ivgraph_auth.sandbox.app import SandboxConfig, create_sandbox
from tests.sandbox.api import VERSIONS, Api
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET
from tests.support.clock import ManualClock

LINKS = {
    ("Roadmap", "Handbook"),
    ("Autumn release", "How we write"),
    ("Autumn release", "?"),
    ("Handbook", "Roadmap"),
    ("Handbook", "Projects"),
    ("Handbook", "?"),
    ("How we write", "Glossary"),
    ("Lamp refit", "Tools and keys"),
    ("Fog horn", "Fog signal tests"),
    ("Tide tables", "Ways here"),
    # In each form that a URL of Notion's has.
    *(("Ways here", title) for title in ("Onboarding", "First day", "First week", "How we write", "Glossary", "?")),
    *(("Ways here", title) for title in ("Roadmap", "Projects", "Lamp refit", "Meeting notes")),
    *((f"Meeting in {month}", "Meeting notes") for month in ("September", "October", "November")),
}
MENTIONS = {
    ("Roadmap", "Autumn release"),
    ("Roadmap", "Projects"),
    ("Autumn release", "Visitor guide"),
    ("Visitor guide", "Stop 01"),
    ("Visitor guide", "Stop 28"),
    ("Fog signal tests", "Fog horn"),
    ("Handbook", "?"),
    # A synced block and its copies.
    *((title, "Tools and keys") for title in ("Handbook", "First day", "Visitor guide")),
    ("Fog horn", "Lamp refit"),
    ("Lay the wiring", "Decisions"),
    ("First day", "How we write"),
    ("First day", "Roadmap"),
    ("First week", "Meeting notes"),
    ("Meeting in October", "Fog horn"),
    ("Meeting in October", "Lamp refit"),
    ("Meeting in November", "Open on Sundays?"),
}
RELATIONS = {"Tasks": 31, "Project": 31, "Needs": 3, "Spec": 1, "Concerns": 3, "Blocked by": 1}


class Crawl:
    def __init__(self, api: Api) -> None:
        self.api = api
        self.nodes: dict[UUID, Node] = {}
        self.edges: set[Edge] = set()
        self.gaps: list[Gap] = []

    async def run(self) -> None:
        for item in await self.api.all("POST", "search"):
            await self.read(item)

    async def read(self, item: object) -> None:
        reading = read_object(item)
        assert reading
        node = reading.node
        if node.id in self.nodes:
            return
        self.nodes[node.id] = node
        self.edges |= set(reading.edges)
        self.gaps += [gap for gap in reading.gaps if gap not in {truncation(node.id, p.id) for p in reading.truncated}]
        for cut in reading.truncated:
            async for results in self.api.pages("GET", f"pages/{node.id}/properties/{cut.id}"):
                self.edges |= set(read_property_items({"results": results}, node.id, cut.name).edges)
        if node.type == "page":
            await self.walk(node.id, node.id)

    async def walk(self, block: UUID, page: UUID) -> None:
        for item in await self.api.all("GET", f"blocks/{block}/children"):
            reading = read_block(item, page)
            self.edges |= set(reading.edges)
            self.gaps += reading.gaps
            if reading.walk:
                await self.walk(reading.walk, page)
            for child in reading.children:
                await self.read(await self.api.get(f"{child.type.value}s/{child.id}"))

    def titles(self, kind: str) -> set[tuple[str, str]]:
        return {(self._title(edge.source), self._title(edge.target)) for edge in self.edges if edge.kind == kind}

    def _title(self, node: UUID) -> str:
        return self.nodes[node].title if node in self.nodes else "?"


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_edge_of_the_large_workspace(version: str) -> None:
    instance = create_sandbox(SandboxConfig(CLIENT_ID, Secret(CLIENT_SECRET)), clock=ManualClock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(instance.app), base_url="http://notion.test") as client:
        crawl = Crawl(await Api.connected(client, version))
        await crawl.run()
    assert crawl.titles("link") == LINKS
    assert crawl.titles("mention") == MENTIONS
    related = [edge.property for edge in crawl.edges if edge.kind == "relation"]
    assert {name: related.count(name) for name in related} == RELATIONS
    roadmap = next(node.id for node in crawl.nodes.values() if node.title == "Roadmap")
    assert crawl.gaps == [Gap(roadmap, GapReason.UNSUPPORTED_BLOCK, "block")]

"""A graph as it stands in the database, beside what the sandbox says of itself."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

import pytest

from ivgraph_auth.gateway import rate_limiter
from ivgraph_auth.graph import background_calls
from tests.graph.description import Description, EdgeFact, NodeFact
from tests.support.service import Json, Service, Session

NODES = "SELECT notion_id, type, title FROM graph_nodes WHERE NOT hidden"
EDGES = """
    SELECT DISTINCT kind, source_notion_id, target_notion_id, property FROM graph_edges
    WHERE source IS NOT NULL AND target IS NOT NULL
"""


class Stored(NamedTuple):
    nodes: dict[uuid.UUID, NodeFact]
    edges: set[EdgeFact]


class HasRows(Protocol):
    """Reads straight from the database."""

    async def rows(self, query: str) -> list[Json]: ...


def lift_rate_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run asks Notion some hundred times, three times a second otherwise."""
    monkeypatch.setattr(rate_limiter, "_CALL", timedelta(microseconds=1))
    monkeypatch.setattr(background_calls, "_LEFT_FOR_AGENTS", 0.0)


async def start(session: Session, workspace_id: str | None = None) -> Json:
    body = {"workspace_id": workspace_id or session.workspace_ids[0]}
    answer = await session.client.post("/api/notion-graph/sync/", json=body, headers=session.bearer)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def follow(session: Session, run: Json) -> Json:
    answer = await session.client.get(f"/api/notion-graph/sync/{run['id']}", headers=session.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def synchronize(service: Service, session: Session, workspace_id: str | None = None) -> Json:
    """To the end of a run."""
    return await end(service, session, await start(session, workspace_id))


async def end(service: Service, session: Session, run: Json) -> Json:
    """Its end, whether the service's own worker has it or is told to take it now."""
    sync = service.app.composition.sync
    while (followed := await follow(session, run))["status"] == "running":
        await sync.work()
        await sync.wait()
        await asyncio.sleep(0)
    return followed


async def stored(service: HasRows) -> Stored:
    nodes = {row["notion_id"]: NodeFact(row["type"], row["title"], in_trash=False) for row in await service.rows(NODES)}
    edges = {
        EdgeFact(row["kind"], row["source_notion_id"], row["target_notion_id"], row["property"])
        for row in await service.rows(EDGES)
    }
    return Stored(nodes, edges)


def assert_same(found: Stored, wanted: Description, edits: Sequence[str] = ()) -> None:
    # A link to a heading of the same page connects nothing.
    edges = {edge for edge in wanted.edges if edge.kind != "link" or edge.source != edge.target}
    differences = {
        "nodes too many": found.nodes.items() - wanted.living.items(),
        "nodes missing": wanted.living.items() - found.nodes.items(),
        "edges too many": found.edges - edges,
        "edges missing": edges - found.edges,
    }
    assert not any(differences.values()), (differences, edits)

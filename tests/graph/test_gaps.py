"""What could not be read: counted, and listed."""

import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph import gap_repository
from ivgraph_auth.graph.gap_repository import graphs_and_totals, listing
from ivgraph_auth.graph.models import Gap, GapReason
from ivgraph_auth.graph.removal_repository import hide
from ivgraph_auth.graph.repository import save
from ivgraph_auth.graph.rows import NodeGap
from tests.graph.kit import Transaction, add_graph, new_id, reading
from tests.graph.sync_kit import lift_rate_limit
from tests.graph.test_api import GRAPH, read
from tests.support.service import Service

TABLE, BLOCK = Gap(None, GapReason.TRUNCATED, "a table"), Gap(None, GapReason.UNSUPPORTED_BLOCK, "a form")
_COUNTS = text("SELECT reason, count FROM graph_gap_counts WHERE graph_id = :graph_id AND count <> 0")


async def counted(connection: Connection, graph_id: int) -> dict[str, int]:
    return {row.reason: row.count for row in await connection.execute(_COUNTS, {"graph_id": graph_id})}


async def all_of(connection: Connection, grants: list[int], **query: Any) -> list[NodeGap]:
    found: list[NodeGap] = []
    after: str | None = None
    asked = {"reason": None, "node_id": None, **query}
    while True:
        page = await listing(connection, grants, **asked, limit=1, after=after)
        found += page.gaps
        after = page.next
        if after is None:
            return found


async def test_they_are_counted_as_they_are_written(transaction: Transaction) -> None:
    one, other, missing = new_id(), new_id(), new_id()
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(one, links=(other, missing), gaps=(TABLE, BLOCK))], 1)
        assert await counted(connection, graph_id) == {"truncated": 1, "unsupported_block": 1, "unresolved": 2}
        await save(connection, graph_id, [reading(other, parent=one, gaps=(TABLE,))], 1)
        assert await counted(connection, graph_id) == {"truncated": 2, "unsupported_block": 1, "unresolved": 1}
        assert [(gap.reason.value, gap.count) for gap in (await graphs_and_totals(connection, [grant_id]))[1]] == [
            ("not_shared", 1),
            ("truncated", 2),
            ("unsupported_block", 1),
        ]
        await hide(connection, graph_id, [other])
        assert await counted(connection, graph_id) == {"truncated": 1, "unsupported_block": 1, "unresolved": 2}
        await hide(connection, graph_id, [one])
        assert await counted(connection, graph_id) == {}
        assert (await graphs_and_totals(connection, [grant_id]))[1] == []


async def test_they_are_listed_by_node_and_reason(transaction: Transaction) -> None:
    one, other = new_id(), new_id()
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(one, links=(new_id(), new_id()), gaps=(TABLE, BLOCK))], 1)
        await save(connection, graph_id, [reading(other, gaps=(TABLE,))], 1)
        found = await all_of(connection, [grant_id])
        assert [(gap.node, gap.reason.value, gap.count) for gap in found] == [
            (one, "truncated", 1),
            (one, "unsupported_block", 1),
            (one, "not_shared", 2),
            (other, "truncated", 1),
        ]
        assert [gap.node for gap in await all_of(connection, [grant_id], reason=GapReason.TRUNCATED)] == [one, other]
        assert len(await all_of(connection, [grant_id], node_id=one)) == 3
        assert [gap.node for gap in await all_of(connection, [grant_id], node_id=other)] == [other]


@pytest.mark.parametrize("most", [1000, 0])
async def test_what_two_connections_to_one_workspace_see_is_told_once(
    transaction: Transaction, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Where there are many, what each lacks is counted."""
    monkeypatch.setattr(gap_repository, "_MOST_COMPARED", most)
    shared, only_second, missing = new_id(), new_id(), new_id()
    async with transaction() as connection:
        grants, graphs = zip(*[await add_graph(connection) for _ in range(2)], strict=True)
        page = reading(shared, links=(only_second, missing), gaps=(TABLE,))
        await save(connection, graphs[0], [page], 1)
        await save(connection, graphs[1], [page, reading(only_second)], 1)
        found = await all_of(connection, list(grants))
        assert [(gap.node, gap.reason.value, gap.count) for gap in found] == [
            (shared, "truncated", 1),
            (shared, "not_shared", 1),
        ]
        found_totals = {gap.reason.value: gap.count for gap in (await graphs_and_totals(connection, list(grants)))[1]}
        assert found_totals == ({"not_shared": 1, "truncated": 1} if most else {"not_shared": 3, "truncated": 2})


async def test_each_answer_leads_to_its_gaps(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    lift_rate_limit(monkeypatch)
    ada = await read(service, "ada")
    found = await ada.get("/search", q="a")
    assert found["gaps"]
    for gap in found["gaps"]:
        assert gap["url"].startswith(f"{service.settings.public_url}{GRAPH}/gaps?reason=")
        query = {"reason": gap["reason"]}
        assert urlsplit(gap["url"]).query == f"reason={gap['reason']}"
        listed = await ada.all("/gaps", **query, limit=2)
        assert sum(item["count"] for item in listed) == gap["count"]
        assert {item["reason"] for item in listed} == {gap["reason"]}
    node_id = listed[0]["node"]["id"]
    node = (await ada.get(f"/nodes/{node_id}"))["node"]
    own = await ada.all("/gaps", node_id=node_id)
    assert [(item["reason"], item["detail"], item["count"]) for item in own] == [
        (item["reason"], item["detail"], item["count"]) for item in node["node_gaps"]
    ]
    assert {urlsplit(item["url"]).query for item in node["node_gaps"]} == {
        f"reason={item['reason']}&node_id={node_id}" for item in own
    }
    await ada.get(f"/gaps?node_id={uuid.uuid4()}", status=404)
    await ada.get("/gaps?reason=lost", status=422)
    token = await ada.session.mint("graph:search")
    refused = await ada.session.client.get(f"{GRAPH}/gaps", headers={"Authorization": f"Bearer {token['token']}"})
    assert refused.status_code == 403

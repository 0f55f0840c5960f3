"""Data sources with more rows than Notion gives of one query."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import pytest

from ivgraph_auth.graph.background_calls import BackgroundCalls
from ivgraph_auth.graph.models import Gap, GapReason
from ivgraph_auth.graph.notion_lists import NotionLists
from ivgraph_auth.graph.row_slices import RowSlices
from ivgraph_auth.notion.errors import NotionRefused
from ivgraph_auth.notion.operations import NotionRequest
from tests.conftest import MakeService
from tests.graph.description import describe
from tests.graph.sync_kit import assert_same, lift_rate_limit, stored, synchronize

SOURCE = uuid.UUID(int=7)
CUT = {"request_status": {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}}
GAP = Gap(SOURCE, GapReason.ROW_LIMIT, "query_result_limit_reached")


class Rows:
    """A data source: `made` are the minutes in which its rows were made, and a query gives `most` of them."""

    def __init__(self, made: list[int], most: int, *, refused: tuple[str, ...] = (), ignored: bool = False) -> None:
        self.rows = [(f"2026-05-01T10:{minute:02}:00.000Z", uuid.UUID(int=n)) for n, minute in enumerate(made, 1)]
        self.most = most
        self.refused = refused
        self.ignored = ignored
        self.asked = 0

    async def ask(self, _: int, request: NotionRequest) -> Mapping[str, Any]:
        self.asked += 1
        assert request.body is not None
        if any(name in request.body for name in self.refused):
            raise NotionRefused(400, "validation_error")
        rows = sorted(self.rows) if "sorts" in request.body else self.rows
        if "filter" in request.body and not self.ignored:
            since = request.body["filter"]["created_time"]["on_or_after"]
            rows = [row for row in rows if row[0] >= since]
        at = int(request.body.get("start_cursor", 0))
        given, end = rows[at : min(at + 2, self.most)], min(len(rows), self.most)
        more = at + 2 < end
        told = [{"object": "page", "id": str(node), "created_time": made, "properties": {}} for made, node in given]
        status = CUT if not more and len(rows) > self.most else {}
        return {"results": told, "has_more": more, "next_cursor": str(at + 2) if more else None, **status}


async def read(rows: Rows) -> tuple[set[int], list[Gap]]:
    gaps: list[Gap] = []
    lists = NotionLists(1, cast("BackgroundCalls", rows))
    found = {row.node.id.int async for batch in RowSlices(lists, SOURCE, gaps).batches() for row in batch}
    return found, gaps


@pytest.mark.parametrize(
    ("made", "most", "missing", "gaps"),
    [
        pytest.param([], 4, set(), 0, id="none"),
        pytest.param([1, 2, 3, 4], 4, set(), 0, id="as many as a query gives"),
        pytest.param([1, 1, 2, 2, 2, 3, 4, 4, 9], 4, set(), 0, id="minutes on the border"),
        pytest.param([9, 3, 1, 7, 5, 2, 8], 3, set(), 0, id="not in the order in which they were made"),
        pytest.param([1, 2, 2, 2, 2, 2, 3, 4], 3, {5, 6}, 1, id="a minute with more than a query gives"),
        pytest.param([2] * 5, 3, {4, 5}, 1, id="all in one minute"),
    ],
)
async def test_what_is_read(made: list[int], most: int, missing: set[int], gaps: int) -> None:
    found, told = await read(Rows(made, most))
    assert found == set(range(1, len(made) + 1)) - missing
    assert told == [GAP] * gaps


@pytest.mark.parametrize("refused", ["filter", "sorts"])
async def test_where_notion_refuses(refused: str) -> None:
    found, gaps = await read(Rows([1, 2, 3, 4, 5, 6], 3, refused=(refused,)))
    assert (found, gaps) == ({1, 2, 3}, [GAP])


async def test_where_the_filter_is_not_kept_to_it_ends() -> None:
    rows = Rows([1, 2, 3, 4, 5, 6], 3, ignored=True)
    found, gaps = await read(rows)
    assert (found, set(gaps)) == ({1, 2, 3}, {GAP})
    assert rows.asked < 10


async def test_another_refusal_is_one() -> None:
    class Forbidden(Rows):
        async def ask(self, _: int, request: NotionRequest) -> Mapping[str, Any]:
            raise NotionRefused(403, "restricted_resource", message=request.path)

    with pytest.raises(NotionRefused):
        await read(Forbidden([1], 3))


@pytest.mark.slow
async def test_a_workspace_whose_data_sources_and_search_are_cut_is_read_whole(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    lift_rate_limit(monkeypatch)
    service = await make_service()
    ada = await service.sign_in("ada")
    instance = service.sandbox.instance
    (grant,) = instance.state.grants
    rows = [
        node
        for node in instance.state.content.nodes(grant.workspace.key)
        if node.kind == "page" and _is_row(instance.state.content, node)
    ]
    for minute, row in enumerate(sorted(rows, key=lambda row: row.id)):
        row.created = (service.clock.now() - timedelta(minutes=minute + 5)).strftime("%Y-%m-%dT%H:%M:00.000Z")
    instance.row_limit = 14
    assert (await synchronize(service, ada))["status"] == "done"
    assert_same(await stored(service), describe(instance, grant))
    assert await service.rows("SELECT 1 FROM graph_gaps WHERE reason = 'row_limit'") == []


def _is_row(content: Any, node: Any) -> bool:
    return node.parent is not None and content[node.parent].kind == "data_source"

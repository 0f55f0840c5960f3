"""What a synchronization costs: calls to Notion, memory and time, on a generated workspace.

    python bench/graph_sync.py [pages]

A tenth are pages in a tree of twenty children each, the others rows of data sources with up to 12,000. What stands for
Notion answers in this process, makes each answer when it is asked for, and gives at most 10,000 results of a query.
"""

import asyncio
import resource
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs

from sqlalchemy import text

from ivgraph_auth.base import Base
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.migrations import migrate
from ivgraph_auth.embedded.server import EmbeddedPostgres
from ivgraph_auth.graph import repository, sync_repository
from ivgraph_auth.graph.background_calls import BackgroundCalls
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.sync import HOLD, Sync
from ivgraph_auth.notion.operations import NotionRequest

GRANT = """
INSERT INTO grants (client_id, workspace_id, bot_id, owner, status, sealed, key_id, created_at, updated_at)
VALUES ('client', gen_random_uuid(), 'bot', '', 'active', '', 'main', now(), now()) RETURNING id
"""
PAGE, DATABASE, DATA_SOURCE = 1, 2, 3
LIMIT, BATCH, CHILDREN, ROWS = 10_000, 100, 20, 12_000
READER_OBJECTS = 20_000


def identifier(kind: int, number: int) -> str:
    return str(uuid.UUID(int=kind << 96 | number))


class Workspace:
    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.tree = max(pages // 10, 1)
        self.sources = -(-(pages - self.tree) // ROWS)
        self.changed = False
        self.calls: Counter[str] = Counter()

    async def ask(self, _: int, request: NotionRequest) -> Mapping[str, Any]:
        parts = request.path.split("/")
        self.calls["/".join("*" if len(part) == len(identifier(0, 0)) else part for part in parts)] += 1
        if request.path == "/v1/search":
            return self.search(request.body or {})
        number = uuid.UUID(parts[3]).int & (1 << 64) - 1
        if parts[-1] == "query":
            rows = self.rows(number)
            since = (request.body or {}).get("filter", {}).get("created_time", {}).get("on_or_after", "")
            return self.listed([n for n in rows if moment(n) >= since], request.body or {}, self.page)
        if parts[-1] == "children":
            query = {name: values[0] for name, values in parse_qs(request.query).items()}
            return self.listed(self.blocks(number), query, lambda block: block, most=sys.maxsize)
        return {"pages": self.page, "databases": self.database, "data_sources": self.source}[parts[2]](number)

    def search(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if "filter" in body:
            return self.listed(range(self.sources), body, self.source)
        order = sorted(range(self.pages), key=self.edited, reverse=body["sort"]["direction"] == "descending")
        return self.listed(order, body, self.page)

    def listed(
        self, found: Sequence[Any], body: Mapping[str, Any], tell: Callable[[Any], object], *, most: int = LIMIT
    ) -> dict[str, Any]:
        at, end = int(body.get("start_cursor", 0)), min(len(found), most)
        more = at + BATCH < end
        answer = {"results": [tell(n) for n in found[at : min(at + BATCH, end)]], "has_more": more}
        if not more and len(found) > most:
            answer["request_status"] = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
        return {**answer, "next_cursor": str(at + BATCH) if more else None}

    def rows(self, source: int) -> range:
        first = self.tree + source * ROWS
        return range(first, min(first + ROWS, self.pages))

    def edited(self, number: int) -> str:
        return "2026-06-01T00:00:00.000Z" if self.changed and number % 100 == 7 else moment(number)

    def page(self, number: int) -> dict[str, Any]:
        parent: dict[str, Any] = {"type": "workspace", "workspace": True}
        if number >= self.tree:
            source = identifier(DATA_SOURCE, (number - self.tree) // ROWS)
            parent = {"type": "data_source_id", "data_source_id": source}
        elif number:
            parent = {"type": "page_id", "page_id": identifier(PAGE, (number - 1) // CHILDREN)}
        title = {"id": "title", "type": "title", "title": [{"type": "text", "plain_text": f"Page {number}"}]}
        return {**self.common("page", PAGE, number), "parent": parent, "properties": {"Name": title}}

    def database(self, number: int) -> dict[str, Any]:
        sources = [{"id": identifier(DATA_SOURCE, number), "name": "Rows"}]
        parent = {"type": "page_id", "page_id": identifier(PAGE, 0)}
        return {**self.common("database", DATABASE, number), "parent": parent, "data_sources": sources, "title": []}

    def source(self, number: int) -> dict[str, Any]:
        parent = {"type": "database_id", "database_id": identifier(DATABASE, number)}
        return {**self.common("data_source", DATA_SOURCE, number), "parent": parent, "properties": {}, "title": []}

    def common(self, kind: str, of: int, number: int) -> dict[str, Any]:
        times = {"created_time": moment(number), "last_edited_time": self.edited(number) if of == PAGE else moment(0)}
        return {"object": kind, "id": identifier(of, number), "in_trash": False, "url": None, "icon": None, **times}

    def blocks(self, number: int) -> list[dict[str, Any]]:
        kinds = [("child_page", PAGE, n) for n in range(number * CHILDREN + 1, number * CHILDREN + CHILDREN + 1)]
        found = [kind for kind in kinds if kind[2] < self.tree and number < self.tree]
        found += [("child_database", DATABASE, n) for n in range(self.sources)] if number == 0 else []
        return [
            {"object": "block", "id": identifier(of, n), "type": kind, kind: {"title": ""}, "has_children": False}
            for kind, of, n in found
        ]


def moment(number: int) -> str:
    """Ten pages are made in each minute."""
    at = time.gmtime(1_700_000_000 + number // 10 * 60)
    return time.strftime("%Y-%m-%dT%H:%M:00.000Z", at)


async def synchronize(sync: Sync, workspace: Workspace, graph_id: int, name: str) -> int:
    async with sync.base.database.transaction() as connection:
        await sync_repository.start(connection, graph_id, None)
        run = await sync_repository.claim(connection, sync.process_id, HOLD)
    if run is None:
        raise SystemExit("There is no run to be taken.")
    workspace.calls.clear()
    before = time.perf_counter()
    status = await sync.run(run)
    calls, seconds = sum(workspace.calls.values()), time.perf_counter() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:12} {status.value:6} {calls:8} calls {seconds:8.0f} s {memory:6} MB  {dict(workspace.calls)}")
    return calls


async def run(url: str, pages: int) -> None:
    workspace = Workspace(pages)
    database = Database(url, unit_seconds=60)
    base = cast("Base", type("OnlyDatabase", (), {"database": database})())
    sync = Sync(base, cast("BackgroundCalls", workspace), uuid.uuid4())
    async with database.transaction() as connection:
        grant_id = (await connection.execute(text(GRANT))).scalar_one()
        graph_id = await repository.ensure_graph(connection, grant_id, uuid.uuid4(), datetime.now(UTC))
    first = await synchronize(sync, workspace, graph_id, "first")
    batches = sum(-(-len(workspace.rows(n)) // BATCH) for n in range(workspace.sources))
    print(f"calls for each page and batch of rows: {first / (pages + batches):.2f} (wanted: at most 1.3)")
    unchanged = await synchronize(sync, workspace, graph_id, "unchanged")
    workspace.changed = True
    changed = await synchronize(sync, workspace, graph_id, "1 % changed")
    print(f"of the first: unchanged {unchanged / first:.1%}, 1 % changed {changed / first:.1%} (wanted: 5 %)")
    await database.close()


def read(workspace: Workspace) -> None:
    told = [workspace.page(n) for n in range(1000)]
    before = time.perf_counter()
    for number in range(READER_OBJECTS):
        read_object(told[number % 1000])
    print(f"reader: {READER_OBJECTS / (time.perf_counter() - before):.0f} pages a second (wanted: 5,000)")


def main() -> None:
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    read(Workspace(1000))
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        with EmbeddedPostgres(Path(directory)) as postgres:
            postgres.ensure_database()
            migrate(postgres.database_url())
            asyncio.run(run(postgres.database_url(), pages))


if __name__ == "__main__":
    main()

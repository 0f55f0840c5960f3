"""A graph that is larger than a process should ever be."""

import asyncio
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.cluster import Cluster, Server, SignedIn, bearer
from tests.support.processes import PATIENCE

# Two hundred thousand nodes, which take a while to make.
pytestmark = pytest.mark.slow
WHOLE = "/api/notion-graph/"
NODES, OF_HUB = 200_000, 50_000
MOST_MORE = 40 * 1024 * 1024
# More than a process has connections to the database.
PAUSED = 12
FILL: tuple[tuple[str, tuple[int, ...]], ...] = (
    (
        """
        INSERT INTO graphs (grant_id, workspace_id, created_at, as_of)
        SELECT id, workspace_id, now(), now() FROM grants
        ON CONFLICT (grant_id) DO UPDATE SET as_of = now()
        """,
        (),
    ),
    (
        """
        INSERT INTO graph_nodes (graph_id, notion_id, type, title, title_key, words, url, properties, edited_at,
            hidden, digest, read_at, seen_run)
        SELECT g.id, md5(n::text)::uuid, 'page', 'Page number ' || n, 'page number ' || n, '',
            'https://www.notion.so/' || md5(n::text), '{}', now(), false, '', now(), 1
        FROM (SELECT id FROM graphs LIMIT 1) AS g, generate_series(1, $1::int) AS n
        """,
        (NODES,),
    ),
    (
        """
        INSERT INTO graph_edges (graph_id, source, target, source_notion_id, target_notion_id, kind, property)
        SELECT a.graph_id, a.id, b.id, a.notion_id, b.notion_id, 'link', ''
        FROM generate_series(1, $1::int) AS n
            JOIN graph_nodes AS a ON a.notion_id = md5(n::text)::uuid
            JOIN graph_nodes AS b ON b.notion_id = md5((n % $1 + 1)::text)::uuid
        UNION ALL
        SELECT a.graph_id, a.id, b.id, a.notion_id, b.notion_id, 'mention', ''
        FROM generate_series(2, $2::int + 1) AS n
            JOIN graph_nodes AS a ON a.notion_id = md5('1')::uuid
            JOIN graph_nodes AS b ON b.notion_id = md5(n::text)::uuid
        """,
        (NODES, OF_HUB),
    ),
    ("ANALYZE", ()),
)
TOKENS = (b'"last_edited_at":', b'"kind":"link"', b'"kind":"mention"', b'"as_of":')


def resident(server: Server, what: str) -> int:
    """In bytes."""
    found = re.search(rf"^{what}:\s+(\d+) kB", Path(f"/proc/{server.running.pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def watch(server: Server) -> int:
    """From here on counts what is the most."""
    Path(f"/proc/{server.running.pid}/clear_refs").write_text("5")
    return resident(server, "VmRSS")


async def read_counting(server: Server, who: SignedIn) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    rest = b""
    async with server.client.stream("GET", WHOLE, headers=bearer(who.access), timeout=PATIENCE) as answer:
        assert answer.status_code == 200
        async for piece in answer.aiter_bytes():
            text = rest + piece
            for token in TOKENS:
                found[token] += text.count(token) - rest.count(token)
            rest = text[-64:]
    assert rest.endswith(b"}")
    return found


async def pause(server: Server, who: SignedIn) -> asyncio.StreamWriter:
    """Asks for all of it, and takes next to nothing."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1024)
    writer.write(f"GET {WHOLE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {who.access}\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")
    return writer


async def test_memory_stays_flat_while_all_of_it_is_sent(cluster: Cluster) -> None:
    server = await cluster.serve()
    ada = await server.sign_in()
    for statement, numbers in FILL:
        await cluster.rows(statement, *numbers)
    search = f"/api/v1/graph/search?q={NODES}"
    assert (await server.client.get(search, headers=bearer(ada.access))).status_code == 200
    at_first = watch(server)
    found = await read_counting(server, ada)
    assert found == dict(zip(TOKENS, (NODES, NODES, OF_HUB, 1), strict=True))
    assert resident(server, "VmHWM") - at_first < MOST_MORE
    waiting = [await pause(server, ada) for _ in range(PAUSED)]
    assert (await server.client.get(search, headers=bearer(ada.access))).status_code == 200
    busy = await cluster.rows("SELECT count(*) AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
    assert busy[0]["n"] == 0
    assert resident(server, "VmHWM") - at_first < 2 * MOST_MORE
    for writer in waiting:
        writer.transport.abort()
    await cluster.end_all()

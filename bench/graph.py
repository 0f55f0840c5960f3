"""Queries of one generated graph, through the repositories and beside plain SQL through asyncpg alone.

    python bench/graph.py [nodes] [edges for each node]

Milliseconds at the 50th and the 95th of a hundred calls, one after the other, with a warm cache. `ratio` is plain SQL's
median through ours: 1 is no cost of our own.
"""

import argparse
import asyncio
import random
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.migrations import migrate
from ivgraph_auth.database.url import read_database_url
from ivgraph_auth.embedded.server import EmbeddedPostgres
from ivgraph_auth.graph import neighbor_repository, query_repository, search_repository

Plain: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Ours: TypeAlias = Callable[[Connection], Awaitable[object]]
CALLS = 100
# The cache is warm: a server for a graph of this size has memory for it, unlike the one that comes with `demo`.
ROOM_FOR_ALL = {"shared_buffers": "4GB"}
VOCABULARY = 5000

GRAPH = """
WITH seen AS (
    INSERT INTO grants (client_id, workspace_id, bot_id, owner, status, sealed, key_id, created_at, updated_at)
    VALUES ('client', gen_random_uuid(), 'bot', '', 'active', '', 'main', now(), now()) RETURNING id, workspace_id
)
INSERT INTO graphs (grant_id, workspace_id, created_at) SELECT id, workspace_id, now() FROM seen
"""
# Rare and frequent words; "plan" in every 25th title, two Chinese characters in every 50th.
NODES = """
INSERT INTO graph_nodes (
    graph_id, notion_id, type, title, title_key, words, url, parent_type, properties, created_at, edited_at, hidden,
    digest, read_at, seen_run
)
SELECT g.id, gen_random_uuid(), 'page', title, title, words, 'https://www.notion.so/' || n, 'page_id',
    '{"Status": "Done", "Tags": ["a", "b"]}', now(), now() - n * interval '1 minute', false, '', now(), 1
FROM graphs AS g CROSS JOIN generate_series(1, $1::integer) AS n
CROSS JOIN LATERAL (
    SELECT ARRAY[
        ($2::text[])[1 + floor(power(random(), 3) * cardinality($2))], ($2)[1 + (n % cardinality($2))],
        ($2)[1 + floor(power(random(), 2) * cardinality($2))]
    ] || CASE WHEN n % 25 = n / 25 % 25 THEN ARRAY['plan'] ELSE '{}' END
        || CASE WHEN n % 50 = n / 50 % 50 THEN ARRAY['会议'] ELSE '{}' END
        AS own
) AS chosen
CROSS JOIN LATERAL (
    SELECT array_to_string(own, ' ') AS title, array_to_tsvector(array_agg(lexeme)) AS words
    FROM unnest(CASE WHEN n % 8 < 1 THEN ARRAY[g.id || '', g.id || 's'] ELSE ARRAY[g.id || ''] END) AS graph
    CROSS JOIN unnest(own) AS word CROSS JOIN LATERAL (
        SELECT graph || '.' || left(word, size) FROM generate_series(1, length(word)) AS size WHERE word <> '会议'
        UNION ALL VALUES (graph || '#page')
        UNION ALL SELECT graph || ':' || part FROM unnest(ARRAY['会', '议', '会议']) AS part WHERE word = '会议'
    ) AS lexemes (lexeme)
) AS indexed
"""
# A tree with twenty children each, and links, of which some nodes get thousands.
EDGES = """
INSERT INTO graph_edges (graph_id, source, target, source_notion_id, target_notion_id, kind, property)
SELECT a.graph_id, a.id, b.id, a.notion_id, b.notion_id, kind, ''
FROM (
    SELECT 1 + n / 20 AS source, n AS target, 'child' AS kind FROM generate_series(2, $1::integer) AS n
    UNION ALL
    SELECT 1 + (n % $1), 1 + floor(power(random(), 2) * $1)::integer, CASE n % 3 WHEN 0 THEN 'mention' ELSE 'link' END
    FROM generate_series(1, $1 * ($2::integer - 1)) AS n
) AS drawn
JOIN graph_nodes AS a ON a.id = drawn.source JOIN graph_nodes AS b ON b.id = drawn.target
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes AS i
WHERE tablename IN ('graph_nodes', 'graph_edges')
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)
"""

PLAIN_NODE = """
SELECT n.*, (
    SELECT json_object_agg(kind, number) FROM (
        SELECT kind, count(*) AS number FROM graph_edges WHERE source = n.id AND target IS NOT NULL GROUP BY kind
    ) AS counted
), (
    SELECT json_object_agg(kind, number) FROM (
        SELECT kind, count(*) AS number FROM graph_edges WHERE target = n.id AND source IS NOT NULL GROUP BY kind
    ) AS counted
)
FROM graph_nodes AS n WHERE n.graph_id = 1 AND n.notion_id = $1
"""
PLAIN_NEIGHBORS = """
SELECT e.*, o.* FROM graph_nodes AS n JOIN graph_edges AS e ON e.target = n.id AND e.kind = 'link'
JOIN graph_nodes AS o ON o.id = e.source
WHERE n.graph_id = 1 AND n.notion_id = $1 ORDER BY e.source_notion_id LIMIT 51
"""
PLAIN_SEARCH = """
SELECT n.* FROM (
    SELECT id FROM graph_nodes WHERE words @@ $1::text::tsquery AND NOT hidden LIMIT 2001
) AS found JOIN graph_nodes AS n USING (id)
ORDER BY n.title_key = $2 DESC, starts_with(n.title_key, $2) DESC, n.edited_at DESC LIMIT 26
"""
PLAIN_PATHS = "SELECT * FROM graph_paths(ARRAY[1]::bigint[], $1, $2, 6, 10, 5000, 200000)"


def vocabulary() -> list[str]:
    own = random.Random(1)  # noqa: S311 -- made to be repeated
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    return ["".join(own.choices(letters, range(26, 0, -1), k=own.randint(3, 9))) for _ in range(VOCABULARY)]


async def fill(plain: Plain, nodes: int, each: int) -> None:
    await plain.execute(GRAPH)
    indexes = await plain.fetch(INDEXES)
    for index in indexes:
        await plain.execute(f"DROP INDEX {index['indexname']}")
    await plain.execute(NODES, nodes, vocabulary())
    await plain.execute("ANALYZE graph_nodes")
    await plain.execute(EDGES, nodes, each)
    for index in indexes:
        await plain.execute(index["indexdef"])
    await plain.execute("VACUUM ANALYZE graph_nodes")
    await plain.execute("VACUUM ANALYZE graph_edges")


async def make(plain: Plain, nodes: int, each: int) -> None:
    """Unless a graph of this size is there already."""
    there = await plain.fetchval("SELECT count(*) FROM graph_nodes")
    if there not in (0, nodes):
        raise SystemExit(f"The directory holds a graph of {there} nodes. Name another directory, or ask for {there}.")
    started = time.perf_counter()
    if there == 0:
        await fill(plain, nodes, each)
    print(f"{nodes} nodes and {nodes * each} edges, made in {time.perf_counter() - started:.0f} s", flush=True)


async def milliseconds(calls: Sequence[Callable[[], Awaitable[object]]]) -> tuple[float, float]:
    """At the middle, and at the 95th of a hundred; each was made once before."""
    for call in calls:
        await call()
    taken = []
    for call in calls:
        before = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - before) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 95 // 100]


async def measure(database: Database, plain: Plain, name: str, ours: Sequence[Ours], beside: Sequence[Any]) -> None:
    """`beside` are a statement and its arguments, for each of `ours`."""

    def through_pool(call: Ours) -> Callable[[], Awaitable[object]]:
        async def run() -> object:
            async with database.direct() as connection:
                return await call(connection)

        return run

    def through_asyncpg(statement: Sequence[Any]) -> Callable[[], Awaitable[object]]:
        return lambda: plain.fetch(*statement)

    plain_median, plain_late = await milliseconds([through_asyncpg(statement) for statement in beside])
    median, late = await milliseconds([through_pool(call) for call in ours])
    ratio = plain_median / median
    print(f"{name:32} {median:8.2f} {late:8.2f}   plain {plain_median:8.2f} {plain_late:8.2f}   ratio {ratio:.2f}")


async def measure_all(database: Database, plain: Plain, nodes: int) -> None:
    some = [row[0] for row in await plain.fetch("SELECT notion_id FROM graph_nodes ORDER BY random() LIMIT 200")]
    hubs = [row[0] for row in await plain.fetch("SELECT notion_id FROM graph_nodes WHERE id > 1 ORDER BY id LIMIT 10")]
    many_hubs = hubs * (CALLS // len(hubs))
    for name, ids in (("node", some[:CALLS]), ("node, a hub", many_hubs)):
        await measure(database, plain, name, [node(one) for one in ids], [(PLAIN_NODE, one) for one in ids])
    for name, ids in (("neighbors", some[:CALLS]), ("neighbors of a hub", many_hubs)):
        await measure(database, plain, name, [around(one) for one in ids], [(PLAIN_NEIGHBORS, one) for one in ids])
    rare = vocabulary()[VOCABULARY // 2 :][:CALLS]
    for name, queries in (
        ("search, a word", rare),
        ("search, two words", [f"{word} plan" for word in rare]),
        ("search, half a word", [word[:3] for word in rare]),
        (f"search, in {nodes // 25} titles", ["plan"] * CALLS),
        ("search, one letter", list("etaoinshrdlucmfwypvbgkjqxz" * 4)[:CALLS]),
        ("search, two letters", [word[:2] for word in rare]),
        ("search, two Chinese characters", ["会议"] * CALLS),
        ("search, nothing there", ["xylophon"] * CALLS),
    ):
        beside = [(PLAIN_SEARCH, " & ".join(map(plain_term, query.split())), query) for query in queries]
        await measure(database, plain, name, [searching(query) for query in queries], beside)
    pairs = list(zip(some[:CALLS], some[CALLS:], strict=True))
    await measure(database, plain, "paths", [path(*pair) for pair in pairs], [(PLAIN_PATHS, *pair) for pair in pairs])


def plain_term(word: str) -> str:
    return f"'1.{word}'" if word.isascii() else f"'1:{word}'"


def node(one: uuid.UUID) -> Ours:
    return lambda connection: query_repository.node(connection, [1], one)


def around(one: uuid.UUID) -> Ours:
    return lambda connection: neighbor_repository.neighbors(connection, [1], one, limit=50)


def searching(query: str) -> Ours:
    return lambda connection: search_repository.search(connection, [1], query, limit=25)


def path(source: uuid.UUID, target: uuid.UUID) -> Ours:
    return lambda connection: search_repository.paths(connection, [1], source, target, max_depth=6)


async def run(url: str, nodes: int, each: int) -> None:
    options = read_database_url(url).options
    plain = await asyncpg.connect(**options)
    database = Database(url, unit_seconds=60)
    await make(plain, nodes, each)
    print(f"{'':32} {'p50':>8} {'p95':>8}         {'p50':>8} {'p95':>8}")
    await measure_all(database, plain, nodes)
    await database.close()
    await plain.close()


@contextmanager
def kept(directory: Path | None) -> Iterator[Path]:
    """The directory, or one that is removed at the end."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory.resolve()
        return
    with tempfile.TemporaryDirectory() as own:
        Path(own).chmod(0o755)
        yield Path(own)


def main() -> None:
    parser = argparse.ArgumentParser(description="Queries of one generated graph; see README.md.")
    parser.add_argument("nodes", type=int, nargs="?", default=100_000)
    parser.add_argument("edges", type=int, nargs="?", default=5, help="for each node")
    parser.add_argument("--directory", type=Path, help="kept, and used again by the next run")
    asked = parser.parse_args()
    with (
        kept(asked.directory) as directory,
        EmbeddedPostgres(directory / "data", durable=False, settings=ROOM_FOR_ALL) as server,
    ):
        server.ensure_database("graph")
        migrate(server.database_url("graph"))
        asyncio.run(run(server.database_url("graph"), asked.nodes, asked.edges))


if __name__ == "__main__":
    main()

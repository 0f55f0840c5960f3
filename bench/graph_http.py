"""The graph's routes over HTTP, beside the plain SQL of the same answers through asyncpg alone; see README.md.

python bench/graph_http.py [nodes] --directory where-graph.py-made-it
"""

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from loading import CONNECTIONS, Case, Figure, Request, answer, check, load
from stage import SERVER_CORE, Stage, stage

import graph
from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.accounts.models import Person
from ivgraph_auth.app.compose.composition import Composition, compose
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import load_settings
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret, random_token, random_uuid
from ivgraph_auth.database.url import read_database_url
from ivgraph_auth.tokens.models import TokenRequest
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey

WANTED = 0.6
SCOPES = ("graph:search", "graph:read", "graph:neighbors")
# As many as the service has.
PLAIN_CONNECTIONS = 10


@dataclass(frozen=True)
class Pair:
    """One case over HTTP, and its statements."""

    case: Case
    statements: Sequence[tuple[Any, ...]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Requests per second of the graph's routes, beside plain SQL's.")
    parser.add_argument("nodes", type=int, nargs="?", default=100_000)
    parser.add_argument("--directory", type=Path, help="kept, and used again by the next run; graph.py's too")
    parser.add_argument("--seconds", type=int, default=3, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plain", nargs=2, metavar=("CASE", "SECONDS"), help=argparse.SUPPRESS)
    return parser.parse_args()


async def account(composition: Composition, workspace_id: uuid.UUID) -> str:
    """Who sees the graph, as signing in leaves it. Answers a service token."""
    services = composition.services
    # As graph.py has it.
    key = GrantKey("client", workspace_id, "bot")
    sealed = await composition.credential_store.seal(key, Credential(Secret(random_token()), None))
    async with composition.liveness.change() as change:
        owner = await accounts.upsert(change.connection, Person(random_uuid(), name="Bench"), SystemClock().now())
        grant_id = await composition.credential_store.put(
            change.connection, key, GrantDetails("Bench", None, None, None), sealed
        )
        await services.connections.adopt(change, Tenant(owner.id, str(workspace_id)), workspace_id, grant_id)
    request = TokenRequest("bench", SCOPES, (workspace_id,), all_workspaces=False, expires_in_days=None)
    return (await services.tokens.mint(owner.id, request, ClientInfo())).text.reveal()


async def plain_connection() -> graph.Plain:
    return await asyncpg.connect(**read_database_url(os.environ["DATABASE_URL"]).options)


async def prepare(nodes: int) -> tuple[str, list[Any]]:
    plain = await plain_connection()
    await graph.make(plain, nodes, 5)
    workspace_id = await plain.fetchval("SELECT workspace_id FROM graphs WHERE id = 1")
    await plain.execute("UPDATE graphs SET as_of = now()")
    # The keys of this run are new, and the credential is sealed anew.
    await plain.execute("UPDATE grants SET key_id = 'of an earlier run'")
    await plain.execute("DELETE FROM key_checks")
    ids = [row[0] for row in await plain.fetch(
        "SELECT notion_id FROM graph_nodes WHERE graph_id = 1 AND id % ($1::bigint / 300) = 7 LIMIT 200", nodes
    )]  # fmt: skip
    await plain.close()
    composition = compose(load_settings(), SystemClock())
    try:
        return await account(composition, workspace_id), ids
    finally:
        await composition.close()


def statements(ids: Sequence[Any]) -> dict[str, list[tuple[str, tuple[Any, ...]]]]:
    """For each case a path, and the plain statement with its arguments."""
    words = graph.vocabulary()[graph.VOCABULARY // 2 :][:100]
    return {
        "search, a word": [
            (f"search?q={word}&limit=25", (graph.PLAIN_SEARCH, graph.plain_term(word), word)) for word in words
        ],
        "search, half a word": [
            (f"search?q={word[:3]}&limit=25", (graph.PLAIN_SEARCH, graph.plain_term(word[:3]), word[:3]))
            for word in words
        ],
        "node": [(f"nodes/{one}", (graph.PLAIN_NODE, one)) for one in ids],
        "neighbors": [
            (f"nodes/{one}/neighbors?direction=in&kind=link&limit=50", (graph.PLAIN_NEIGHBORS, one)) for one in ids
        ],
        "paths": [
            (f"paths?from={one}&to={other}", (graph.PLAIN_PATHS, one, other))
            for one, other in zip(ids[:100], ids[100:], strict=True)
        ],
    }


async def ask_plainly(asked: Sequence[tuple[Any, ...]], seconds: float) -> float:
    """Calls a second, as many at once as over HTTP."""
    pool = await asyncpg.create_pool(
        **read_database_url(os.environ["DATABASE_URL"]).options,
        min_size=PLAIN_CONNECTIONS,
        max_size=PLAIN_CONNECTIONS,
        max_inactive_connection_lifetime=0,
    )
    done = 0

    async def ask(first: int, end: float) -> None:
        nonlocal done
        at = first
        while time.perf_counter() < end:
            await pool.fetch(*asked[at % len(asked)])
            at += 1
            done += 1

    async def ask_all(duration: float) -> None:
        end = time.perf_counter() + duration
        await asyncio.gather(*(ask(first, end) for first in range(CONNECTIONS)))

    # Each connection prepares its statement once, as the service's have long done.
    await ask_all(0.3)
    began, done = time.perf_counter(), 0
    await ask_all(seconds)
    took = time.perf_counter() - began
    await pool.close()
    return done / took


async def plainly(name: str, seconds: float) -> float:
    plain = await plain_connection()
    ids = await plain.fetch("SELECT notion_id FROM bench_ids ORDER BY number")
    await plain.close()
    return await ask_plainly([statement for _, statement in statements([row[0] for row in ids])[name]], seconds)


async def keep_ids(ids: Sequence[Any]) -> None:
    """For the other process."""
    plain = await plain_connection()
    await plain.execute("DROP TABLE IF EXISTS bench_ids")
    await plain.execute("CREATE TABLE bench_ids (number integer, notion_id uuid)")
    await plain.executemany("INSERT INTO bench_ids VALUES ($1, $2)", list(enumerate(ids)))
    await plain.close()


def ask_elsewhere(name: str, seconds: int) -> float:
    """In a process on the service's core."""
    command = ["taskset", "-c", str(SERVER_CORE), sys.executable, __file__, "--plain", name, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def run(on: Stage, asked: argparse.Namespace) -> None:
    token, ids = asyncio.run(prepare(asked.nodes))
    asyncio.run(keep_ids(ids))
    service = on.service()
    members = {"search": ("results", "as_of"), "node": ("node",), "neighbors": ("results",), "paths": ("paths",)}
    cases = {
        name: Case.repeated(
            name,
            service.port,
            answer(200, *members[re.split(r"\W", name)[0]]),
            [Request("GET", f"/api/v1/graph/{path}", token) for path, _ in both],
            asked.rounds,
        )
        for name, both in statements(ids).items()
    }
    check(cases.values())
    ours: dict[str, list[Figure]] = {name: [] for name in cases}
    plain: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(asked.rounds):
        for name, case in cases.items():
            plain[name].append(ask_elsewhere(name, asked.seconds))
            ours[name].append(load(case, number, asked.seconds, on.directory))
    print(f"\n{'':24} {'plain/s':>9} {'HTTP/s':>9} {'ratio':>6} {'wanted':>6} {'p50 ms':>8} {'p99 ms':>8}   ratios")
    for name in cases:
        ratios = [figure.per_second / alone for figure, alone in zip(ours[name], plain[name], strict=True)]
        middle = statistics.median
        print(
            f"{name:24} {middle(plain[name]):9.0f} {middle(f.per_second for f in ours[name]):9.0f}"
            f" {middle(ratios):6.2f} {WANTED:6.2f} {middle(f.p50 for f in ours[name]):8.1f}"
            f" {middle(f.p99 for f in ours[name]):8.1f}   {min(ratios):.2f} to {max(ratios):.2f}"
        )
    print(f"\nmemory at the end: {service.memory} MB")


def main() -> None:
    asked = arguments()
    if asked.plain:
        print(asyncio.run(plainly(asked.plain[0], float(asked.plain[1]))))
        return
    with (
        graph.kept(asked.directory) as directory,
        stage(directory / "data", "graph", durable=False, settings=graph.ROOM_FOR_ALL) as on,
    ):
        run(on, asked)


if __name__ == "__main__":
    main()

"""Calls through the gateway, as ratios to a bare FastAPI endpoint that makes the same httpx call; see README.md."""

import argparse
import asyncio
import json
import os
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
from fixtures import Someone, people
from loading import Case, Figure, Request, answer, check, load
from stage import LOAD_CORE, Server, Stage, idle_core, stage

from ivgraph_auth.app.compose import compose
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import load_settings

BARE = "bare FastAPI, the same httpx call"
TOOL, DROP_IN = "tool call", "drop-in call"
PAGE = "adcff48f-6f79-47f2-adde-bc498a32af00"
WANTED = {TOOL: 0.6, DROP_IN: 0.6}
# The bucket is written as ever, and always full: what is measured is the work, not the pace.
ALWAYS_FULL = """
    CREATE FUNCTION always_full() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.full_at := '2000-01-01'; RETURN NEW; END $$;
    CREATE TRIGGER always_full BEFORE INSERT OR UPDATE ON grant_budgets FOR EACH ROW EXECUTE FUNCTION always_full();
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tenants", type=int, default=5000, help="called in turn")
    return parser.parse_args()


async def prepare(tenants: int) -> list[Someone]:
    settings = load_settings()
    composition = compose(settings, SystemClock())
    try:
        async with composition.database.transaction() as connection:
            for statement in ALWAYS_FULL.split(";\n    "):
                await connection.exec_driver_sql(statement)
        return await people(composition, tenants, sessions=0, tokens=1)
    finally:
        await composition.close()


def cases(port: int, bare: Server, made: list[Someone], rounds: int) -> list[Case]:
    def tool(one: Someone) -> Request:
        body = {"toolId": "notion.getPage", "tenantId": str(UUID(one.workspace)), "parameters": {"page_id": PAGE}}
        return Request("POST", "/api/v1/tools/invoke", one.tokens[0].text, json.dumps(body))

    def drop_in(one: Someone) -> Request:
        return Request("GET", f"/notion/v1/pages/{PAGE}", one.tokens[0].text)

    many = f", {len(made):,} tenants in turn"
    envelope, page = answer(200, "success", "result", "metadata"), answer(200, "object", "properties")
    return [
        Case.repeated(BARE, bare.port, page, [Request("GET", "/")], rounds),
        Case.repeated(TOOL, port, envelope, [tool(made[0])], rounds),
        Case.repeated(TOOL + many, port, envelope, [tool(one) for one in made], rounds),
        Case.repeated(DROP_IN, port, page, [drop_in(made[0])], rounds),
        Case.repeated(DROP_IN + many, port, page, [drop_in(one) for one in made], rounds),
    ]


def measure(
    all_cases: list[Case], asked: argparse.Namespace, directory: Path, connections: int
) -> dict[str, list[Figure]]:
    figures: dict[str, list[Figure]] = {case.name: [] for case in all_cases}
    for number in range(asked.rounds):
        for case in all_cases:
            figures[case.name].append(load(case, number, asked.seconds, directory, connections))
    return figures


def table(figures: dict[str, list[Figure]], connections: int) -> None:
    columns = ("wanted", "req/s", "spread", "p50 ms", "p99 ms")
    print(f"\n{connections} connections\n{'':44}{'ratio':>7}{''.join(f'{column:>8}' for column in columns)}")
    bare = median(figure.per_second for figure in figures[BARE])
    for name, rounds in figures.items():
        rates = [figure.per_second for figure in rounds]
        middle = median(rates)
        wanted = WANTED.get(name.partition(",")[0], "") if name != BARE else ""
        print(
            f"{name:44}{middle / bare:7.2f}{wanted:>8}{middle:8.0f}{(max(rates) - min(rates)) / middle:8.0%}"
            f"{median(figure.p50 for figure in rounds):8.2f}{median(figure.p99 for figure in rounds):8.2f}"
        )


async def rows(url: str) -> tuple[int, int]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    query = "SELECT count(*), count(*) FILTER (WHERE outcome = 'success') FROM audit_events WHERE operation IS NOT NULL"
    found = await connection.fetchrow(query)
    await connection.close()
    return found[0], found[1]


def run(on: Stage, asked: argparse.Namespace) -> None:
    upstream = on.yardstick("upstream:page", core=LOAD_CORE)
    os.environ["NOTION_API_URL"] = f"http://127.0.0.1:{upstream.port}"
    bare, service = on.yardstick("upstream:calling"), on.service()
    print(f"preparing {asked.tenants:,} tenants ...", flush=True)
    with idle_core():
        made = asyncio.run(prepare(asked.tenants))
    all_cases = cases(service.port, bare, made, asked.rounds)
    check(all_cases)
    at_start = service.memory
    busy = measure(all_cases, asked, on.directory, 32)
    after = service.memory
    alone = measure(all_cases, asked, on.directory, 1)
    table(busy, 32)
    table(alone, 1)
    p50 = {name: median(figure.p50 for figure in rounds) for name, rounds in alone.items()}
    for name in (TOOL, DROP_IN):
        print(f"\nadded to the wait at p50 by a {name}: {p50[name] - p50[BARE]:.2f} ms (wanted: at most 3)")
    print(f"\nmemory: {at_start} MB before, {after} MB after {asked.rounds} rounds, {service.memory} MB at the end")
    written, completed = asyncio.run(rows(os.environ["DATABASE_URL"]))
    print(f"audit rows: {written:,} of operations, {completed:,} of them completed")


def main() -> None:
    asked = arguments()
    with stage() as on:
        run(on, asked)


if __name__ == "__main__":
    main()

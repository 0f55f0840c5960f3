"""Calls through the gateway, as ratios to a bare FastAPI endpoint that makes the same httpx call; see README.md."""

import argparse
import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import asyncpg
from loading import Case, Figure, Request, answer, check, load
from sqlalchemy import text
from stage import LOAD_CORE, Server, Stage, idle_core, stage

from ivgraph_auth.app.compose.composition import compose
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import load_settings
from ivgraph_auth.core.secrets import Secret, random_alphanumeric, random_token, random_uuid, sha256
from ivgraph_auth.tokens.service import PREFIX
from ivgraph_auth.vault.models import Credential, GrantKey

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


@dataclass(frozen=True)
class Tenant:
    name: str
    token: str


async def prepare(count: int) -> list[Tenant]:
    """An account, a grant and a token each, as signing in and minting leave them; sealed one by one, stored at once."""
    settings = load_settings()
    composition = compose(settings, SystemClock())
    try:
        async with composition.database.transaction() as connection:
            for statement in ALWAYS_FULL.split(";\n    "):
                await connection.execute(text(statement))
        made = [(random_uuid(), PREFIX + random_alphanumeric(32)) for _ in range(count)]
        keys = [GrantKey("bench", workspace_id, f"bot {workspace_id}") for workspace_id, _ in made]
        sealed = [
            await composition.credential_store.seal(key, Credential(Secret(random_token()), None)) for key in keys
        ]
    finally:
        await composition.close()
    rows = [
        (workspace_id, str(workspace_id), key.bot_id, record.sealed, record.key_id, sha256(token), token[:10])
        for (workspace_id, token), key, record in zip(made, keys, sealed, strict=True)
    ]
    database = await asyncpg.connect(os.environ["DATABASE_URL"].replace("+asyncpg", ""))
    await database.executemany(STORE, rows)
    await database.execute("ANALYZE")
    await database.close()
    return [Tenant(str(workspace_id), token) for workspace_id, token in made]


STORE = """
    WITH account AS (
      INSERT INTO accounts (notion_user_id, email_verified, role, created_at, last_login_at)
      VALUES ($1, false, 'member', now(), now()) RETURNING id
    ), held AS (
      INSERT INTO grants (client_id, workspace_id, bot_id, status, sealed, key_id, created_at, updated_at)
      VALUES ('bench', $1, $3, 'active', $4, $5, now(), now()) RETURNING id
    ), tenant AS (
      INSERT INTO tenants (account_id, tenant_id, generation) SELECT id, $2, 1 FROM account
    ), connection AS (
      INSERT INTO connections (account_id, tenant_id, workspace_id, grant_id, created_at, usage_count)
      SELECT account.id, $2, $1, held.id, now(), 0 FROM account, held
    ), workspace AS (
      INSERT INTO account_workspaces (account_id, workspace_id, status) SELECT id, $1, 'active' FROM account
    )
    INSERT INTO service_tokens
      (account_id, name, token_hash, prefix, scopes, workspace_ids, all_workspaces, created_at)
    SELECT id, 'bench', $6, $7, ARRAY['notion:read'], ARRAY[$1], false, now() FROM account
"""


def cases(port: int, bare: Server, made: list[Tenant], rounds: int) -> list[Case]:
    def tool(one: Tenant) -> Request:
        body = {"toolId": "notion_get_page", "tenantId": one.name, "parameters": {"page_id": PAGE}}
        return Request("POST", "/api/v1/tools/invoke", one.token, json.dumps(body))

    def drop_in(one: Tenant) -> Request:
        return Request("GET", f"/notion/v1/pages/{PAGE}", one.token)

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
    [found] = await connection.fetch(query)
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

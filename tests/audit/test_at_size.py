"""The audit trail with 100,000 rows: what each filter finds, and how many rows the database looks at for it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event

from ivgraph_auth.core.clock import rfc3339
from tests.support.service import Service, Session

pytestmark = pytest.mark.slow

ALL = 100_000
EACH_NTH_IS_MINE = 50
MINE = ALL // EACH_NTH_IS_MINE
PAGE = 100
START = datetime(2026, 1, 1, tzinfo=UTC)

# `n % 50` chooses the account and `n / 50` all else, so that every account has a bit of everything.
FILL = f"""
    INSERT INTO audit_events (at, event, outcome, account_id, actor_kind, actor_id, tenant_id, operation)
    SELECT CAST(:start AS timestamptz) + n * interval '1 second',
        CASE WHEN m % 500 = 7 THEN 'account:token:renamed' ELSE 'agent:notion:called' END,
        CASE WHEN m % 20 = 0 THEN 'rate_limited' WHEN m % 400 = 1 THEN 'started' ELSE 'success' END,
        account, CASE WHEN m % 100 = 9 THEN 'session' ELSE 'service_token' END, (account * 10 + m % 3)::text,
        CASE WHEN m % 1000 = 3 THEN 'rare-' || account ELSE 'team-' || m % 10 END,
        'notion.getPage'
    FROM (
        SELECT n, n / 50 AS m, CASE n % 50 WHEN 0 THEN :me ELSE 1000000 + n % 50 END AS account
        FROM generate_series(0, {ALL - 1}) AS n
    ) AS rows
"""  # noqa: S608 -- a number of this file


@dataclass(frozen=True)
class Trail:
    service: Service
    member: Session
    admin: Session

    @property
    def me(self) -> int:
        return int(self.member.me["id"])


@pytest.fixture(scope="module")
async def trail(shared_service: Service) -> Trail:
    member, admin = await shared_service.sign_in("ada"), await shared_service.sign_in("bruno")
    await shared_service.execute("UPDATE accounts SET role = 'admin' WHERE id = :id", id=int(admin.me["id"]))
    await shared_service.execute("DELETE FROM audit_events")
    await shared_service.execute(FILL, start=START, me=int(member.me["id"]))
    await shared_service.execute("ANALYZE audit_events")
    return Trail(shared_service, member, admin)


async def ask(session: Session, **query: Any) -> Any:
    answer = await session.client.get("/api/audit/", params=query, headers=session.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def every_id(session: Session, **query: Any) -> list[int]:
    """Of all pages, in their order."""
    page = await ask(session, limit=PAGE, **query)
    found = [row["id"] for row in page["results"]]
    while page["next_cursor"]:
        page = await ask(session, limit=PAGE, cursor=page["next_cursor"], **query)
        found += [row["id"] for row in page["results"]]
    return found


async def known_ids(trail: Trail, condition: str, **values: Any) -> list[int]:
    query = f"SELECT id FROM audit_events WHERE {condition} ORDER BY at DESC, id DESC"  # noqa: S608 -- of this file
    return [row["id"] for row in await trail.service.rows(query, **values)]


def at(second: int) -> str:
    return rfc3339(START + timedelta(seconds=second))


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"event": "account:token:renamed"}, "event = 'account:token:renamed'"),
    ({"outcome": "rate_limited"}, "outcome = 'rate_limited'"),
    ({"outcome": "!success"}, "outcome <> 'success'"),
    ({"actor": "service_token", "tenant_id": "team-4"}, "tenant_id = 'team-4' AND actor_kind = 'service_token'"),
    ({"since": at(40_000), "until": at(60_000)}, f"at >= '{at(40_000)}' AND at < '{at(60_000)}'"),
    ({"outcome": "started", "event": "agent:notion:called"}, "outcome = 'started'"),
    ({"actor": "operator"}, "false"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "condition"), FILTERS)
async def test_pages_bring_all_that_passes_once_and_nothing_else(
    trail: Trail, query: dict[str, Any], condition: str
) -> None:
    expected = await known_ids(trail, f"account_id = :me AND ({condition})", me=trail.me)
    assert await every_id(trail.member, **query) == expected
    assert await every_id(trail.admin, account_id=trail.me, **query) == expected


async def test_an_actor_by_its_id(trail: Trail) -> None:
    actor_id = f"{trail.me * 10 + 1}"
    expected = await known_ids(trail, "actor_kind = 'service_token' AND actor_id = :id", id=actor_id)
    assert len(expected) > MINE / 4
    assert await every_id(trail.member, actor=f"service_token:{actor_id}") == expected
    assert await every_id(trail.admin, actor=f"service_token:{actor_id}") == expected


async def test_another_account_is_no_filter_but_an_admins(trail: Trail) -> None:
    assert await every_id(trail.member, account_id=1000001) == []
    assert len(await every_id(trail.admin, account_id=1000001)) == MINE


@pytest.fixture
async def database(trail: Trail) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(trail.service.database_url.replace("+asyncpg", ""))
    yield connection
    await connection.close()


@dataclass(frozen=True)
class Statement:
    text: str
    parameters: tuple[Any, ...]


async def statement_of(trail: Trail, session: Session, query: dict[str, Any]) -> Statement:
    """What the service itself asked the database for this page."""
    engine = trail.service.app.composition.database._engine.sync_engine
    seen: list[Statement] = []

    def note(_: Any, __: Any, text: str, parameters: Any, *___: Any) -> None:
        if "FROM audit_events" in text:
            seen.append(Statement(text, tuple(parameters)))

    event.listen(engine, "before_cursor_execute", note)
    await ask(session, **query)
    event.remove(engine, "before_cursor_execute", note)
    assert len(seen) == 1
    return seen[0]


async def rows_looked_at(database: asyncpg.Connection, statement: Statement, mode: str) -> int:
    """By every scan of the plan, whether they passed or not. `mode`: of plan_cache_mode, since a driver that prepares
    its statements may get either plan.
    """
    values = ", ".join(f"'{value}'" for value in statement.parameters)
    await database.execute(f"SET plan_cache_mode = {mode}")
    await database.execute(f"PREPARE asked AS {statement.text}")
    plan = await database.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE asked({values})")
    await database.execute("DEALLOCATE asked")
    return sum(_looked_at(node) for node in _scans(json.loads(plan)[0]["Plan"]))


def _scans(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that look at rows. A bitmap's index is read before, without rows, but not from end to end either."""
    assert node["Node Type"] != "Seq Scan"
    if node["Node Type"] == "Bitmap Index Scan":
        assert node["Actual Rows"] <= ALL / 8
        return []
    below = [found for child in node.get("Plans", []) for found in _scans(child)]
    return [node, *below] if node["Node Type"].endswith("Scan") else below


def _looked_at(node: dict[str, Any]) -> int:
    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + dropped) * node["Actual Loops"])


MODES = ["force_custom_plan", "force_generic_plan"]
# With the most rows that may be looked at for a page: what passes, where times and accounts alone narrow it, and at
# worst the rows of the account.
MEMBERS = [
    ({}, PAGE + 1),
    ({"until": at(50_000)}, PAGE + 1),
    ({"since": at(99_000)}, PAGE + 1),
    ({"since": at(50_000), "until": at(51_000)}, PAGE + 1),
    ({"actor": "service_token:nobody"}, 0),
    *(
        (query, MINE)
        for query in (
            {"outcome": "!success"},
            {"outcome": "account_disabled"},
            {"actor": "service_token"},
            {"actor": "operator"},
            {"event": "account:account:deleted"},
            {"tenant_id": "nobodys"},
            {"tenant_id": "team-4", "outcome": "success", "actor": "service_token"},
        )
    ),
]
ADMINS = [
    ({}, PAGE + 1),
    ({"until": at(50_000)}, PAGE + 1),
    ({"since": at(50_000), "until": at(50_060)}, PAGE + 1),
    ({"outcome": "success"}, 2 * PAGE),
    ({"actor": "service_token:nobody"}, 0),
    ({"account_id": 1000001}, PAGE + 1),
    ({"account_id": 1000001, "outcome": "!success"}, MINE),
    ({"account_id": 1000001, "tenant_id": "nobodys"}, MINE),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("query", "most"), MEMBERS)
async def test_no_filter_on_an_account_looks_at_more_than_the_accounts_rows(
    trail: Trail, database: asyncpg.Connection, query: dict[str, Any], most: int, mode: str
) -> None:
    statement = await statement_of(trail, trail.member, {"limit": PAGE, **query})
    assert await rows_looked_at(database, statement, mode) <= most


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("query", "most"), ADMINS)
async def test_an_admins_filter_on_times_actor_or_account_looks_at_what_passes_it(
    trail: Trail, database: asyncpg.Connection, query: dict[str, Any], most: int, mode: str
) -> None:
    statement = await statement_of(trail, trail.admin, {"limit": PAGE, **query})
    assert await rows_looked_at(database, statement, mode) <= most


@pytest.mark.parametrize("mode", MODES)
async def test_a_late_page_costs_what_the_first_does(trail: Trail, database: asyncpg.Connection, mode: str) -> None:
    for session, query in ((trail.member, {"limit": PAGE}), (trail.admin, {"limit": PAGE, "outcome": "success"})):
        cursor = None
        for _ in range(15):
            cursor = (await ask(session, **query, **({"cursor": cursor} if cursor else {})))["next_cursor"]
        statement = await statement_of(trail, session, {**query, "cursor": cursor})
        assert await rows_looked_at(database, statement, mode) <= 2 * PAGE

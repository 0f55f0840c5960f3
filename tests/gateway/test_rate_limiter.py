"""The bucket of a grant: in order, shared, stopped by a 429. Over processes: tests/races.

It goes by the database's clock, which runs on: what is due is due up to a few seconds sooner than the figures say, and
never later. Time that is to pass is taken off the row.
"""

import asyncio
from datetime import datetime, timedelta

import pytest

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.audit.models import OPERATOR
from ivgraph_auth.base import Base
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.gateway.errors import RateLimitReached
from ivgraph_auth.gateway.models import Reservation, ReservationRequest
from ivgraph_auth.gateway.rate_limiter import RateLimiter
from ivgraph_auth.keys.keyring import generate_key
from tests.conftest import MakeService
from tests.connect.kit import connected
from tests.gateway.kit import ME, Agent, error_of, let_pass
from tests.support.clock import ManualClock
from tests.support.service import Json, RunningSandbox, Service, Session, run_service

SLOT = 1 / 3
SLACK = 3.0


@pytest.fixture
async def grant_id(service: Service, ada: Session) -> int:  # noqa: ARG001 -- it is hers
    (row,) = await service.rows("SELECT id FROM grants")
    found: int = row["id"]
    return found


@pytest.fixture
def budget(service: Service) -> RateLimiter:
    composition: Composition = service.app.composition
    return RateLimiter(Base(composition.database, service.clock, composition.audit, composition.liveness))


def assert_due(reservations: list[Reservation], seconds: list[float]) -> None:
    assert len(reservations) == len(seconds)
    for reservation, figure in zip(reservations, seconds, strict=True):
        assert figure - SLACK < reservation.due.total_seconds() <= figure + 0.01


async def take(budget: RateLimiter, grant_id: int, count: int, max_wait: float = 10) -> list[Reservation]:
    return [await budget.reserve(ReservationRequest(grant_id, (), max_wait, None)) for _ in range(count)]


async def test_thirty_go_at_once_and_then_three_a_second(budget: RateLimiter, grant_id: int) -> None:
    reservations = await take(budget, grant_id, 59)
    assert all(reservation.at_once for reservation in reservations[:30])
    assert_due(reservations[30:], [number * SLOT for number in range(1, 30)])
    assert [reservation.number for reservation in reservations] == list(range(1, 60))
    assert 29 >= reservations[0].state.remaining >= reservations[29].state.remaining >= 0
    assert reservations[-1].state.reset in range(17, 21)
    with pytest.raises(RateLimitReached) as spent:
        await take(budget, grant_id, 40)
    assert spent.value.retry_after in (10, 11)


async def test_a_retry_after_is_true(budget: RateLimiter, grant_id: int, service: Service) -> None:
    with pytest.raises(RateLimitReached) as spent:
        await take(budget, grant_id, 100)
    await let_pass(service, spent.value.retry_after)
    (reservation,) = await take(budget, grant_id, 1, max_wait=0)
    assert reservation.at_once


@pytest.mark.slow
async def test_over_any_window_no_more_than_thirty_and_three_a_second(
    budget: RateLimiter, grant_id: int, service: Service
) -> None:
    """By the database's clock, and by what the test let pass."""
    (row,) = await service.rows("SELECT extract(epoch FROM clock_timestamp())::float AS now")
    start, passed, sent = row["now"], 0.0, []
    for pause in (0, 0.1, 3, 0, 12, 0.2, 30, 0.05) * 3:
        await let_pass(service, pause)
        passed += pause
        for _ in range(25):
            try:
                (reservation,) = await take(budget, grant_id, 1)
            except RateLimitReached:
                break
            (row,) = await service.rows("SELECT extract(epoch FROM clock_timestamp())::float AS now")
            sent.append(row["now"] - start + passed + max(0.0, reservation.due.total_seconds()))
    assert len(sent) > 100
    for index, begin in enumerate(sent):
        for count, end in enumerate(sent[index:], start=1):
            assert count <= 30 + 3 * (max(end, begin) - begin + SLACK)


async def test_a_pause_moves_everybody_on_and_counts_once(budget: RateLimiter, grant_id: int, service: Service) -> None:
    await empty(service, budget, grant_id)
    waiting = await take(budget, grant_id, 3)
    for _ in range(5):
        await budget.stop(grant_id, 60)
    # As whoever wakes up sees it.
    (row,) = await service.rows("SELECT * FROM grant_budgets")
    (behind,) = await take(budget, grant_id, 1, max_wait=100)
    assert_due([behind], [60 + 9 + 4 * SLOT])
    await let_pass(service, 60)
    (again,) = await service.rows("SELECT * FROM grant_budgets")
    assert (row["issued"], again["issued"]) == (waiting[-1].number, behind.number)
    with pytest.raises(RateLimitReached) as spent:
        await budget.wait(waiting[0], 1)
    assert spent.value.retry_after in range(7, 11)


async def empty(service: Service, budget: RateLimiter, grant_id: int) -> None:
    """So far below nothing that the next has nine seconds to wait, which no test of this file lasts."""
    await take(budget, grant_id, 1)
    await service.execute("UPDATE grant_budgets SET full_at = clock_timestamp() + interval '19 seconds'")


async def test_after_a_pause_nobody_bursts(budget: RateLimiter, grant_id: int) -> None:
    await budget.stop(grant_id, 8)
    assert (await budget.state(grant_id)).remaining == 0
    assert_due(await take(budget, grant_id, 3), [8, 8 + SLOT, 8 + 2 * SLOT])


@pytest.mark.parametrize("seconds", [301, 86400, 2**31 - 1])
async def test_a_pause_is_kept_for_five_minutes_at_most(budget: RateLimiter, grant_id: int, seconds: float) -> None:
    for _ in range(2):
        await budget.stop(grant_id, seconds)
    (reservation,) = await take(budget, grant_id, 1, max_wait=400)
    assert_due([reservation], [300])


async def test_a_row_of_another_clock_stops_nobody(budget: RateLimiter, grant_id: int, service: Service) -> None:
    """Written when the database's clock was an hour ahead, or by a version that went by its own."""
    await take(budget, grant_id, 1)
    ahead = (
        "UPDATE grant_budgets SET full_at = full_at + interval '1 h', stopped_until = stopped_until + interval '1 h'"
    )
    await service.execute(ahead)
    (reservation,) = await take(budget, grant_id, 1)
    assert reservation.at_once
    await service.execute(ahead)
    await budget.stop(grant_id, 60)
    (reservation,) = await take(budget, grant_id, 1, max_wait=400)
    assert_due([reservation], [60])


async def test_background_work_leaves_room_for_agents(budget: RateLimiter, grant_id: int) -> None:
    for _ in range(15):
        await budget.reserve_spare(grant_id, leave_seconds=5)
    with pytest.raises(RateLimitReached):
        await budget.reserve_spare(grant_id, leave_seconds=5)
    await take(budget, grant_id, 15, max_wait=0)


async def test_what_counts_as_less_than_a_call_takes_less_of_the_bucket(budget: RateLimiter, grant_id: int) -> None:
    for _ in range(150):
        await budget.reserve_spare(grant_id, leave_seconds=5, weight=0.01)
    await take(budget, grant_id, 28, max_wait=0)


@pytest.mark.slow
async def test_callers_wait_their_turn_and_another_grants_do_not(service: Service, agent: Agent) -> None:
    await connected(service, agent.owner, "notes", workspace="notebook")
    agent.owner.me = (await agent.owner.client.get("/api/auth/me/", headers=agent.owner.bearer)).json()
    other = await Agent.of(service, agent.owner)
    assert (await agent.invoke(*ME)).status_code == 200
    # The next has two seconds to wait.
    await service.execute("UPDATE grant_budgets SET issued = 30, full_at = clock_timestamp() + interval '12 seconds'")
    agent.forget()
    waiting = [asyncio.create_task(agent.invoke(*ME)) for _ in range(3)]
    issued = "SELECT issued FROM grant_budgets ORDER BY issued DESC LIMIT 1"
    while (await service.rows(issued))[0]["issued"] < 33:
        pass
    assert (await other.invoke(*ME, tenant="notes")).status_code == 200
    assert agent.asked() == ["GET /v1/users/me"]
    assert not any(task.done() for task in waiting)
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200, 200]


async def test_who_would_wait_too_long_is_told_at_once(agent: Agent) -> None:
    await agent.invoke(*ME)
    await agent.service.execute("UPDATE grant_budgets SET full_at = clock_timestamp() + interval '70 seconds'")
    agent.forget()
    for answer in (await agent.invoke(*ME), await agent.notion("GET", "users/me")):
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) in range(56, 62)
    assert error_of(await agent.invoke(*ME))["code"] == "rate_limited"
    assert agent.asked() == []
    assert [row["outcome"] for row in (await agent.trail())[1:]] == ["rate_limited"] * 3


class OneHourAhead(ManualClock):
    def now(self) -> datetime:
        return super().now() + timedelta(hours=1)


async def test_a_server_whose_clock_is_ahead_stops_nobody(make_service: MakeService, sandbox: RunningSandbox) -> None:
    keys: Json = {"secret_key": random_token(), "encryption_keys": generate_key("both")}
    right = await make_service(**keys)
    agent = await Agent.of(right, await right.sign_in("ada"))
    async with run_service(OneHourAhead(), sandbox, database_url=right.database_url, **keys) as ahead:
        elsewhere = Agent(ahead, Session(await ahead.browser(), {}), agent.token, agent.tenant)
        for _ in range(3):
            assert (await elsewhere.invoke(*ME)).status_code == 200
            answer = await agent.invoke(*ME)
            assert answer.status_code == 200, answer.text
        agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=20)
        assert (await agent.notion("GET", "users/me")).status_code == 429
        # A pause is one to both, and over for both at the same time.
        told = await elsewhere.notion("GET", "users/me")
        assert (told.status_code, int(told.headers["retry-after"]) in range(15, 22)) == (429, True)
        await let_pass(right, 20)
        assert (await elsewhere.notion("GET", "users/me")).status_code == 200


async def test_a_day_is_told_and_not_kept(agent: Agent) -> None:
    agent.forget()
    agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=86400, times=2)
    told = await agent.invoke(*ME)
    assert (told.status_code, told.headers["retry-after"]) == (429, "86400")
    await let_pass(agent.service, 300)
    told = await agent.notion("GET", "users/me")
    assert (told.status_code, told.headers["retry-after"]) == (429, "86400")
    assert agent.asked() == ["GET /v1/users/me"] * 2
    assert int((await agent.invoke(*ME)).headers["retry-after"]) in range(295, 302)
    await let_pass(agent.service, 300)
    assert (await agent.invoke(*ME)).status_code == 200


@pytest.mark.parametrize("way", ["an operator", "a consent"])
async def test_a_pause_can_be_forgotten(agent: Agent, way: str) -> None:
    agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=200)
    assert (await agent.notion("GET", "users/me")).status_code == 429
    assert (await agent.invoke(*ME)).status_code == 429
    if way == "an operator":
        tenant = Tenant(int(agent.owner.me["id"]), agent.tenant)
        await agent.service.app.composition.services.connections.resume(tenant, OPERATOR, ClientInfo())
        assert ("account:connection:resumed", "success") in await agent.service.audit()
    else:
        await agent.service.sign_in("ada", client=agent.owner.client)
    answer = await agent.invoke(*ME)
    assert answer.status_code == 200, answer.text
    # One call goes at once, and those behind it at Notion's rate.
    assert int(answer.headers["x-ivgraph-budget-remaining"]) < 25

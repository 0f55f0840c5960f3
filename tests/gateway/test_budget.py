"""The bucket of a grant: in order, shared, stopped by a 429. Over processes: tests/races."""

import asyncio
from datetime import timedelta

import pytest

from ivgraph_auth.app.compose import Composition
from ivgraph_auth.vault.budget import Budget
from ivgraph_auth.vault.errors import BudgetSpent
from ivgraph_auth.vault.models import Take, Ticket
from tests.connect.kit import connected
from tests.gateway.kit import ME, Agent, error_of
from tests.support.clock import ManualClock
from tests.support.service import Service, Session

SLOT = 1 / 3


@pytest.fixture
async def grant_id(service: Service, ada: Session) -> int:  # noqa: ARG001 -- it is hers
    (row,) = await service.rows("SELECT id FROM grants")
    found: int = row["id"]
    return found


@pytest.fixture
def budget(service: Service) -> Budget:
    composition: Composition = service.app.state.composition
    return Budget(database=composition.database, clock=service.clock)


def dues(tickets: list[Ticket], clock: ManualClock) -> list[float]:
    return [round((ticket.due - clock.now()).total_seconds(), 2) for ticket in tickets]


async def take(budget: Budget, grant_id: int, count: int, patience: float = 10) -> list[Ticket]:
    return [await budget.take(Take(grant_id, (), patience, None)) for _ in range(count)]


async def test_thirty_go_at_once_and_then_three_a_second(budget: Budget, grant_id: int, service: Service) -> None:
    tickets = await take(budget, grant_id, 59)
    due = dues(tickets, service.clock)
    assert all(seconds <= 0 for seconds in due[:30])
    assert due[30:] == [round(number * SLOT, 2) for number in range(1, 30)]
    assert [ticket.number for ticket in tickets] == list(range(1, 60))
    assert [ticket.state.remaining for ticket in tickets[:31]] == [*range(29, -1, -1), 0]
    assert tickets[-1].state.reset == 20
    with pytest.raises(BudgetSpent) as spent:
        await take(budget, grant_id, 1)
    assert spent.value.retry_after == 11


async def test_a_retry_after_is_true(budget: Budget, grant_id: int, service: Service) -> None:
    await take(budget, grant_id, 59)
    with pytest.raises(BudgetSpent) as spent:
        await take(budget, grant_id, 1)
    service.clock.advance(seconds=spent.value.retry_after)
    (ticket,) = await take(budget, grant_id, 1, patience=0)
    assert ticket.due <= service.clock.now()


async def test_over_any_window_no_more_than_thirty_and_three_a_second(
    budget: Budget, grant_id: int, service: Service
) -> None:
    start, sent = service.clock.now(), []
    for pause in (0, 0.1, 3, 0, 12, 0.2, 30, 0.05) * 3:
        service.clock.advance(seconds=pause)
        for _ in range(25):
            try:
                (ticket,) = await take(budget, grant_id, 1)
            except BudgetSpent:
                break
            sent.append(max((ticket.due - start).total_seconds(), (service.clock.now() - start).total_seconds()))
    assert len(sent) > 100
    assert sent == sorted(sent)
    for index, begin in enumerate(sent):
        for count, end in enumerate(sent[index:], start=1):
            assert count <= 30 + 3 * (end - begin) + 0.01


async def test_a_pause_moves_everybody_on_and_counts_once(budget: Budget, grant_id: int, service: Service) -> None:
    waiting = (await take(budget, grant_id, 33))[30:]
    for _ in range(5):
        await budget.stop(grant_id, 4)
    # As whoever wakes up sees it.
    with pytest.raises(BudgetSpent) as spent:
        await budget.wait(waiting[0], 1)
    assert spent.value.retry_after == 6
    (behind,) = await take(budget, grant_id, 1)
    assert dues([behind], service.clock) == [round(4 + 4 * SLOT, 2)]
    service.clock.advance(seconds=4.01 + SLOT)
    await budget.wait(waiting[0], 0)
    with pytest.raises(BudgetSpent):
        await budget.wait(waiting[1], 0)


async def test_after_a_pause_nobody_bursts(budget: Budget, grant_id: int, service: Service) -> None:
    await budget.stop(grant_id, 3)
    assert (await budget.state(grant_id)).remaining == 0
    assert dues(await take(budget, grant_id, 3), service.clock) == [3, 3.33, 3.67]


async def test_a_clock_that_is_behind_lets_nobody_through_early(
    budget: Budget, grant_id: int, service: Service
) -> None:
    await take(budget, grant_id, 30)

    class Behind(ManualClock):
        def now(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 -- as the base
            return service.clock.now() - timedelta(seconds=5)

    composition: Composition = service.app.state.composition
    other = Budget(database=composition.database, clock=Behind())
    (ticket,) = await take(other, grant_id, 1)
    assert dues([ticket], service.clock) == [0.33]


async def test_background_work_leaves_room_for_agents(budget: Budget, grant_id: int) -> None:
    """It takes with a patience below zero, and waits while less than so many seconds' worth is left."""
    await take(budget, grant_id, 15, patience=-5)
    with pytest.raises(BudgetSpent):
        await take(budget, grant_id, 1, patience=-5)
    await take(budget, grant_id, 15, patience=0)


async def test_callers_wait_their_turn_and_another_grants_do_not(service: Service, agent: Agent) -> None:
    await connected(service, agent.owner, "notes", workspace="notebook")
    agent.owner.me = (await agent.owner.client.get("/api/auth/me/", headers=agent.owner.bearer)).json()
    other = await Agent.of(service, agent.owner)
    for _ in range(30):
        assert (await agent.invoke(*ME)).status_code == 200
    agent.forget()
    waiting = [asyncio.create_task(agent.invoke(*ME)) for _ in range(3)]
    issued = "SELECT issued FROM grant_budgets ORDER BY issued DESC LIMIT 1"
    while (await service.rows(issued))[0]["issued"] < 33:
        pass
    assert (await other.invoke(*ME, tenant="notes")).status_code == 200
    assert agent.asked() == ["GET /v1/users/me"]
    assert not any(task.done() for task in waiting)
    service.clock.advance(seconds=2)
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200, 200]


async def test_who_would_wait_too_long_is_told_at_once(agent: Agent) -> None:
    for _ in range(30):
        await agent.invoke(*ME)
    await agent.service.execute("UPDATE grant_budgets SET full_at = full_at + interval '60 seconds'")
    agent.forget()
    for answer in (await agent.invoke(*ME), await agent.notion("GET", "users/me")):
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "61"
    assert error_of(await agent.invoke(*ME))["code"] == "rate_limited"
    assert agent.asked() == []
    assert [row["outcome"] for row in (await agent.trail())[30:]] == ["rate_limited"] * 3

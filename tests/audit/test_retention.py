"""What is past its retention goes, however it ended."""

from datetime import timedelta

from ivgraph_auth.app.workers import prune
from tests.conftest import MakeService

ADD = """
    INSERT INTO audit_events (at, event, outcome, actor_kind, operation)
    SELECT :at, 'agent:notion:called', outcome, 'service_token', :operation
    FROM unnest(ARRAY['started', 'success', 'rate_limited']) AS outcome
"""


async def test_a_call_that_never_ended_goes_with_the_others(make_service: MakeService) -> None:
    service = await make_service(audit_retention_days=30)
    limit = service.clock.now() - timedelta(days=30)
    for operation, at in (("old", limit - timedelta(seconds=1)), ("kept", limit), ("new", service.clock.now())):
        await service.execute(ADD, at=at, operation=operation)
    assert await prune(service.app.composition) == 3
    kept = await service.rows("SELECT operation, outcome FROM audit_events ORDER BY id")
    assert [row["operation"] for row in kept] == ["kept"] * 3 + ["new"] * 3
    assert [row["outcome"] for row in kept[:3]] == ["started", "success", "rate_limited"]


async def test_more_than_one_batch_goes_in_one_round(make_service: MakeService) -> None:
    service = await make_service(audit_retention_days=30)
    await service.execute(
        "INSERT INTO audit_events (at, event, outcome, actor_kind) "
        "SELECT :at, 'agent:notion:called', 'started', 'service_token' FROM generate_series(1, 2500)",
        at=service.clock.now() - timedelta(days=31),
    )
    assert await prune(service.app.composition) == 2500
    assert await service.audit() == []

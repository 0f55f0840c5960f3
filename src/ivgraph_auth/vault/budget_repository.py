"""How much of Notion's rate limit is left to a grant, in statements that every call of every agent makes.

What the row holds is written and read by the database's clock alone, and answered in durations: the processes that
share it may have clocks of their own.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, text

from ivgraph_auth.audit.models import Entry, Outcome
from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.vault.models import BudgetRow, SealedGrant, Take
from ivgraph_auth.vault.repository import sealed_grant
from ivgraph_auth.vault.tables import grant_budgets, grants

# Later than anything could have made them they were written by another clock, and say nothing: the database's may have
# been set back.
_FULL_AT, _STOPPED_UNTIL = (
    f"CASE WHEN budget.{name} <= clock_timestamp() + CAST(:most AS interval) THEN budget.{name} END"
    for name in ("full_at", "stopped_until")
)
# One round trip, since every call of every agent makes it: a place in the bucket, the audit row, the credential. The
# bucket's row is locked for this statement alone.
_TAKE = text(
    f"""
    WITH taken AS (
      INSERT INTO grant_budgets AS budget (grant_id, issued, full_at, stopped_until)
      SELECT id, 1, clock_timestamp() + CAST(:call AS interval), clock_timestamp() FROM grants
      WHERE id = :grant_id AND status = 'active'
        AND (cardinality(CAST(:needs AS text[])) = 0 OR capabilities IS NULL OR capabilities && CAST(:needs AS text[]))
      ON CONFLICT (grant_id) DO UPDATE
      SET issued = budget.issued + 1,
          full_at = greatest({_FULL_AT}, clock_timestamp()) + CAST(:call AS interval)
      WHERE greatest({_FULL_AT}, clock_timestamp()) + CAST(:call AS interval) - CAST(:burst AS interval)
        <= clock_timestamp() + CAST(:patience AS interval)
      RETURNING issued, full_at, stopped_until
    ), started AS (
      INSERT INTO audit_events
        (at, event, outcome, account_id, actor_kind, actor_id, tenant_id, operation, request_id, address, user_agent)
      SELECT CAST(:at AS timestamptz), :event, :outcome, :account_id, :actor_kind, :actor_id, :tenant_id, :operation,
        :request_id, :address, :user_agent
      FROM taken WHERE CAST(:audited AS boolean)
      RETURNING id
    )
    SELECT taken.issued, taken.full_at - clock_timestamp() AS until_full,
      taken.stopped_until - clock_timestamp() AS stopped_for, started.id AS audit_id,
      grants.id, grants.client_id, grants.workspace_id, grants.bot_id, grants.owner, grants.sealed, grants.status
    FROM taken JOIN grants ON grants.id = :grant_id LEFT JOIN started ON true
    """  # noqa: S608 -- no input
)
_NO_ENTRY = dict.fromkeys(
    ("event", "account_id", "actor_kind", "actor_id", "tenant_id", "operation", "request_id", "address", "user_agent")
)


async def take(
    connection: Connection, take: Take, at: datetime, *, call: timedelta, burst: timedelta, most: timedelta
) -> tuple[BudgetRow, SealedGrant, int | None] | None:
    """None when the grant does not act, lacks the capability, or its turn would come too late. `at` is for the audit
    trail, whose rows are timed by the processes that write them.
    """
    values = {
        "at": at,
        "call": call,
        "burst": burst,
        "most": most,
        "patience": timedelta(seconds=take.patience),
        "grant_id": take.grant_id,
        "needs": list(take.needs),
        "outcome": Outcome.STARTED.value,
        "audited": take.entry is not None,
        **(_entry(take.entry) if take.entry else _NO_ENTRY),
    }
    row = (await connection.execute(_TAKE, values)).one_or_none()
    return (_budget(row), sealed_grant(row), row.audit_id) if row else None


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "event": entry.event.value,
        "account_id": entry.account_id,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "tenant_id": entry.tenant_id,
        "operation": entry.operation,
        "request_id": entry.caller.request_id,
        "address": entry.caller.address,
        "user_agent": entry.caller.user_agent,
    }


# While calls wait, all of them move on by the pause; what is left of an earlier pause is no part of it.
_STOP = text(
    f"""
    INSERT INTO grant_budgets AS budget (grant_id, issued, full_at, stopped_until)
    SELECT id, 0, clock_timestamp() + CAST(:pause AS interval) + CAST(:full AS interval),
      clock_timestamp() + CAST(:pause AS interval)
    FROM grants WHERE id = :grant_id
    ON CONFLICT (grant_id) DO UPDATE
    SET full_at = greatest({_FULL_AT}, clock_timestamp() + CAST(:full AS interval))
          + greatest(clock_timestamp() + CAST(:pause AS interval) - greatest({_STOPPED_UNTIL}, clock_timestamp()),
                     interval '0'),
        stopped_until = greatest({_STOPPED_UNTIL}, clock_timestamp() + CAST(:pause AS interval))
    """  # noqa: S608 -- no input
)
# The other way round: who waits moves back by what is left of the pause, and the order stays.
_RESUME = text(
    """
    UPDATE grant_budgets
    SET full_at = least(full_at - (stopped_until - clock_timestamp()), clock_timestamp() + CAST(:most AS interval)),
        stopped_until = clock_timestamp()
    WHERE grant_id = :grant_id AND stopped_until > clock_timestamp()
    RETURNING grant_id
    """
)
_BUDGET = select(
    grant_budgets.c.issued,
    (grant_budgets.c.full_at - func.clock_timestamp()).label("until_full"),
    (grant_budgets.c.stopped_until - func.clock_timestamp()).label("stopped_for"),
).where(grant_budgets.c.grant_id == bindparam("grant_id"))
_STANDING = select(grants.c.status, grants.c.capabilities).where(grants.c.id == bindparam("grant_id"))


async def stop(connection: Connection, grant_id: int, pause: timedelta, *, full: timedelta, most: timedelta) -> None:
    await connection.execute(_STOP, {"grant_id": grant_id, "pause": pause, "full": full, "most": most})


async def resume(connection: Connection, grant_id: int, *, most: timedelta) -> bool:
    """False when there was no pause."""
    values = {"grant_id": grant_id, "most": most}
    return (await connection.execute(_RESUME, values)).one_or_none() is not None


async def budget(connection: Connection, grant_id: int) -> BudgetRow | None:
    row = (await connection.execute(_BUDGET, {"grant_id": grant_id})).one_or_none()
    return _budget(row) if row else None


async def snapshot(connection: Connection, grant_id: int) -> tuple[str, list[str] | None] | None:
    """The status, and what Notion has told of its capabilities."""
    row = (await connection.execute(_STANDING, {"grant_id": grant_id})).one_or_none()
    return (row.status, row.capabilities) if row else None


def _budget(row: Row) -> BudgetRow:
    return BudgetRow(row.issued, row.until_full, row.stopped_for)

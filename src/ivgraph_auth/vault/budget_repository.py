"""How much of Notion's rate limit is left to a grant, in statements that every call of every agent makes."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, text

from ivgraph_auth.audit.models import Entry
from ivgraph_auth.core.database import AnyRow
from ivgraph_auth.core.direct import Direct
from ivgraph_auth.vault.models import BudgetRow, SealedGrant, Take
from ivgraph_auth.vault.repository import sealed_grant
from ivgraph_auth.vault.tables import grant_budgets, grants

# One round trip, since every call of every agent makes it: a place in the bucket, the audit row, the credential. The
# bucket's row is locked for this statement alone.
_TAKE = text(
    """
    WITH taken AS (
      INSERT INTO grant_budgets AS budget (grant_id, issued, full_at, stopped_until)
      SELECT id, 1, CAST(:now AS timestamptz) + CAST(:call AS interval), CAST(:now AS timestamptz) FROM grants
      WHERE id = :grant_id AND status = 'active'
        AND (cardinality(CAST(:needs AS text[])) = 0 OR capabilities IS NULL OR capabilities && CAST(:needs AS text[]))
      ON CONFLICT (grant_id) DO UPDATE
      SET issued = budget.issued + 1,
          full_at = greatest(budget.full_at, CAST(:now AS timestamptz)) + CAST(:call AS interval)
      WHERE greatest(budget.full_at, CAST(:now AS timestamptz)) + CAST(:call AS interval) - CAST(:burst AS interval)
        <= CAST(:now AS timestamptz) + CAST(:patience AS interval)
      RETURNING issued, full_at, stopped_until
    ), started AS (
      INSERT INTO audit_events
        (at, event, outcome, account_id, actor_kind, actor_id, tenant_id, operation, request_id, address, user_agent)
      SELECT CAST(:now AS timestamptz), :event, 'started', :account_id, :actor_kind, :actor_id, :tenant_id, :operation,
        :request_id, :address, :user_agent
      FROM taken WHERE CAST(:audited AS boolean)
      RETURNING id
    )
    SELECT taken.issued, taken.full_at, taken.stopped_until, started.id AS audit_id,
      grants.id, grants.client_id, grants.workspace_id, grants.bot_id, grants.sealed, grants.status
    FROM taken JOIN grants ON grants.id = :grant_id LEFT JOIN started ON true
    """
)
_NO_ENTRY = dict.fromkeys(
    ("event", "account_id", "actor_kind", "actor_id", "tenant_id", "operation", "request_id", "address", "user_agent")
)


async def take(
    connection: Direct, take: Take, now: datetime, *, call: timedelta, burst: timedelta
) -> tuple[BudgetRow, SealedGrant, int | None] | None:
    """None when the grant does not act, lacks the capability, or its turn would come too late."""
    values = {
        "now": now,
        "call": call,
        "burst": burst,
        "patience": timedelta(seconds=take.patience),
        "grant_id": take.grant_id,
        "needs": list(take.needs),
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
    """
    INSERT INTO grant_budgets AS budget (grant_id, issued, full_at, stopped_until)
    SELECT id, 0, CAST(:until AS timestamptz) + CAST(:full AS interval), CAST(:until AS timestamptz) FROM grants
    WHERE id = :grant_id
    ON CONFLICT (grant_id) DO UPDATE
    SET full_at = greatest(budget.full_at, CAST(:now AS timestamptz) + CAST(:full AS interval))
          + greatest(CAST(:until AS timestamptz) - greatest(budget.stopped_until, CAST(:now AS timestamptz)),
                     interval '0'),
        stopped_until = greatest(budget.stopped_until, CAST(:until AS timestamptz))
    """
)
_BUDGET = select(grant_budgets).where(grant_budgets.c.grant_id == bindparam("grant_id"))
_STANDING = select(grants.c.status, grants.c.capabilities).where(grants.c.id == bindparam("grant_id"))


async def stop(connection: Direct, grant_id: int, now: datetime, until: datetime, *, full: timedelta) -> None:
    await connection.execute(_STOP, {"grant_id": grant_id, "now": now, "until": until, "full": full})


async def budget(connection: Direct, grant_id: int) -> BudgetRow | None:
    row = (await connection.execute(_BUDGET, {"grant_id": grant_id})).one_or_none()
    return _budget(row) if row else None


async def standing(connection: Direct, grant_id: int) -> tuple[str, list[str] | None] | None:
    """The status, and what Notion has told of its capabilities."""
    row = (await connection.execute(_STANDING, {"grant_id": grant_id})).one_or_none()
    return (row.status, row.capabilities) if row else None


def _budget(row: AnyRow) -> BudgetRow:
    return BudgetRow(row.issued, row.full_at, row.stopped_until)

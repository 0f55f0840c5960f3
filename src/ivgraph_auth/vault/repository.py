import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ivgraph_auth.audit.models import Entry
from ivgraph_auth.core.database import AnyRow
from ivgraph_auth.core.direct import Direct
from ivgraph_auth.vault.models import (
    BudgetRow,
    GrantDetails,
    GrantKey,
    InterruptedRefresh,
    SealedCredential,
    SealedGrant,
    SealedTable,
    Take,
)
from ivgraph_auth.vault.tables import grant_budgets, grant_refreshes, grants

_SEALED = (grants.c.id, grants.c.client_id, grants.c.workspace_id, grants.c.bot_id, grants.c.sealed, grants.c.status)


def _identity(row: Mapping[str, Any]) -> str:
    return GrantKey(row["client_id"], row["workspace_id"], row["bot_id"]).identity


SEALED_GRANTS = SealedTable(
    table=grants,
    row="connection",
    id=grants.c.id,
    sealed=grants.c.sealed,
    key_id=grants.c.key_id,
    bound_to=(grants.c.client_id, grants.c.workspace_id, grants.c.bot_id),
    identity=_identity,
)


async def upsert(
    connection: AsyncConnection, key: GrantKey, details: GrantDetails, sealed: SealedCredential, now: datetime
) -> int:
    """Puts the newest credential in place of an older one; the grant is active again."""
    changing = {
        "workspace_name": details.workspace_name,
        "workspace_icon": details.workspace_icon,
        "owner_notion_user_id": details.owner_notion_user_id,
        "owner_name": details.owner_name,
        "status": "active",
        "sealed": sealed.sealed,
        "key_id": sealed.key_id,
        "updated_at": now,
    }
    row = {"client_id": key.client_id, "workspace_id": key.workspace_id, "bot_id": key.bot_id, "created_at": now}
    statement = (
        insert(grants)
        .values(row | changing)
        .on_conflict_do_update(
            index_elements=[grants.c.client_id, grants.c.workspace_id, grants.c.bot_id], set_=changing
        )
        .returning(grants.c.id)
    )
    grant_id: int = (await connection.execute(statement)).scalar_one()
    return grant_id


async def replace(
    connection: AsyncConnection, grant_id: int, before: bytes, sealed: SealedCredential, now: datetime
) -> bool:
    statement = (
        update(grants)
        .where(grants.c.id == grant_id, grants.c.sealed == before)
        .values(sealed=sealed.sealed, key_id=sealed.key_id, updated_at=now)
    )
    return (await connection.execute(statement)).rowcount == 1


async def sealed(connection: AsyncConnection, grant_ids: list[int]) -> list[SealedGrant]:
    rows = await connection.execute(select(*_SEALED).where(grants.c.id.in_(grant_ids)).order_by(grants.c.id))
    return [_sealed(row) for row in rows]


async def find(connection: AsyncConnection, key: GrantKey) -> int | None:
    mine = (
        grants.c.client_id == key.client_id,
        grants.c.workspace_id == key.workspace_id,
        grants.c.bot_id == key.bot_id,
    )
    return (await connection.execute(select(grants.c.id).where(*mine))).scalar_one_or_none()


async def remove(connection: AsyncConnection, grant_ids: list[int]) -> None:
    await connection.execute(delete(grants).where(grants.c.id.in_(grant_ids)))


def _sealed(row: AnyRow) -> SealedGrant:
    return SealedGrant(row.id, GrantKey(row.client_id, row.workspace_id, row.bot_id), row.sealed, row.status)


async def claim_refresh(
    connection: AsyncConnection, grant_id: int, attempt_id: uuid.UUID, now: datetime, held_until: datetime
) -> bool:
    """False while somebody else holds it. One that was never finished is remembered as interrupted."""
    journal = grant_refreshes.c
    fresh = insert(grant_refreshes).values(
        grant_id=grant_id, attempt_id=attempt_id, started_at=now, held_until=held_until
    )
    claimed = fresh.on_conflict_do_update(
        index_elements=[journal.grant_id],
        set_={
            "attempt_id": attempt_id,
            "started_at": now,
            "held_until": held_until,
            "interrupted_at": func.coalesce(journal.interrupted_at, journal.started_at),
        },
        where=journal.held_until <= now,
    )
    return (await connection.execute(claimed.returning(journal.grant_id))).one_or_none() is not None


async def settle_refresh(connection: AsyncConnection, grant_id: int, attempt_id: uuid.UUID) -> None:
    """The attempt is over, and nothing of it is lost."""
    journal = grant_refreshes.c
    await connection.execute(
        delete(grant_refreshes).where(journal.grant_id == grant_id, journal.attempt_id == attempt_id)
    )


async def refuse_refresh(connection: AsyncConnection, grant_id: int, attempt_id: uuid.UUID, now: datetime) -> None:
    """Notion said no. When an earlier attempt was interrupted, that may be why, and the row goes on telling of it."""
    journal = grant_refreshes.c
    mine = (journal.grant_id == grant_id, journal.attempt_id == attempt_id)
    await connection.execute(delete(grant_refreshes).where(*mine, journal.interrupted_at.is_(None)))
    await connection.execute(update(grant_refreshes).where(*mine).values(held_until=now))


async def release_refresh(connection: AsyncConnection, grant_id: int, attempt_id: uuid.UUID, now: datetime) -> None:
    """The attempt is over, and what Notion did is not known: others may try, and the row tells of it."""
    journal = grant_refreshes.c
    await connection.execute(
        update(grant_refreshes)
        .where(journal.grant_id == grant_id, journal.attempt_id == attempt_id)
        .values(held_until=now, interrupted_at=func.coalesce(journal.interrupted_at, journal.started_at))
    )


async def forget_refresh(connection: AsyncConnection, grant_id: int) -> None:
    """A consent has brought a pair that no earlier attempt has anything to do with."""
    await connection.execute(delete(grant_refreshes).where(grant_refreshes.c.grant_id == grant_id))


async def set_status(connection: AsyncConnection, grant_id: int, sealed: bytes, status: str, now: datetime) -> bool:
    """Only while the credential is the one that was judged."""
    statement = (
        update(grants)
        .where(grants.c.id == grant_id, grants.c.sealed == sealed)
        .values(status=status, updated_at=now)
        .returning(grants.c.id)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def validated(connection: AsyncConnection, grant_id: int, capabilities: list[str] | None, now: datetime) -> None:
    """None: Notion did not tell the capabilities, and what is known of them stays."""
    values: dict[str, object] = {"last_validated_at": now}
    if capabilities is not None:
        values["capabilities"] = capabilities
    await connection.execute(update(grants).where(grants.c.id == grant_id).values(values))


async def interrupted(connection: AsyncConnection, now: datetime) -> list[InterruptedRefresh]:
    """Attempts that nobody finished: their process died, or Notion's answer never came."""
    journal = grant_refreshes.c
    query = (
        select(journal.grant_id, func.coalesce(journal.interrupted_at, journal.started_at).label("at"), grants.c.status)
        .join(grants, grants.c.id == journal.grant_id)
        .where(journal.held_until <= now)
        .order_by(journal.grant_id)
    )
    return [InterruptedRefresh(row.grant_id, row.at, row.status) for row in await connection.execute(query)]


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
    return (_budget(row), _sealed(row), row.audit_id) if row else None


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

"""States of authorization requests, and consents that wait for a decision."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.connect.models import ClaimedConsent, ClaimedState, PendingConsent, StateRequest, StateUse, Tenant
from ivgraph_auth.connect.tables import authorization_states, pending_consents
from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.keys.models import SealedTable
from ivgraph_auth.vault.models import SealedCredential


def pending_identity(id_hash: bytes) -> str:
    """What the code that waits is bound to."""
    return f"pending_consent:{id_hash.hex()}"


SEALED_CONSENTS = SealedTable(
    table=pending_consents,
    row="waiting consent",
    id=pending_consents.c.id_hash,
    sealed=pending_consents.c.sealed,
    key_id=pending_consents.c.key_id,
    bound_to=(pending_consents.c.id_hash,),
    identity=lambda row: pending_identity(row["id_hash"]),
)


async def add_state(
    connection: Connection,
    request: StateRequest,
    *,
    state_hash: bytes,
    browser_hash: bytes,
    now: ColumnElement[datetime],
    expires_at: ColumnElement[datetime],
) -> None:
    row = {
        "state_hash": state_hash,
        "flow": request.flow.value,
        "browser_hash": browser_hash,
        "next_path": request.next_path,
        "client_state": request.client_state,
        "code_challenge": request.code_challenge,
        "account_id": request.tenant and request.tenant.account_id,
        "tenant_id": request.tenant and request.tenant.tenant_id,
        "created_at": now,
        "expires_at": expires_at,
    }
    await connection.execute(insert(authorization_states).values(row))


async def claim_state(connection: Connection, use: StateUse) -> ClaimedState | None:
    """Uses the state up, when it is this flow's and this browser's, unused and in time."""
    table = authorization_states.c
    statement = (
        update(authorization_states)
        .where(
            table.state_hash == use.state_hash,
            table.flow == use.flow.value,
            table.browser_hash == use.browser_hash,
            table.claimed_at.is_(None),
            table.expires_at > use.now,
        )
        .values(claimed_at=use.now)
        .returning(table.next_path, table.client_state, table.code_challenge)
    )
    row = (await connection.execute(statement)).one_or_none()
    return ClaimedState(row.next_path, row.client_state, row.code_challenge) if row else None


async def claim_consent(connection: Connection, use: StateUse) -> ClaimedConsent | None:
    """Uses the state up, whichever browser brings it."""
    table = authorization_states.c
    statement = (
        update(authorization_states)
        .where(
            table.state_hash == use.state_hash,
            table.flow == use.flow.value,
            table.claimed_at.is_(None),
            table.expires_at > use.now,
        )
        .values(claimed_at=use.now)
        .returning(table.account_id, table.tenant_id, table.browser_hash)
    )
    row = (await connection.execute(statement)).one_or_none()
    same = row is not None and row.browser_hash == use.browser_hash
    return ClaimedConsent(Tenant(row.account_id, row.tenant_id), same_browser=same) if row else None


async def why_not_claimed(connection: Connection, use: StateUse) -> str:
    """For the audit row alone."""
    table = authorization_states.c
    query = select(
        case(
            (table.flow != use.flow.value, "state_of_other_flow"),
            (table.claimed_at.is_not(None), "state_used"),
            (table.expires_at <= use.now, "state_expired"),
            (table.browser_hash != use.browser_hash, "state_of_other_browser"),
            else_="state_unknown",
        )
    ).where(table.state_hash == use.state_hash)
    return (await connection.execute(query)).scalar_one_or_none() or "state_unknown"


async def prune_states(connection: Connection, now: ColumnElement[datetime], most: int) -> int:
    table = authorization_states.c
    old = select(table.state_hash).where(table.expires_at < now).limit(most)
    return await count_changed(connection, delete(authorization_states).where(table.state_hash.in_(old)))


async def add_pending(
    connection: Connection, id_hash: bytes, pending: PendingConsent, expires_at: ColumnElement[datetime]
) -> None:
    row = {
        "id_hash": id_hash,
        "browser_hash": pending.browser_hash,
        "account_id": pending.tenant.account_id,
        "tenant_id": pending.tenant.tenant_id,
        "sealed": pending.sealed.sealed,
        "key_id": pending.sealed.key_id,
        "expires_at": expires_at,
    }
    await connection.execute(insert(pending_consents).values(row))


async def take_pending(
    connection: Connection, id_hash: bytes, browser_hash: bytes, now: ColumnElement[datetime]
) -> PendingConsent | None:
    """Once, in the browser that was asked, in time."""
    table = pending_consents.c
    mine = (table.id_hash == id_hash, table.browser_hash == browser_hash, table.expires_at > now)
    statement = delete(pending_consents).where(*mine).returning(*pending_consents.c)
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    sealed = SealedCredential(row.sealed, row.key_id)
    return PendingConsent(Tenant(row.account_id, row.tenant_id), row.browser_hash, sealed)


async def prune_pending(connection: Connection, now: ColumnElement[datetime], most: int) -> int:
    old = select(pending_consents.c.id_hash).where(pending_consents.c.expires_at < now).limit(most)
    statement = delete(pending_consents).where(pending_consents.c.id_hash.in_(old))
    return await count_changed(connection, statement)

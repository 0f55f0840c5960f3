"""States of authorization requests, and consents that wait for a decision."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ivgraph_auth.connect.models import ClaimedConsent, ClaimedState, PendingConsent, StateRequest, StateUse, Tenant
from ivgraph_auth.connect.tables import authorization_states, pending_consents
from ivgraph_auth.database.connection import Connection, Row, count_changed, values_of
from ivgraph_auth.keys.models import SealedTable
from ivgraph_auth.vault.models import SealedCredential

_states, _pending = authorization_states.c, pending_consents.c


def pending_identity(id_hash: bytes) -> str:
    """What the code that waits is bound to."""
    return f"pending_consent:{id_hash.hex()}"


SEALED_CONSENTS = SealedTable(
    table=pending_consents,
    row="waiting consent",
    id=_pending.id_hash,
    sealed=_pending.sealed,
    key_id=_pending.key_id,
    bound_to=(_pending.id_hash,),
    identity=lambda row: pending_identity(row["id_hash"]),
)


async def add_state(connection: Connection, use: StateUse, request: StateRequest, lifetime: timedelta) -> None:
    row = {
        "state_hash": use.state_hash,
        "flow": use.flow.value,
        "browser_hash": use.browser_hash,
        "next_path": request.next_path,
        "client_state": request.client_state,
        "code_challenge": request.code_challenge,
        "account_id": request.tenant and request.tenant.account_id,
        "tenant_id": request.tenant and request.tenant.tenant_id,
        "created_at": use.now,
        "expires_at": use.now + lifetime,
    }
    await connection.execute(insert(authorization_states).values(row))


async def claim_sign_in(connection: Connection, use: StateUse) -> ClaimedState | None:
    """Uses the state up, when it is this flow's and this browser's, unused and in time."""
    row = await _claim(connection, use, _states.browser_hash == use.browser_hash)
    return ClaimedState(row.next_path, row.client_state, row.code_challenge) if row else None


async def claim_consent(connection: Connection, use: StateUse) -> ClaimedConsent | None:
    """Uses the state up, whichever browser brings it."""
    row = await _claim(connection, use)
    same = row is not None and row.browser_hash == use.browser_hash
    return ClaimedConsent(Tenant(row.account_id, row.tenant_id), same_browser=same) if row else None


async def _claim(connection: Connection, use: StateUse, *conditions: ColumnElement[bool]) -> Row | None:
    statement = (
        update(authorization_states)
        .where(
            _states.state_hash == use.state_hash,
            _states.flow == use.flow.value,
            _states.claimed_at.is_(None),
            _states.expires_at > use.now,
            *conditions,
        )
        .values(claimed_at=use.now)
        .returning(authorization_states)
    )
    return (await connection.execute(statement)).one_or_none()


async def why_not_claimed(connection: Connection, use: StateUse) -> str:
    """For the audit row alone."""
    query = select(
        case(
            (_states.flow != use.flow.value, "state_of_other_flow"),
            (_states.claimed_at.is_not(None), "state_used"),
            (_states.expires_at <= use.now, "state_expired"),
            (_states.browser_hash != use.browser_hash, "state_of_other_browser"),
            else_="state_unknown",
        )
    ).where(_states.state_hash == use.state_hash)
    return (await connection.execute(query)).scalar_one_or_none() or "state_unknown"


async def prune_states(connection: Connection, now: ColumnElement[datetime], most: int) -> int:
    old = select(_states.state_hash).where(_states.expires_at < now).limit(most)
    return await count_changed(connection, delete(authorization_states).where(_states.state_hash.in_(old)))


async def add_pending(
    connection: Connection, id_hash: bytes, pending: PendingConsent, expires_at: ColumnElement[datetime]
) -> None:
    row = {
        "id_hash": id_hash,
        "browser_hash": pending.browser_hash,
        "account_id": pending.tenant.account_id,
        "tenant_id": pending.tenant.tenant_id,
        **values_of(pending.sealed),
        "expires_at": expires_at,
    }
    await connection.execute(insert(pending_consents).values(row))


async def take_pending(
    connection: Connection, id_hash: bytes, browser_hash: bytes, now: ColumnElement[datetime]
) -> PendingConsent | None:
    """Once, in the browser that was asked, in time."""
    mine = (_pending.id_hash == id_hash, _pending.browser_hash == browser_hash, _pending.expires_at > now)
    statement = delete(pending_consents).where(*mine).returning(pending_consents)
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    sealed = SealedCredential(row.sealed, row.key_id)
    return PendingConsent(Tenant(row.account_id, row.tenant_id), row.browser_hash, sealed)


async def prune_pending(connection: Connection, now: ColumnElement[datetime], most: int) -> int:
    old = select(_pending.id_hash).where(_pending.expires_at < now).limit(most)
    return await count_changed(connection, delete(pending_consents).where(_pending.id_hash.in_(old)))

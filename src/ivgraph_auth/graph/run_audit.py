"""What the audit trail says of runs: that somebody started or stopped one, and how one ended that somebody had started,
or that failed. The others are many, and `graph_runs` has them.
"""

from collections.abc import Iterable

from ivgraph_auth.audit.models import SERVICE, SUCCESS, Actor, Event
from ivgraph_auth.audit.service import AuditTrail
from ivgraph_auth.connect import repository as connections
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph.models import Run, RunStatus


async def write_asked(
    audit: AuditTrail, connection: Connection, event: Event, run: Run, account_id: int, caller: ClientInfo
) -> None:
    """That the account has started it, or stopped it."""
    for tenant in await _tenants(connection, run, [account_id]):
        await audit.write(
            connection,
            event,
            actor=Actor("account", str(account_id)),
            caller=caller,
            account_id=account_id,
            tenant_id=tenant.tenant_id,
            operation=f"run {run.id}",
        )


async def write_ended(audit: AuditTrail, connection: Connection, run: Run, error: str | None) -> None:
    """To whoever started it, else to all whose connection it reads by."""
    outcome = error or (SUCCESS if run.status is RunStatus.DONE else run.status.value)
    accounts = None if run.started_by is None else [run.started_by]
    for tenant in await _tenants(connection, run, accounts):
        await audit.write(
            connection,
            Event.SYNC_ENDED,
            actor=SERVICE,
            caller=ClientInfo(),
            account_id=tenant.account_id,
            outcome=outcome,
            tenant_id=tenant.tenant_id,
            operation=f"run {run.id}",
        )


async def _tenants(connection: Connection, run: Run, accounts: Iterable[int] | None) -> list[Tenant]:
    """Of each account one for which the grant acts: that of its sign-in, where there is one."""
    found: dict[int, Tenant] = {}
    for tenant in await connections.list_holders(connection, run.grant_id):
        if accounts is None or tenant.account_id in accounts:
            known = found.setdefault(tenant.account_id, tenant)
            if tenant.tenant_id == str(run.workspace_id):
                found[known.account_id] = tenant
    return list(found.values())

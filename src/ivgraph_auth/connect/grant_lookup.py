"""Which grant acts for a tenant, or for a workspace: remembered under the lease, since every call of an agent asks."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from ivgraph_auth.base import Base
from ivgraph_auth.connect import repository
from ivgraph_auth.connect.links import ConnectLinks
from ivgraph_auth.connect.models import AccountGrants, Tenant, TenantGrant
from ivgraph_auth.database.usage_log import UsageLog
from ivgraph_auth.liveness.loading import load


@dataclass(slots=True)
class GrantLookup:
    """`usage`: how often each connection was used, and when last."""

    base: Base
    links: ConnectLinks
    usage: UsageLog[int, tuple[int, datetime]] = field(init=False)

    def __post_init__(self) -> None:
        self.usage = UsageLog(self.base.database, repository.write_last_used, _add_uses)

    async def find_of_tenant(self, tenant: Tenant) -> TenantGrant | None:
        return self.base.liveness.get(tenant) or await load(
            self.base.liveness, tenant, partial(self._of_tenant, tenant)
        )

    async def _of_tenant(self, tenant: Tenant) -> TenantGrant | None:
        async with self.base.database.direct() as connection:
            return await repository.find_grant(connection, tenant)

    async def find_of_workspace(self, account_id: int, workspace_id: uuid.UUID) -> TenantGrant | None:
        """Of the connection that signing in made, else of the only one; None when there is none, or several others."""
        key = (account_id, workspace_id)
        return self.base.liveness.get(key) or await load(self.base.liveness, key, partial(self._of_workspace, *key))

    async def _of_workspace(self, account_id: int, workspace_id: uuid.UUID) -> TenantGrant | None:
        async with self.base.database.direct() as connection:
            found = await repository.list_grants_of_workspace(connection, account_id, workspace_id, most=2)
        is_clear = len(found) == 1 or (found and found[0].tenant.tenant_id == str(workspace_id))
        return found[0] if is_clear else None

    async def list_of_account(self, account_id: int) -> tuple[TenantGrant, ...]:
        key = ("grants", account_id)
        known = self.base.liveness.get(key) or await load(
            self.base.liveness, key, partial(self._of_account, account_id)
        )
        return known.grants if known else ()

    async def _of_account(self, account_id: int) -> AccountGrants:
        async with self.base.database.direct() as connection:
            return AccountGrants(account_id, tuple(await repository.list_grants_of_account(connection, account_id)))

    def reauthorize_url(self, route: TenantGrant) -> str:
        return self.links.url(route.tenant, route.generation)

    def note_use(self, route: TenantGrant) -> None:
        self.usage.add(route.connection_id, (1, self.base.clock.now()))


def _add_uses(older: tuple[int, datetime], newer: tuple[int, datetime]) -> tuple[int, datetime]:
    return older[0] + newer[0], newer[1]

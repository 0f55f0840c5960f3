"""Connections: which grant acts for which tenant of an account."""

import uuid

from sqlalchemy.ext.asyncio import AsyncConnection

from ivgraph_auth.connect import repository
from ivgraph_auth.connect.models import Connection
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.database import Database
from ivgraph_auth.vault.safe import Safe


class ConnectionService:
    def __init__(self, *, database: Database, clock: Clock, safe: Safe) -> None:
        self._database = database
        self._clock = clock
        self._safe = safe

    async def adopt(self, connection: AsyncConnection, account_id: int, workspace_id: uuid.UUID, grant_id: int) -> None:
        """Signing in makes the connection whose tenant id is the workspace id. A grant nobody holds any more goes."""
        tenant_id = str(workspace_id)
        before = await repository.grant_of(connection, account_id, tenant_id)
        await repository.attach(
            connection,
            account_id=account_id,
            tenant_id=tenant_id,
            workspace_id=workspace_id,
            grant_id=grant_id,
            now=self._clock.now(),
        )
        if before is not None and before != grant_id and await repository.unused(connection, before):
            await self._safe.destroy(connection, [before])
        await repository.derive_workspaces(connection, account_id)

    async def of_account(self, account_id: int) -> list[Connection]:
        async with self._database.read() as connection:
            return await repository.of_account(connection, account_id)

    async def exclusive_grants(self, connection: AsyncConnection, account_id: int) -> list[int]:
        """Grants that would be nobody's without this account."""
        return await repository.exclusive_grants(connection, account_id)

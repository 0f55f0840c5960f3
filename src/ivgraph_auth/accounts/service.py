"""What an operator does to accounts."""

from dataclasses import dataclass

import structlog

from ivgraph_auth.accounts import repository
from ivgraph_auth.accounts.errors import AmbiguousAccount, UnknownAccount
from ivgraph_auth.accounts.models import Account
from ivgraph_auth.audit.models import OPERATOR, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo, Role

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AccountService:
    base: Base

    async def list_accounts(self) -> list[Account]:
        async with self.base.database.read() as connection:
            return await repository.list_all(connection)

    async def find(self, who: str) -> Account:
        """By id, Notion user id or e-mail address. Raises UnknownAccount, AmbiguousAccount."""
        async with self.base.database.read() as connection:
            found = await repository.find(connection, who)
        if not found:
            raise UnknownAccount
        if len(found) > 1:
            raise AmbiguousAccount
        return found[0]

    async def set_role(self, account_id: int, role: Role) -> None:
        """Raises UnknownAccount."""
        async with self.base.liveness.change() as change:
            if await repository.lock(change.connection, account_id) is None:
                raise UnknownAccount
            await repository.set_role(change.connection, account_id, role)
            await change.touches(account_id)
            await self.base.audit.write(
                change.connection,
                Event.ROLE_CHANGED,
                actor=OPERATOR,
                caller=ClientInfo(),
                account_id=account_id,
                operation=role.value,
            )
        _log.info("account.role_changed", account_id=account_id, role=role.value)

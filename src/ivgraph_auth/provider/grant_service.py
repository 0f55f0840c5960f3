"""What a person has let apps do: shown to them, and withdrawn."""

from dataclasses import dataclass, replace

import structlog

from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import AccountSnapshot, ClientInfo
from ivgraph_auth.liveness.change import Change
from ivgraph_auth.provider import grant_repository as repository
from ivgraph_auth.provider.errors import UnknownGrant
from ivgraph_auth.provider.models import GrantedApp
from ivgraph_auth.provider.scopes import cap

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GrantService:
    base: Base

    async def list_grants(self, person: AccountSnapshot) -> list[GrantedApp]:
        """The newest first, with the scopes that each has at present."""
        async with self.base.database.read() as connection:
            found = await repository.list_of_account(connection, person.account_id)
        return [replace(item, grant=replace(item.grant, scopes=cap(item.grant.scopes, person))) for item in found]

    async def withdraw(self, account_id: int, grant_id: int, caller: ClientInfo) -> None:
        """All that it gave ends at once, in every process. Raises UnknownGrant."""
        async with self.base.liveness.change() as change:
            app_id = await repository.remove(change.connection, account_id, grant_id)
            if app_id is None:
                raise UnknownGrant
            await change.touches(account_id)
            await self.base.audit.write(
                change.connection,
                Event.APP_WITHDRAWN,
                actor=Actor("account", str(account_id)),
                caller=caller,
                account_id=account_id,
                operation=f"app {app_id}",
            )
        _log.info("grant.withdrawn", account_id=account_id, app_id=app_id)

    async def withdraw_all_in(self, change: Change, account_id: int, actor: Actor) -> None:
        """For good: disabling an account ends what it has let in."""
        if await repository.remove_all(change.connection, account_id):
            await self.base.audit.write(
                change.connection, Event.APP_WITHDRAWN, actor=actor, caller=ClientInfo(), account_id=account_id
            )
        await change.touches(account_id)

"""The end of all that one code or device has given, at once and in every process."""

import uuid
from dataclasses import dataclass

from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.liveness.change import Change
from ivgraph_auth.provider import grant_repository
from ivgraph_auth.provider.models import App


@dataclass(frozen=True, slots=True)
class Ending:
    """`event` is why."""

    authorization_id: uuid.UUID
    app: App
    event: Event
    caller: ClientInfo


async def end_authorization(base: Base, change: Change, ending: Ending) -> int | None:
    """Whose it was; None when it had ended before."""
    account_id = await grant_repository.end_authorization(change.connection, ending.authorization_id)
    if account_id is not None:
        await change.touches(account_id)
        await base.audit.write(
            change.connection,
            ending.event,
            actor=Actor("app", ending.app.client_id),
            caller=ending.caller,
            account_id=account_id,
            operation=f"app {ending.app.id}",
        )
    return account_id

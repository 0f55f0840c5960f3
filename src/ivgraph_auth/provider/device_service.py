"""Devices without a browser of their own (RFC 8628): a code here, a person there."""

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.principal import ClientInfo, Workspace
from ivgraph_auth.core.secrets import random_bytes, random_token, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.provider import app_repository, device_repository, grant_repository
from ivgraph_auth.provider.authorization.checks.rfc6749 import check_scope
from ivgraph_auth.provider.authorization.request import Draft, Parameters
from ivgraph_auth.provider.client_authentication import ClientAuthentication
from ivgraph_auth.provider.device_repository import WaitingDevice
from ivgraph_auth.provider.errors import (
    AuthorizationError,
    InvalidRequest,
    InvalidScope,
    UnauthorizedClient,
    UnknownUserCode,
)
from ivgraph_auth.provider.models import App, GrantType
from ivgraph_auth.provider.resources import Resources
from ivgraph_auth.provider.scopes import cap, in_order
from ivgraph_auth.sessions.models import BrowserSession

_log = structlog.get_logger(__name__)
_LIFETIME = timedelta(minutes=10)
_INTERVAL = 5
# Without vowels, so that no words come of them, and without what looks alike (RFC 8628 §6.1).
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 8
_DRAWN_AGAIN = 256 - 256 % len(_LETTERS)
_NOT_A_LETTER = re.compile(rf"[^{_LETTERS}]")


@dataclass(frozen=True, slots=True)
class DeviceQuestion:
    app: App
    scopes: tuple[str, ...]
    workspaces: tuple[Workspace, ...]


class DeviceService:
    def __init__(self, base: Base, clients: ClientAuthentication, resources: Resources, page: str) -> None:
        self._base = base
        self._clients = clients
        self._resources = resources
        self._page = page

    @property
    def now(self) -> ColumnElement[datetime]:
        return database_now(self._base.clock)

    async def begin(self, parameters: Parameters, authorization: str | None, caller: ClientInfo) -> Mapping[str, Any]:
        """RFC 8628 §3.2. Raises OAuthError, TooManyRequests."""
        if parameters.repeated is not None:
            raise InvalidRequest("A parameter is given more than once.")
        app = await self._clients.authenticate(parameters, authorization, caller.address)
        if GrantType.DEVICE_CODE not in app.grant_types:
            raise UnauthorizedClient
        draft = Draft()
        try:
            check_scope(parameters, app, draft)
            resources = self._resources.read(parameters.all("resource"))
        except AuthorizationError as refusal:
            raise InvalidScope(refusal.description) from refusal
        device_code, user_code = random_token(), _random_user_code()
        device = WaitingDevice(app.id, draft.scopes, resources or (self._resources.default,))
        async with self._base.database.transaction() as connection:
            await device_repository.add(
                connection, sha256(device_code), user_code, device, _LIFETIME, _INTERVAL, self.now
            )
        shown = f"{user_code[:4]}-{user_code[4:]}"
        return {
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": self._page,
            "verification_uri_complete": f"{self._page}?user_code={shown}",
            "expires_in": int(_LIFETIME.total_seconds()),
            "interval": _INTERVAL,
        }

    async def ask(self, user_code: str, session: BrowserSession) -> DeviceQuestion:
        """Raises UnknownUserCode."""
        async with self._base.database.read() as connection:
            waiting = await device_repository.find_waiting(connection, read_user_code(user_code), self.now)
            app = await app_repository.get(connection, waiting.app_id) if waiting else None
        if waiting is None or app is None:
            raise UnknownUserCode
        return DeviceQuestion(app, cap(waiting.asked_scopes, session.snapshot), session.snapshot.workspaces)

    async def decide(
        self,
        user_code: str,
        session: BrowserSession,
        scopes: Collection[str],
        workspace_ids: Collection[uuid.UUID],
        caller: ClientInfo,
    ) -> bool:
        """Whether the device was let in; without scopes it is refused. Raises UnknownUserCode."""
        question = await self.ask(user_code, session)
        snapshot = session.snapshot
        allowed = in_order(scope for scope in question.scopes if scope in scopes)
        ticked = [item.id for item in snapshot.workspaces if item.id in workspace_ids]
        async with self._base.liveness.change() as change:
            connection, grant_id = change.connection, None
            # First, and in this order everywhere: neither is removed meanwhile, with its devices and grants.
            person = await accounts.lock(connection, snapshot.account_id)
            if person is None or person.disabled or not await app_repository.hold(connection, question.app.id):
                raise UnknownUserCode
            if allowed:
                now = self._base.clock.now().replace(microsecond=0)
                grant_id = await grant_repository.put(
                    connection, snapshot.account_id, question.app.id, allowed, ticked, now
                )
                await change.touches(snapshot.account_id)
            if not await device_repository.decide(
                connection, read_user_code(user_code), grant_id, allowed, session.signed_in_at, self.now
            ):
                raise UnknownUserCode
            await self._base.audit.write(
                connection,
                Event.APP_LET_IN if allowed else Event.APP_REFUSED,
                actor=Actor("account", str(snapshot.account_id)),
                caller=caller,
                account_id=snapshot.account_id,
                operation=f"app {question.app.id}",
            )
        _log.info("device.decided", app_id=question.app.id, account_id=snapshot.account_id, allowed=bool(allowed))
        return bool(allowed)


def read_user_code(text: str) -> str:
    """As people type it: in any case, with or without the dash."""
    return _NOT_A_LETTER.sub("", text.upper())[:_LENGTH]


def _random_user_code() -> str:
    letters = ""
    while len(letters) < _LENGTH:
        letters += "".join(_LETTERS[byte % len(_LETTERS)] for byte in random_bytes(16) if byte < _DRAWN_AGAIN)
    return letters[:_LENGTH]

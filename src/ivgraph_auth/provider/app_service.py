"""Apps that admins register: who may, with which redirect URIs, and their secrets."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog

from ivgraph_auth.audit.models import Actor, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.core.principal import ClientInfo, Principal
from ivgraph_auth.core.secrets import Secret, random_alphanumeric, random_token, sha256
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import app_repository as repository
from ivgraph_auth.provider import grant_repository
from ivgraph_auth.provider.errors import (
    AppOfService,
    KeysRefused,
    RedirectUriRefused,
    TooManyRedirectUris,
    UnknownApp,
    UnknownRedirectUri,
)
from ivgraph_auth.provider.models import (
    App,
    AppSecret,
    AuthMethod,
    GrantType,
    RedirectUri,
    RegisteredApp,
    Registration,
    owner_of_app,
)
from ivgraph_auth.provider.redirect_uris import AppType, UriRefused, UriType, check_redirect_uri
from ivgraph_auth.provider.scopes import in_order

_log = structlog.get_logger(__name__)
_PREFIX = "ivc_"
_SECRET_PREFIX = "ivs_"  # noqa: S105 -- how a secret begins
_CLIENT_ID_CHARACTERS = 24
_SHOWN_CHARACTERS = 10
_MOST_URIS = 100
_BY_CODE = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.DEVICE_CODE, GrantType.TOKEN_EXCHANGE)


@dataclass(frozen=True, slots=True)
class AppService:
    base: Base
    cursors: Cursors

    async def register(
        self,
        admin: Principal,
        name: str,
        app_type: AppType,
        scopes: Sequence[str],
        jwks: Mapping[str, Any] | None,
        caller: ClientInfo,
    ) -> RegisteredApp:
        """`regular_web` gets a secret, which is shown once, or proves itself by its own keys; the others are public.

        Raises KeysRefused.
        """
        if jwks is not None and app_type is not AppType.REGULAR_WEB:
            raise KeysRefused(field=("body", "jwks"))
        has_secret = app_type is AppType.REGULAR_WEB and jwks is None
        proven = AuthMethod.SECRET_BASIC if has_secret else AuthMethod.PRIVATE_KEY_JWT if jwks else AuthMethod.NONE
        now = self.base.clock.now().replace(microsecond=0)
        app = App(
            id=0,  # until it is stored
            client_id=_PREFIX + random_alphanumeric(_CLIENT_ID_CHARACTERS),
            registration=Registration.ADMIN,
            app_type=app_type,
            name=name,
            scopes=in_order(scopes),
            grant_types=_BY_CODE,
            auth_method=proven,
            jwks=jwks,
            created_by=admin.account_id,
            created_at=now,
            last_used_at=None,
        )
        async with self.base.database.transaction() as connection:
            app = replace(app, id=await repository.add(connection, app))
            secret = await self._add_secret(connection, app.id) if has_secret else None
            await self._audit(Event.APP_REGISTERED, connection, admin, app.id, caller)
        _log.info("app.registered", app_id=app.id, account_id=admin.account_id)
        return RegisteredApp(app, secret)

    async def list_apps(
        self, registration: Registration | None, cursor: str | None, most: int
    ) -> tuple[list[App], str | None]:
        """The newest first, and the cursor of what follows. Raises CursorNotValid."""
        listed = f"oauth apps {registration or 'all'}"
        after = int(self.cursors.open(listed, cursor)) if cursor else None
        async with self.base.database.read() as connection:
            found = await repository.page(connection, registration, after, most + 1)
        following = self.cursors.issue(listed, str(found[most - 1].id)) if len(found) > most else None
        return found[:most], following

    async def get(self, app_id: int) -> tuple[App, list[AppSecret]]:
        """Raises UnknownApp."""
        async with self.base.database.read() as connection:
            app = await repository.get(connection, app_id)
            if app is None:
                raise UnknownApp
            return app, await repository.list_secrets(connection, app_id, self.base.clock.now())

    async def change(
        self, admin: Principal, app_id: int, *, name: str | None, scopes: Sequence[str] | None, caller: ClientInfo
    ) -> App:
        """Raises UnknownApp, AppOfService. Scopes that it loses are gone from its tokens at once."""
        changes = {"name": name, "scopes": None if scopes is None else list(in_order(scopes))}
        given = {column: value for column, value in changes.items() if value is not None}
        await self._check_changeable(app_id)
        async with self.base.liveness.change() as change:
            # Before it is asked whom it touches: nobody lets it in meanwhile.
            if not await repository.lock(change.connection, app_id):
                raise UnknownApp
            if given:
                await repository.change(change.connection, app_id, given)
            app = await repository.get(change.connection, app_id)
            if app is None:
                raise UnknownApp
            await change.touches(owner_of_app(app_id))
            for account_id in await grant_repository.list_accounts_of_app(change.connection, app_id):
                await change.touches(account_id)
            await self._audit(Event.APP_CHANGED, change.connection, admin, app_id, caller)
        return app

    async def remove(self, admin: Principal, app_id: int, caller: ClientInfo) -> None:
        """With all that people have let it in for, at once. Raises UnknownApp, AppOfService."""
        await self._check_changeable(app_id)
        async with self.base.liveness.change() as change:
            if not await repository.lock(change.connection, app_id):
                raise UnknownApp
            await change.touches(owner_of_app(app_id))
            for account_id in await grant_repository.list_accounts_of_app(change.connection, app_id):
                await change.touches(account_id)
            await repository.remove(change.connection, app_id)
            await self._audit(Event.APP_REMOVED, change.connection, admin, app_id, caller)
        _log.info("app.removed", app_id=app_id, account_id=admin.account_id)

    async def add_uri(
        self, admin: Principal, app_id: int, uri: str, uri_type: UriType, caller: ClientInfo
    ) -> RedirectUri:
        """Raises UnknownApp, AppOfService, RedirectUriRefused, TooManyRedirectUris."""
        await self._check_changeable(app_id)
        async with self._change(app_id) as connection:
            app = await repository.get(connection, app_id)
            if app is None:
                raise UnknownApp
            try:
                check_redirect_uri(uri, uri_type, app.app_type)
            except UriRefused as refusal:
                raise RedirectUriRefused(str(refusal), field=("body", "uri")) from refusal
            if len(app.redirect_uris) >= _MOST_URIS:
                raise TooManyRedirectUris
            added = await repository.add_uri(connection, app_id, uri, uri_type)
            await self._audit(Event.APP_CHANGED, connection, admin, app_id, caller)
        return added

    async def remove_uri(self, admin: Principal, app_id: int, uri_id: int, caller: ClientInfo) -> None:
        """Raises UnknownRedirectUri, AppOfService."""
        await self._check_changeable(app_id)
        async with self._change(app_id) as connection:
            if not await repository.remove_uri(connection, app_id, uri_id):
                raise UnknownRedirectUri
            await self._audit(Event.APP_CHANGED, connection, admin, app_id, caller)

    async def rotate_secret(self, admin: Principal, app_id: int, overlap: timedelta, caller: ClientInfo) -> Secret:
        """A new one; those there are stay good for the overlap. Raises UnknownApp."""
        async with self._change(app_id) as connection:
            app = await repository.get(connection, app_id)
            if app is None or app.auth_method is not AuthMethod.SECRET_BASIC:
                raise UnknownApp("No such app, or it has no secret.")
            await repository.end_secrets(connection, app_id, self.base.clock.now() + overlap)
            secret = await self._add_secret(connection, app_id)
            await self._audit(Event.APP_SECRET_ROTATED, connection, admin, app_id, caller)
        _log.info("app.secret_rotated", app_id=app_id, account_id=admin.account_id)
        return secret

    @asynccontextmanager
    async def _change(self, app_id: int) -> AsyncIterator[Connection]:
        """A transaction after which no process acts on what it remembers of the app."""
        async with self.base.liveness.change() as change:
            yield change.connection
            await change.touches(owner_of_app(app_id))

    async def _check_changeable(self, app_id: int) -> None:
        """How an app came to be known never changes. Raises AppOfService."""
        async with self.base.database.read() as connection:
            app = await repository.get(connection, app_id)
        if app is not None and app.registration is Registration.SERVICE:
            raise AppOfService

    async def _add_secret(self, connection: Connection, app_id: int) -> Secret:
        text = _SECRET_PREFIX + random_token()
        now = self.base.clock.now().replace(microsecond=0)
        await repository.add_secret(connection, app_id, sha256(text), text[:_SHOWN_CHARACTERS], now)
        return Secret(text)

    async def _audit(
        self, event: Event, connection: Connection, admin: Principal, app_id: int, caller: ClientInfo
    ) -> None:
        await self.base.audit.write(
            connection,
            event,
            actor=Actor("account", str(admin.account_id)),
            caller=caller,
            account_id=admin.account_id,
            operation=f"app {app_id}",
        )

"""Apps with their secrets and redirect URIs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from ivgraph_auth.database.connection import Connection, Row, count_changed, values_of
from ivgraph_auth.database.last_used import execute_last_used, last_used_statement
from ivgraph_auth.provider.models import App, AppSecret, AuthMethod, GrantType, RedirectUri, Registration, SecretHash
from ivgraph_auth.provider.redirect_uris import AppType, UriType
from ivgraph_auth.provider.tables import oauth_app_secrets, oauth_apps, oauth_client_assertions, oauth_redirect_uris

_app, _secret, _uri = oauth_apps.c, oauth_app_secrets.c, oauth_redirect_uris.c
_assertion = oauth_client_assertions.c
_LAST_USED = last_used_statement(oauth_apps)
_COLUMNS = tuple(_app[item.name] for item in fields(App) if item.name != "redirect_uris")
_URIS = (
    select(func.jsonb_agg(func.jsonb_build_array(_uri.id, _uri.uri, _uri.uri_type).op("ORDER BY")(_uri.id)))
    .where(_uri.app_id == _app.id)
    .correlate(oauth_apps)
    .scalar_subquery()
)
_APP = select(*_COLUMNS, _URIS.label("uris"))
_BY_CLIENT_ID = _APP.where(_app.client_id == bindparam("client_id"))
_SECRETS = select(_secret.secret_hash, _secret.expires_at).where(
    _secret.app_id == bindparam("app_id"), or_(_secret.expires_at.is_(None), _secret.expires_at > bindparam("now"))
)


async def find(connection: Connection, client_id: str) -> App | None:
    row = (await connection.execute(_BY_CLIENT_ID, {"client_id": client_id})).one_or_none()
    return _to_app(row) if row else None


async def get(connection: Connection, app_id: int) -> App | None:
    row = (await connection.execute(_APP.where(_app.id == app_id))).one_or_none()
    return _to_app(row) if row else None


async def hold(connection: Connection, app_id: int) -> bool:
    """Whether it is there; until the transaction ends nobody removes it."""
    query = select(_app.id).where(_app.id == app_id).with_for_update(read=True, key_share=True)
    return (await connection.execute(query)).one_or_none() is not None


async def lock(connection: Connection, app_id: int) -> bool:
    """Whether it is there; until the transaction ends nobody is let in to it, or changes it."""
    query = select(_app.id).where(_app.id == app_id).with_for_update()
    return (await connection.execute(query)).one_or_none() is not None


async def page(connection: Connection, registration: Registration | None, after: int | None, most: int) -> list[App]:
    """Newest first."""
    query: Select[Any] = _APP.order_by(_app.id.desc()).limit(most)
    if registration is not None:
        query = query.where(_app.registration == registration.value)
    if after is not None:
        query = query.where(_app.id < after)
    return [_to_app(row) for row in await connection.execute(query)]


async def add(connection: Connection, app: App) -> int:
    """Stores it under a new id, which is answered; `app.id` is not looked at."""
    values = {name: value for name, value in values_of(app).items() if name not in ("id", "redirect_uris")}
    new_id: int = (await connection.execute(insert(oauth_apps).values(**values).returning(_app.id))).scalar_one()
    return new_id


async def change(connection: Connection, app_id: int, changes: dict[str, Any]) -> bool:
    return await count_changed(connection, update(oauth_apps).where(_app.id == app_id).values(**changes)) == 1


async def remove(connection: Connection, app_id: int) -> bool:
    """With its secrets, redirect URIs, and all that people have let it in for."""
    return await count_changed(connection, delete(oauth_apps).where(_app.id == app_id)) == 1


async def add_uri(connection: Connection, app_id: int, uri: str, uri_type: UriType) -> RedirectUri:
    """The one there is, if it was there."""
    statement = insert_or(oauth_redirect_uris).values(app_id=app_id, uri=uri, uri_type=uri_type.value)
    kept = statement.on_conflict_do_update(constraint="uq_oauth_redirect_uris_app_id_uri_type_uri", set_={"uri": uri})
    uri_id: int = (await connection.execute(kept.returning(_uri.id))).scalar_one()
    return RedirectUri(uri_id, uri, uri_type)


async def remove_uri(connection: Connection, app_id: int, uri_id: int) -> bool:
    statement = delete(oauth_redirect_uris).where(_uri.app_id == app_id, _uri.id == uri_id)
    return await count_changed(connection, statement) == 1


async def add_assertion(
    connection: Connection, app_id: int, jti_hash: bytes, expires_at: datetime, now: ColumnElement[datetime]
) -> bool:
    """Whether it has not been seen before."""
    await connection.execute(
        delete(oauth_client_assertions).where(_assertion.app_id == app_id, _assertion.expires_at < now)
    )
    statement = insert_or(oauth_client_assertions).values(app_id=app_id, jti_hash=jti_hash, expires_at=expires_at)
    added = await connection.execute(statement.on_conflict_do_nothing().returning(_assertion.app_id))
    return added.one_or_none() is not None


async def write_last_used(connection: Connection, used: Mapping[int, datetime]) -> None:
    await execute_last_used(connection, _LAST_USED, used)


async def list_origins(connection: Connection) -> list[str]:
    """Of all apps: whose pages may call from a browser."""
    query = select(_uri.uri).where(_uri.uri_type == UriType.ORIGIN.value).distinct()
    return list((await connection.execute(query)).scalars())


async def list_secret_hashes(connection: Connection, app_id: int, now: datetime) -> tuple[SecretHash, ...]:
    """Of those that are good now."""
    rows = await connection.execute(_SECRETS, {"app_id": app_id, "now": now})
    return tuple(SecretHash(*row) for row in rows)


async def list_secrets(connection: Connection, app_id: int, now: datetime) -> list[AppSecret]:
    columns = [_secret[item.name] for item in fields(AppSecret)]
    query = select(*columns).where(
        _secret.app_id == app_id, or_(_secret.expires_at.is_(None), _secret.expires_at > now)
    )
    return [AppSecret(*row) for row in await connection.execute(query.order_by(_secret.id.desc()))]


async def add_secret(connection: Connection, app_id: int, secret_hash: bytes, prefix: str, now: datetime) -> None:
    values = {"app_id": app_id, "secret_hash": secret_hash, "prefix": prefix, "created_at": now}
    await connection.execute(insert(oauth_app_secrets).values(**values))


async def end_secrets(connection: Connection, app_id: int, at: datetime) -> None:
    """None of those there are is good for longer than this."""
    later = or_(_secret.expires_at.is_(None), _secret.expires_at > at)
    await connection.execute(update(oauth_app_secrets).where(_secret.app_id == app_id, later).values(expires_at=at))


def _to_app(row: Row) -> App:
    *columns, uris = row
    app = App(*columns)
    return replace(
        app,
        registration=Registration(app.registration),
        app_type=AppType(app.app_type),
        scopes=tuple(app.scopes),
        grant_types=tuple(map(GrantType, app.grant_types)),
        auth_method=AuthMethod(app.auth_method),
        redirect_uris=_to_uris(uris or ()),
    )


def _to_uris(found: Iterable[Sequence[Any]]) -> tuple[RedirectUri, ...]:
    return tuple(RedirectUri(uri_id, uri, UriType(uri_type)) for uri_id, uri, uri_type in found)

"""Apps that no admin has registered: by their metadata documents, by themselves, and the service's own."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Interval,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.provider.client_documents import ClientDocument
from ivgraph_auth.provider.client_metadata import ClientMetadata
from ivgraph_auth.provider.docs_client import DOCS_CLIENT_ID, DOCS_GRANT_TYPES, DOCS_NAME, DOCS_SCOPES, DocsClient
from ivgraph_auth.provider.models import AuthMethod, Registration
from ivgraph_auth.provider.redirect_uris import AppType, UriType
from ivgraph_auth.provider.scopes import SCOPES
from ivgraph_auth.provider.tables import (
    oauth_apps,
    oauth_authorizations,
    oauth_client_documents,
    oauth_grants,
    oauth_redirect_uris,
    oauth_refresh_tokens,
    oauth_registrations,
    oauth_requests,
)

Now = ColumnElement[datetime]
_app, _uri = oauth_apps.c, oauth_redirect_uris.c
_document, _registration = oauth_client_documents.c, oauth_registrations.c


_FRESH = select(_document.app_id).where(
    _document.app_id == bindparam("app_id"),
    _document.fresh_until > func.clock_timestamp() + bindparam("offset", type_=Interval),
)


async def is_fresh(connection: Connection, app_id: int, offset: timedelta) -> bool:
    """Whether its document need not be fetched again yet. `offset` is added to the database's clock."""
    return (await connection.execute(_FRESH, {"app_id": app_id, "offset": offset})).one_or_none() is not None


async def put_document(connection: Connection, client_id: str, document: ClientDocument, now: Now) -> int:
    """What the document says now, in place of what it said before. Answers the app's id."""
    native = document.metadata.app_type is AppType.NATIVE
    proven = document.auth_method is AuthMethod.PRIVATE_KEY_JWT
    said = {
        "app_type": AppType.REGULAR_WEB if proven and not native else document.metadata.app_type,
        "name": document.metadata.name,
        "scopes": list(SCOPES),
        "grant_types": list(document.metadata.grant_types),
        "auth_method": document.auth_method,
        "jwks": document.jwks,
    }
    registration = Registration.METADATA_DOCUMENT
    statement = insert_or(oauth_apps).values(client_id=client_id, registration=registration, created_at=now, **said)
    kept = statement.on_conflict_do_update(constraint="uq_oauth_apps_client_id", set_=said)
    app_id: int = (await connection.execute(kept.returning(_app.id))).scalar_one()
    await _put_uris(connection, app_id, document.metadata)
    times = {"fetched_at": now, "fresh_until": now + literal(document.lifetime)}
    noted = insert_or(oauth_client_documents).values(app_id=app_id, **times)
    await connection.execute(noted.on_conflict_do_update(index_elements=["app_id"], set_=times))
    return app_id


async def put_docs_client(connection: Connection, docs: DocsClient, now: Now) -> int:
    """As it should be by now, in place of what it was. Answers the app's id."""
    said = {
        "registration": Registration.SERVICE,
        "app_type": AppType.SPA,
        "name": DOCS_NAME,
        "scopes": list(DOCS_SCOPES),
        "grant_types": list(DOCS_GRANT_TYPES),
        "auth_method": AuthMethod.NONE,
    }
    statement = insert_or(oauth_apps).values(client_id=DOCS_CLIENT_ID, created_at=now, **said)
    kept = statement.on_conflict_do_update(constraint="uq_oauth_apps_client_id", set_=said)
    app_id: int = (await connection.execute(kept.returning(_app.id))).scalar_one()
    await _put_uris_of(connection, app_id, UriType.CALLBACK, (docs.redirect_uri,))
    return app_id


async def postpone(connection: Connection, app_id: int, span: timedelta, now: Now) -> None:
    """The last good copy serves until then."""
    statement = update(oauth_client_documents).where(_document.app_id == app_id)
    await connection.execute(statement.values(fresh_until=now + literal(span)))


async def hold_registrations(connection: Connection) -> None:
    """One registers at a time, over all processes, so that counts hold."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("oauth_registrations", 0))))


async def count_registrations(connection: Connection, address: str, span: timedelta, now: Now) -> int:
    """Of an address, within that time."""
    query = select(func.count()).where(_registration.address == address, _registration.created_at > now - literal(span))
    count: int = (await connection.execute(query)).scalar_one()
    return count


async def count_all_registrations(connection: Connection) -> int:
    count: int = (await connection.execute(select(func.count()).select_from(oauth_registrations))).scalar_one()
    return count


async def add_registration(
    connection: Connection, client_id: str, metadata: ClientMetadata, address: str, now: Now
) -> tuple[int, datetime]:
    """Answers its id, and when it was registered."""
    values = {
        "client_id": client_id,
        "registration": Registration.DYNAMIC,
        "app_type": metadata.app_type,
        "name": metadata.name,
        "scopes": list(SCOPES),
        "grant_types": list(metadata.grant_types),
        "auth_method": AuthMethod.NONE,
        "created_at": now,
    }
    added = await connection.execute(insert(oauth_apps).values(**values).returning(_app.id, _app.created_at))
    app_id, created_at = added.one()
    await _put_uris(connection, app_id, metadata)
    await connection.execute(insert(oauth_registrations).values(app_id=app_id, address=address, created_at=now))
    return app_id, created_at


async def prune(connection: Connection, unused: timedelta, now: Now, most: int) -> int:
    """Those that nobody has used for so long: of metadata documents only where nobody has let one in, since its people
    would be signed out for nothing, and whoever comes back is found again.
    """
    since = now - literal(unused)
    asked_lately = exists().where(oauth_requests.c.app_id == _app.id, oauth_requests.c.created_at > since)
    let_in = exists().where(oauth_grants.c.app_id == _app.id)
    gave = oauth_authorizations.join(oauth_grants, oauth_authorizations.c.grant_id == oauth_grants.c.id).outerjoin(
        oauth_refresh_tokens, oauth_refresh_tokens.c.authorization_id == oauth_authorizations.c.id
    )
    used = or_(oauth_authorizations.c.created_at > since, oauth_refresh_tokens.c.issued_at > since)
    used_lately = exists().select_from(gave).where(oauth_grants.c.app_id == _app.id, used)
    old = (
        select(_app.id)
        .where(
            func.greatest(_app.created_at, _app.last_used_at) < since,
            or_(
                and_(_app.registration == Registration.DYNAMIC, ~used_lately, ~asked_lately),
                and_(_app.registration == Registration.METADATA_DOCUMENT, ~let_in, ~_fetched_since(since)),
            ),
        )
        .limit(most)
    )
    return await count_changed(connection, delete(oauth_apps).where(_app.id.in_(old)))


def _fetched_since(since: Now) -> ColumnElement[bool]:
    return exists().where(_document.app_id == _app.id, _document.fetched_at > since)


async def _put_uris(connection: Connection, app_id: int, metadata: ClientMetadata) -> None:
    for uri_type, uris in ((UriType.CALLBACK, metadata.callbacks), (UriType.LOGOUT, metadata.logouts)):
        await _put_uris_of(connection, app_id, uri_type, uris)


async def _put_uris_of(connection: Connection, app_id: int, uri_type: UriType, uris: Collection[str]) -> None:
    gone = delete(oauth_redirect_uris).where(_uri.app_id == app_id, _uri.uri_type == uri_type, _uri.uri.not_in(uris))
    await connection.execute(gone)
    if uris:
        rows = [{"app_id": app_id, "uri": uri, "uri_type": uri_type} for uri in uris]
        await connection.execute(insert_or(oauth_redirect_uris).values(rows).on_conflict_do_nothing())

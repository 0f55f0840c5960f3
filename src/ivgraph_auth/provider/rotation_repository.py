"""A refresh in one statement: the refresh token in force gets its successor, and what both are good for comes back.

What is not plainly right changes nothing, and is looked at step by step; see `grants/refresh_token.py`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, Interval, LargeBinary, Text, any_, bindparam, func, insert, or_, select, update

from ivgraph_auth.core.principal import AccountSnapshot
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider.grant_repository import LIVING, to_living
from ivgraph_auth.provider.models import LivingAuthorization
from ivgraph_auth.provider.tables import oauth_apps, oauth_authorizations, oauth_refresh_tokens


class Asked(NamedTuple):
    """By which app, with which key, and for what of all that the refresh token is good for: empty for all of it.
    Whoever holds `default_resource` may ask for any.
    """

    app_id: int
    jkt: str | None
    scopes: Sequence[str]
    resources: Sequence[str]
    default_resource: str


_token, _authorization = oauth_refresh_tokens.c, oauth_authorizations.c
_TEXTS = ARRAY(Text)
_NOW = func.clock_timestamp() + bindparam("offset", type_=Interval)
_IS_CURRENT = (_token.token_hash == bindparam("token_hash", type_=LargeBinary)) & _token.replaced_at.is_(None)
# The authorization is locked before its token is, as everybody does: whoever ends it holds it first.
_living = (
    LIVING.join(oauth_refresh_tokens, _token.authorization_id == _authorization.id)
    .where(
        _IS_CURRENT,
        _token.expires_at > _NOW,
        oauth_apps.c.id == bindparam("app_id"),
        or_(_authorization.jkt.is_(None), _authorization.jkt == bindparam("jkt", type_=Text)),
        _authorization.scopes.bool_op("@>")(bindparam("scopes", type_=_TEXTS)),
        or_(
            _authorization.resources.bool_op("@>")(bindparam("resources", type_=_TEXTS)),
            bindparam("default_resource", type_=Text) == any_(_authorization.resources),
        ),
    )
    .with_for_update(of=oauth_authorizations)
    .cte("living")
)
# Looked at once more: of several at once, the first one has replaced it while the others waited.
_replaced = (
    update(oauth_refresh_tokens)
    .where(_IS_CURRENT, _token.authorization_id == _living.c.id)
    .values(replaced_at=_NOW)
    .returning(_token.authorization_id, (_token.sequence + 1).label("sequence"))
    .cte("replaced")
)
_added = (
    insert(oauth_refresh_tokens)
    .from_select(
        ["token_hash", "authorization_id", "sequence", "issued_at", "expires_at"],
        select(
            bindparam("successor_hash", type_=LargeBinary),
            _replaced.c.authorization_id,
            _replaced.c.sequence,
            _NOW,
            _NOW + bindparam("lifetime", type_=Interval),
        ),
    )
    .cte("added")
)
_ROTATE = select(_living).join(_replaced, _replaced.c.authorization_id == _living.c.id).add_cte(_added)


async def rotate(
    connection: Connection,
    token_hash: bytes,
    successor_hash: bytes,
    asked: Asked,
    *,
    lifetime: timedelta,
    offset: timedelta,
) -> tuple[LivingAuthorization, AccountSnapshot] | None:
    """None, and nothing has changed, when it is none, is not this app's, has expired, was replaced, or when more is
    asked for than it is good for. `offset` is added to the database's clock.
    """
    hashes = {"token_hash": token_hash, "successor_hash": successor_hash}
    values = {**asked._asdict(), **hashes, "lifetime": lifetime, "offset": offset}
    row = (await connection.execute(_ROTATE, values)).one_or_none()
    return to_living(row) if row else None
